"""What is known only so far: a point with its 95 % interval, beside the line of no effect."""

from __future__ import annotations

from typing import Any

import altair as alt

from cartera.desk import charts
from cartera.desk.drawings import ROW, inline, tip, told

# A difference of rates is told in points, not in percent.
POINTS = "format(datum.value * 100, '+.0f')"


def lifts(rows: list[dict[str, Any]], titles: dict[str, str]) -> alt.LayerChart:
    """One row for each ``name`` in their order: abs_lift, ci_low and ci_high in fractions.

    ``points`` and ``interval`` say them in words, ``judged`` what to think of it.
    ``verdict`` is one of the words that ``titles`` has for significant and not_significant;
    ``is_reliable`` fills the point. Shape and filling say it too, so that no colour has to.
    """
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
        color=alt.Color(
            "verdict:N",
            scale=alt.Scale(
                domain=[titles["significant"], titles["not_significant"]],
                range=[charts.BLUE, "#8A94A3"],
            ),
            legend=alt.Legend(title=None, symbolType="circle"),
        ),
        tooltip=[
            told("name", titles["name"]),
            told("points", titles["abs_lift"]),
            told("interval", titles["interval"]),
            tip("treated_rate", titles["treated_rate"], ".1%"),
            tip("holdout_rate", titles["holdout_rate"], ".1%"),
            told("judged", ""),
        ],
    )
    zero = (
        alt.Chart(inline([{"zero": 0}]))
        .mark_rule(color=charts.INK, strokeDash=[4, 3], opacity=0.6)
        .encode(x="zero:Q")
    )
    span = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=alt.X(
            "ci_low:Q",
            title=titles["axis"],
            axis=alt.Axis(labelExpr=POINTS, grid=True, tickCount=7),
        ),
        x2="ci_high:Q",
    )
    points = [
        base.transform_filter(test)
        .mark_point(size=110, filled=filled, fill=fill, strokeWidth=2, opacity=1)
        .encode(x="abs_lift:Q")
        for test, filled, fill in (
            ("datum.is_reliable", True, alt.Undefined),
            ("!datum.is_reliable", False, "white"),
        )
    ]
    return alt.layer(zero, span, *points).properties(height=ROW * len(rows) + 90)


def returns(rows: list[dict[str, Any]], titles: dict[str, str]) -> alt.LayerChart:
    """Per ``name`` the return by attribution beside that beyond the holdout, joined by a line.

    Rows have ``measure`` (one of the words titles[roi] and titles[incremental_roi]) and ``value``
    (a fraction of the cost); who has no holdout has one point.
    """
    names = [titles["roi"], titles["incremental_roi"]]
    count = len({row["name"] for row in rows})
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=260))
    )
    x = alt.X(
        "value:Q", title=titles["axis"], axis=alt.Axis(format="+,.0%", grid=True, tickCount=7)
    )
    zero = (
        alt.Chart(inline([{"zero": 0}]))
        .mark_rule(color=charts.INK, strokeDash=[4, 3], opacity=0.6)
        .encode(x="zero:Q")
    )
    joined = base.mark_line(color="#C4CAD3", strokeWidth=3).encode(x=x, detail="name:N")
    points = base.mark_point(size=110, opacity=1).encode(
        x=x,
        color=alt.Color(
            "measure:N",
            sort=names,
            scale=alt.Scale(domain=names, range=[charts.SKY, charts.VERMILLION]),
            legend=alt.Legend(title=None),
        ),
        shape=alt.Shape(
            "measure:N",
            sort=names,
            scale=alt.Scale(domain=names, range=["circle", "diamond"]),
            legend=alt.Legend(title=None),
        ),
        tooltip=[
            told("name", titles["name"]),
            told("measure", ""),
            tip("value", titles["axis"], "+,.0%"),
        ],
    )
    return alt.layer(zero, joined, points).properties(height=ROW * count + 90)
