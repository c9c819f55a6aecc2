"""A figure month by month, beside the same month of the year before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import altair as alt
import pyarrow as pa

from cartera.desk import charts
from cartera.desk.drawings import AMOUNT, inline, tip, told


def with_year_before(
    table: pa.Table, month_of: Callable[[date], str], titles: dict[str, str]
) -> alt.LayerChart:
    """Bars of ``net_revenue`` by ``month``, and a tick where ``year_before`` was.

    ``titles`` has the words month, now, before and axis.
    """
    rows = [
        {**row, "name": month_of(row["month"]), "place": place}
        for place, row in enumerate(sorted(table.to_pylist(), key=lambda row: row["month"]))
    ]
    hover = [
        told("name", titles["month"]),
        tip("net_revenue", titles["now"], AMOUNT),
        tip("year_before", titles["before"], AMOUNT),
    ]
    names = [row["name"] for row in rows]
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("name:N", sort=names, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        tooltip=hover,
    )
    scale = alt.Scale(
        domain=[titles["now"], titles["before"]], range=[charts.BLUE, charts.VERMILLION]
    )
    legend = alt.Color("what:N", scale=scale, legend=alt.Legend(symbolType="square"))
    bars = (
        base.transform_calculate(what=f"'{_quoted(titles['now'])}'")
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=alt.Y("net_revenue:Q", title=titles["axis"], axis=alt.Axis(tickCount=5, format="~s")),
            color=legend,
        )
    )
    ticks = (
        base.transform_calculate(what=f"'{_quoted(titles['before'])}'")
        .transform_filter("isValid(datum.year_before)")
        .mark_tick(thickness=3)
        .encode(y="year_before:Q", color=legend)
    )
    return alt.layer(bars, ticks).properties(height=290)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
