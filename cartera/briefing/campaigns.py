"""Campaigns that ended of late: what they moved beyond those held out, and what came back."""

from __future__ import annotations

from cartera.briefing.charts import interval
from cartera.briefing.elements import Line, Markup, lines, paragraph, section, small, strong, table
from cartera.briefing.facts import CAMPAIGN_DAYS, Row
from cartera.briefing.telling import Telling


def campaigns(telling: Telling) -> Markup:
    """A line per campaign, the last one first; intervals are drawn on one scale."""
    say, found = telling.say, telling.facts.campaigns
    heading = say("campaigns", days=CAMPAIGN_DAYS)
    if not found:
        return section(heading, paragraph(say("campaigns_none")))
    ends = [row[end] for row in found for end in ("ci_low", "ci_high", "abs_lift")]
    reach = max((abs(end) for end in ends if end is not None), default=0.0)
    heads = [*map(say, ("campaign", "lift", "incremental", "cost", "roi", "incremental_roi"))]
    rows = [_campaign(telling, row, reach) for row in found]
    return section(heading, table(heads, rows, numbers=range(2, 6)), note=say("campaigns_note"))


def _campaign(telling: Telling, row: Row, reach: float) -> Line:
    say, formats = telling.say, telling.formats
    ended = say("ended", day=formats.day(formats.local(row["ends_at"])))
    return [
        lines(strong(row["name"] or row["campaign_id"]), small(ended)),
        _lift(telling, row, reach),
        formats.signed(row["incremental_conversions"]),
        formats.money(row["total_cost"]),
        formats.change(row["roi"], 0),
        formats.change(row["incremental_roi"], 0),
    ]


def _lift(telling: Telling, row: Row, reach: float) -> Markup:
    say, formats = telling.say, telling.formats
    arms = {arm: formats.number(row[arm]) for arm in ("treated", "held_out")}
    if not row["held_out"]:
        return small(say("no_holdout"))
    if row["abs_lift"] is None:
        return lines(small(say("no_conversions")), small(say("people", **arms)))
    told = formats.points(row["abs_lift"])
    span = f"[{formats.points(row['ci_low'])}, {formats.points(row['ci_high'])}]"
    proven = bool(row["is_significant"])
    words = say("significant" if proven else "not_significant")
    doubt = "" if row["is_reliable"] else f"; {say('unreliable')}"
    drawn = interval(
        *(row["ci_low"], row["abs_lift"], row["ci_high"], reach),
        about=f"{told} {span}",
        proven=proven,
    )
    return lines(
        Markup(f"{strong(told)} {span}{drawn}"),
        small(f"{words}{doubt}"),
        small(say("people", **arms)),
    )
