"""What of a publication needs somebody: the first thing that a briefing says."""

from __future__ import annotations

from cartera.briefing.charts import BAD, GOOD, PALE
from cartera.briefing.elements import Markup, shown
from cartera.briefing.telling import Telling, standing


def needs(telling: Telling) -> list[str]:
    """What somebody has to look at, a line each."""
    facts, say, formats = telling.facts, telling.say, telling.formats
    alerts = {row["kind"]: row for row in facts.alerts}
    complainers = alerts.get("valuable_complainer", {})
    deadline = formats.moment(complainers.get("next_deadline"))
    counts = (
        ("need_held", len(facts.held)),
        ("need_waiting", complainers.get("waiting", 0)),
        ("need_late", complainers.get("late", 0)),
        ("need_critical", alerts.get("valuable_decliner", {}).get("critical", 0)),
        ("need_behind", sum(standing(row) == "behind" for row in facts.objectives)),
    )
    gate = [say("need_gate")] if facts.rules else []
    return gate + [
        say.counted(key, count, formats.number(count), deadline=deadline)
        for key, count in counts
        if count
    ]


def verdict(telling: Telling) -> str:
    """How many things need somebody, in words."""
    count = len(needs(telling))
    if not count:
        return telling.say("nothing_needed")
    return telling.say.counted("needed", count, telling.formats.number(count))


def summary(telling: Telling) -> Markup:
    """The verdict and its reasons, set apart from the rest."""
    found = needs(telling)
    items = "".join(f'<li style="margin:2px 0">{shown(line)}</li>' for line in found)
    listed = f'<ul style="margin:6px 0 0;padding-left:20px">{items}</ul>' if found else ""
    return Markup(
        f'<div style="border-left:4px solid {BAD if found else GOOD};background:{PALE};'
        'padding:10px 14px;margin:0 0 8px;page-break-inside:avoid">'
        f"<b>{shown(verdict(telling))}</b>{listed}</div>"
    )
