"""How good the data are: rules that did not hold, deliveries held, records refused."""

from __future__ import annotations

from cartera.briefing.charts import share
from cartera.briefing.elements import Markup, lines, paragraph, section, small, strong, subsection
from cartera.briefing.elements import table as table_of
from cartera.briefing.telling import Telling

# Sources with refused records, those with most first.
SOURCES = 8


def quality(telling: Telling) -> Markup:
    """What the gate said, what is held, and what was refused by source."""
    return section(telling.say("quality"), _rules(telling), _held(telling), _refused(telling))


def _rules(telling: Telling) -> Markup:
    say, found = telling.say, telling.facts.rules
    if not found:
        return paragraph(say("rules_none"))
    rows = [
        [
            lines(strong(row["rule"]), small(f"{row['reason']} {row['remedy']}")),
            say.of("severities", row["severity"]),
            say.of("statuses", row["status"]),
            telling.formats.number(row["unexpected_count"]),
        ]
        for row in found
    ]
    heads = [say("rule"), say("severity"), "", say("found")]
    return subsection(say("rules"), table_of(heads, rows, numbers=(3,)))


def _held(telling: Telling) -> Markup:
    say, found = telling.say, telling.facts.held
    if not found:
        return paragraph(say("held_none"))
    rows = [
        [
            f"{row['system']}/{row['source']}",
            telling.formats.day(row["partition_date"]),
            telling.formats.number(row["received"]),
        ]
        for row in found
    ]
    heads = [*map(say, ("source", "delivered", "received"))]
    return subsection(say("held"), table_of(heads, rows, numbers=(2,)))


def _refused(telling: Telling) -> Markup:
    say, formats, sources = telling.say, telling.formats, telling.facts.sources
    if not any(row["received"] for row in sources):
        return paragraph(say("quarantine_none"))
    told = _summed(telling, "quarantine_all", "")
    if telling.has_base:
        told = f"{told} {_summed(telling, 'quarantine_since', '_since')}"
    bad = [row for row in sources if row["quarantined"]]
    most = max((row["quarantined"] / row["received"] for row in bad), default=0.0)
    rows = []
    for row in bad[:SOURCES]:
        name, rate = f"{row['system']}/{row['source']}", row["quarantined"] / row["received"]
        since = formats.number(row["quarantined_since"])
        rows.append(
            [
                name,
                Markup(share(rate, most, f"{name}: {formats.percent(rate, 2)}")),
                formats.number(row["received"]),
                formats.number(row["quarantined"]),
                formats.percent(rate, 2),
                *([since] if telling.has_base else []),
            ]
        )
    last = [say("refused_since")] if telling.has_base else []
    heads = [say("source"), "", *map(say, ("received", "refused", "rate")), *last]
    return Markup(
        paragraph(told) + (table_of(heads, rows, numbers=range(2, 6)) if rows else Markup())
    )


def _summed(telling: Telling, key: str, suffix: str) -> str:
    sources, formats = telling.facts.sources, telling.formats
    received = sum(row[f"received{suffix}"] for row in sources)
    refused = sum(row[f"quarantined{suffix}"] for row in sources)
    return telling.say(
        key,
        received=formats.number(received),
        quarantined=formats.number(refused),
        rate=formats.percent(refused / received if received else None, 2),
    )
