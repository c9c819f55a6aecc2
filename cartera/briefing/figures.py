"""The figures of the last complete month, each with the year before it."""

from __future__ import annotations

from datetime import date

from cartera.briefing.charts import trend
from cartera.briefing.elements import SMALL, TONES, Markup, layout, paragraph, section, shown
from cartera.briefing.facts import Figure
from cartera.briefing.telling import Telling
from cartera.metrics import registry

PER_ROW = 4


def figures(telling: Telling) -> Markup:
    """Tiles of the main metrics."""
    found, say = telling.facts.figures, telling.say
    last = max((month for figure in found for month, _ in figure.months), default=None)
    if last is None:
        return section(say("figures"), paragraph(say("figures_none")))
    tiles = [_tile(telling, figure, last) for figure in found]
    rows = (tiles[at : at + PER_ROW] for at in range(0, len(tiles), PER_ROW))
    body = "".join(f'<tr style="page-break-inside:avoid">{"".join(row)}</tr>' for row in rows)
    note = say("figures_note", month=telling.formats.month(last))
    return section(say("figures"), layout(body), note=note)


def _tile(telling: Telling, figure: Figure, last: date) -> str:
    name = telling.say.metric(figure.metric)
    now = telling.formats.by_unit(dict(figure.months).get(last), registry()[figure.metric].unit)
    against, tone = _against(telling, figure, last)
    line = trend([value for _, value in figure.months], f"{name}: {now}")
    return (
        '<td width="25%" style="padding:8px 12px 8px 0;vertical-align:top">'
        f'<div style="{SMALL}">{shown(name)}</div>'
        f'<div style="font-size:20px;font-weight:600;white-space:nowrap">{shown(now)}</div>'
        f'<div style="font-size:12px;color:{TONES[tone]}">{shown(against)}</div>{line}</td>'
    )


def _against(telling: Telling, figure: Figure, last: date) -> tuple[str, str]:
    """The change against the year before, else the month before; whether it is good or bad."""
    values, metric = dict(figure.months), registry()[figure.metric]
    year = last.replace(year=last.year - 1)
    month = last.replace(year=last.year - (last.month == 1), month=(last.month - 2) % 12 + 1)
    now = values.get(last)
    for then in (year, month):
        before = values.get(then)
        if now is not None and before is not None:
            change = telling.change(before, now, metric.unit)
            when = telling.say("against", month=telling.formats.month(then))
            return f"{change} {when}", _tone(now - before, metric.direction)
    return telling.say("no_comparison"), ""


def _tone(change: float, direction: str) -> str:
    if not change:
        return ""
    return "good" if (change > 0) == (direction == "up") else "bad"
