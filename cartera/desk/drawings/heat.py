"""Heat maps whose cells say their value: a colour alone is read by nobody to the percent."""

from __future__ import annotations

from typing import Any

import altair as alt

from cartera.desk import charts
from cartera.desk.drawings import CELL, inline

# Of nothing, of half of the most and of the most; beyond DARK of it ink would not be read.
SHADES, DARK = ("#F1F6FB", "#7DB2D8", "#0A4A80"), 0.6


def cells(
    rows: list[dict[str, Any]],
    titles: dict[str, str],
    tooltip: list[alt.Tooltip],
    *,
    most: float | None = None,
    height: int = CELL,
    upright: bool = False,
) -> alt.LayerChart:
    """Rows of ``row``, ``column``, ``value`` (a fraction) and ``text``, both ways in their order.

    ``titles`` names the axes row and column. The darkest is ``most``, else the greatest value.
    """
    known = [row["value"] for row in rows if row["value"] is not None]
    greatest = most or max(known, default=0) or 1
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            "column:N",
            sort=None,
            title=titles["column"],
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=140),
        ),
        y=alt.Y("row:N", sort=None, title=titles["row"], axis=alt.Axis(labelLimit=260)),
    )
    rect = base.mark_rect(stroke="white", strokeWidth=2, cornerRadius=3).encode(
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(domain=[0, greatest / 2, greatest], range=SHADES),
            legend=None,
        ),
        tooltip=tooltip,
    )
    # White on what is dark, ink on what is light.
    text = base.mark_text(fontSize=11.5).encode(
        text="text:N",
        color=alt.condition(
            f"datum.value > {DARK * greatest}", alt.value("white"), alt.value(charts.INK)
        ),
    )
    count = len({row["row"] for row in rows})
    return alt.layer(rect, text).properties(height=height * count + 60)


def fates(
    rows: list[dict[str, Any]],
    titles: dict[str, str],
    colours: dict[str, str],
    tooltip: list[alt.Tooltip],
) -> alt.LayerChart:
    """Rows of ``row``, ``column``, ``fate`` (one of ``colours``) and ``mark``, in their order."""
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("column:N", sort=None, title=titles["column"], axis=alt.Axis(labels=False)),
        y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
    )
    rect = base.mark_rect(stroke="white", strokeWidth=2, cornerRadius=3).encode(
        color=alt.Color(
            "fate:N",
            scale=alt.Scale(domain=list(colours), range=list(colours.values())),
            legend=alt.Legend(title=None, symbolType="square"),
        ),
        tooltip=tooltip,
    )
    text = base.mark_text(fontSize=12, color=charts.INK).encode(text="mark:N")
    count = len({row["row"] for row in rows})
    return alt.layer(rect, text).properties(height=24 * count + 70)
