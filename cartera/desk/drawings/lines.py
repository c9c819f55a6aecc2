"""Lines over periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pyarrow as pa

from cartera.desk import charts
from cartera.desk.drawings import COUNT, RATE, Label, inline, tip, told, values


def rates(
    rows: list[dict[str, Any]],
    names: Sequence[str],
    titles: dict[str, str],
    unit: str = "yearmonth",
    height: int = 280,
) -> alt.LayerChart:
    """Rates by period: rows of ``period_start``, ``name`` (one of ``names``), ``value`` and ``of``.

    ``of`` is what the rate is a share of; ``unit`` how much of a date the axis tells. ``titles``
    has the words period, value and of.
    """
    colours = alt.Scale(domain=list(names), range=list(charts.PALETTE[: len(names)]))
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            f"utc{unit}(period_start):T",
            title=None,
            axis=alt.Axis(
                format="%Y" if unit == "year" else "%b %Y", labelOverlap=True, labelSeparation=12
            ),
            scale=alt.Scale(type="utc"),
        ),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="%", tickCount=5)),
        color=alt.Color(
            "name:N",
            sort=list(names),
            scale=colours,
            legend=alt.Legend() if len(names) > 1 else None,
        ),
        tooltip=[
            told("period", titles["period"]),
            told("name", ""),
            tip("value", titles["value"], RATE),
            tip("of", titles["of"], COUNT),
        ],
    )
    return alt.layer(base.mark_line(), base.mark_point(size=45, opacity=1)).properties(
        height=height
    )


def areas(table: pa.Table, order: Sequence[str], label: Label, titles: dict[str, str]) -> alt.Chart:
    """Segments as shares of all customers at each month end, stacked in ``order``.

    ``table`` has month_end, segment and customers; ``titles`` the words month, segment, customers.
    """
    names = [label(segment) for segment in order]
    return (
        alt.Chart(
            values(
                table,
                name=lambda row: label(row["segment"]),
                place=lambda row: list(order).index(row["segment"]),
            )
        )
        .mark_area(opacity=0.9)
        .encode(
            x=alt.X(
                "utcyearmonth(month_end):T",
                title=None,
                axis=alt.Axis(format="%b %Y", labelOverlap=True, labelSeparation=12),
                scale=alt.Scale(type="utc"),
            ),
            y=alt.Y(
                "customers:Q",
                stack="normalize",
                title=None,
                axis=alt.Axis(format="%", tickCount=5),
            ),
            color=alt.Color(
                "name:N",
                sort=names,
                scale=alt.Scale(domain=names, range=ramp(len(names))),
                legend=alt.Legend(orient="right", symbolType="square"),
            ),
            order=alt.Order("place:Q", sort="descending"),
            tooltip=[
                told("name", titles["segment"]),
                tip("customers", titles["customers"], COUNT),
                alt.Tooltip("utcyearmonth(month_end):T", title=titles["month"], format="%b %Y"),
            ],
        )
        .properties(height=320)
    )


def days(
    rows: list[dict[str, Any]], names: Sequence[str], titles: dict[str, str], form: str
) -> alt.LayerChart:
    """What happened on days after another: rows of ``day``, ``measure`` (of ``names``), ``value``.

    The first name is a solid line, the others are dashed; early days stand further apart than late
    ones. ``titles`` has the words day and value.
    """
    known = sorted({row["day"] for row in rows})
    scale = alt.Scale(domain=list(names), range=list(charts.PALETTE[: len(names)]))
    dashes = alt.Scale(domain=list(names), range=[[1, 0], *[[6, 4]] * (len(names) - 1)])
    shapes = alt.Scale(domain=list(names), range=["circle", *["diamond"] * (len(names) - 1)])
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            "day:Q",
            title=titles["day"],
            scale=alt.Scale(type="sqrt"),
            axis=alt.Axis(values=known, labelExpr="'D+' + datum.value", grid=True),
        ),
        y=alt.Y("value:Q", title=titles["value"], axis=alt.Axis(format=form, tickCount=5)),
        color=alt.Color("measure:N", sort=list(names), scale=scale, legend=alt.Legend()),
        tooltip=[
            tip("day", titles["day"], "d"),
            told("measure", ""),
            tip("value", titles["value"], form),
        ],
    )
    drawn = base.mark_line().encode(
        strokeDash=alt.StrokeDash("measure:N", scale=dashes, legend=None)
    )
    points = base.mark_point(size=70, opacity=1).encode(
        shape=alt.Shape("measure:N", scale=shapes, legend=alt.Legend())
    )
    return alt.layer(drawn, points).properties(height=280)


# From those to keep to those that are lost: eleven shades from blue over grey to brown. They grow
# lighter towards the middle and darker from it, step by step, for whoever sees two kinds of cones
# alone, too.
_RAMP = (
    "#053061",
    "#1D5A9B",
    "#3F88BD",
    "#74AED3",
    "#ADD1E6",
    "#ECEDEF",
    "#FBCF9C",
    "#F0A850",
    "#CF7A1C",
    "#A0520A",
    "#6B3106",
)


def ramp(count: int) -> list[str]:
    """``count`` colours from best to worst, as far apart as can be."""
    if count <= 1:
        return [charts.BLUE]
    last = len(_RAMP) - 1
    return [_RAMP[round(place * last / (count - 1))] for place in range(count)]
