"""What is other than in the publication before: customers, segments, figures of closed months."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from cartera.briefing.charts import share
from cartera.briefing.elements import Line, Markup, paragraph, section, subsection, table
from cartera.briefing.telling import Telling, unit_of
from cartera.clock import previous_day
from cartera.comparing import Comparison

# No table of changes is longer than this: the commands have the rest.
ROWS = 8


def changes(telling: Telling) -> Markup:
    """The changes; without a publication before, how customers are divided."""
    facts, say = telling.facts, telling.say
    found = facts.comparison
    if found is None or facts.base is None:
        why = "base_gone" if facts.publication["base_publication"] else "first"
        return section(say("changes"), paragraph(say(why)), _segments(telling))
    counts = {name: telling.formats.number(count) for name, count in found.customers.items()}
    told = [paragraph(say("changes_customers", **counts))]
    if found.schemas:
        count = len(found.schemas)
        told.append(paragraph(say.counted("schemas", count, telling.formats.number(count))))
    return section(
        say("changes"),
        *told,
        _segments(telling),
        _moves(telling, found),
        _restated(telling, found),
        note=say("since", day=telling.formats.day(previous_day(facts.base["as_of"]))),
    )


def _segments(telling: Telling) -> Markup:
    say, found = telling.say, telling.facts.segments
    if not found:
        return paragraph(say("segments_none"))
    most = max(row["customers"] for row in found)
    rows = []
    for row in found:
        name, told = telling.segment(row["segment"]), telling.formats.number(row["customers"])
        change = telling.formats.signed(row["customers"] - row["before"])
        drawn = Markup(share(row["customers"], most, f"{name}: {told}", width=220))
        rows.append([name, drawn, told, *([change] if telling.has_base else [])])
    heads = [say("segment"), "", say("customers"), *([say("change")] if telling.has_base else [])]
    return subsection(say("segments"), table(heads, rows, numbers=(2, 3)))


def _moves(telling: Telling, found: Comparison) -> Markup:
    rows = [
        [
            telling.segment(row["from"]),
            telling.segment(row["to"]),
            telling.formats.number(row["customers"]),
        ]
        for row in found.segments
        if row["is_move"] and row["scheme"] == "rfm_segment"
    ]
    return _first(telling, "moves", ("from", "to", "customers"), rows, numbers=(2,))


def _restated(telling: Telling, found: Comparison) -> Markup:
    """Of months that both know: a month more is no change of a figure."""
    formats = telling.formats
    rows = []
    for row in found.kpis:
        if row["is_changed"] and row["was"] is not None:
            unit = unit_of(row["metric"])
            rows.append(
                [
                    telling.say.metric(row["metric"]),
                    formats.month(date.fromisoformat(row["month"])),
                    formats.by_unit(row["was"], unit),
                    formats.by_unit(row["now"], unit),
                    telling.change(row["was"], row["now"], unit),
                ]
            )
    heads = ("metric", "month", "was", "now", "change")
    return _first(telling, "restated", heads, rows, numbers=range(2, 5))


def _first(
    telling: Telling,
    key: str,
    heads: tuple[str, ...],
    rows: Sequence[Line],
    numbers: Collection[int],
) -> Markup:
    """The first rows of a table under its own heading, and how many more there are."""
    say = telling.say
    if not rows:
        return paragraph(say(f"{key}_none"))
    left = len(rows) - ROWS
    more = [paragraph(say("more", count=telling.formats.number(left)))] if left > 0 else []
    return subsection(say(key), table([*map(say, heads)], rows[:ROWS], numbers), *more)
