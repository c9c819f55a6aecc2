"""How far each objective is, beside the straight line that leads to it."""

from __future__ import annotations

from cartera.briefing.charts import towards
from cartera.briefing.elements import Line, Markup, lines, paragraph, section, small, strong, table
from cartera.briefing.facts import Row
from cartera.briefing.telling import Telling, standing, unit_of

TONES = {"reached": "good", "on_track": "good", "behind": "bad", "unknown": ""}


def objectives(telling: Telling) -> Markup:
    """A line per objective, those behind first."""
    say, found = telling.say, telling.facts.objectives
    if not found:
        return section(say("objectives"), paragraph(say("objectives_none")))
    heads = [say("objective"), "", *map(say, ("baseline", "line", "actual", "target"))]
    rows = [_objective(telling, row) for row in found]
    return section(
        say("objectives"), table(heads, rows, numbers=range(2, 6)), note=say("objectives_note")
    )


def _objective(telling: Telling, row: Row) -> Line:
    say, formats = telling.say, telling.formats
    unit, stands = unit_of(row["metric"]), standing(row)
    name = say.metric(row["metric"])
    whom = telling.segment(row["segment"]) if row["segment"] else say("everybody")
    columns = ("baseline", "line_value", "actual", "target")
    told = [formats.by_unit(row[column], unit) for column in columns]
    drawn = ""
    if row["baseline"] is not None and row["target"] is not None:
        drawn = towards(
            *(row["baseline"], row["target"], row["line_value"], row["actual"]),
            about=f"{name}: {told[2]}; {say('target')}: {told[3]}",
            good=TONES[stands] == "good",
        )
    until = say("until", day=formats.day(row["period_end"]))
    return [
        lines(strong(name), small(f"{whom}, {until}"), strong(say(stands), TONES[stands])),
        Markup(drawn),
        *told,
    ]
