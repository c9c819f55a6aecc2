"""How many facts are somebody's."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from tests.oracle.company import Row, ratio
from tests.oracle.facts import Facts
from tests.oracle.periods import periods
from tests.oracle.relations import Relations
from tests.oracle.web import Web

ALL = "ALL"


def identification(facts: Facts) -> dict[tuple[str, date, str, str, str], Row]:
    """identification by period, kind of fact, system and channel, with totals over both."""
    told = [
        *(("orders", o["order_date"], o["source_system"], o["channel"], o) for o in facts.kept),
        *(
            ("sessions", s["session_date"], s["source_system"], s["channel"], s)
            for s in facts.of(Web).sessions.values()
        ),
        *(
            ("cases", c["opened_date"], c["source_system"], "service", c)
            for c in facts.of(Relations).cases
        ),
    ]
    result = {}
    for period in periods(facts):
        cells: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
        for fact, day, system, channel, row in told:
            if day in period:
                for place in {(s, c) for s in (system, ALL) for c in (channel, ALL)}:
                    cells[fact, *place].append(row["customer_id"] is not None)
        for place, known in cells.items():
            result[*period.key, *place] = {
                "facts": len(known),
                "identified_facts": sum(known),
                "identification_rate": ratio(sum(known), len(known)),
            }
    return result
