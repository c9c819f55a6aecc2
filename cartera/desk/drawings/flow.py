"""Who went from where to where, as bands between two columns: their height is how many went.

Vega-Lite has no Sankey diagram. A band is an area along a smooth step, whose both ends are as high
as its customers are many; nothing is scaled apart, so bands can be compared with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from cartera.desk import charts
from cartera.desk.drawings import COUNT, RATE, Label, inline, tip, told

# Points along a band, and the space between two nodes as a share of all customers.
STEPS = 24
GAP = 0.028
HEIGHT = 560
# Columns of nodes stand at 0 and 1; what is beside them is for their names.
NODE, MARGIN = 0.015, 0.3
STAYED, INTO, OUT_OF, OTHER = "stayed", "into", "out_of", "other"
COLOURS = {
    STAYED: "#C4CAD3",
    OTHER: charts.SKY,
    INTO: charts.BLUE,
    OUT_OF: charts.ORANGE,
}


@dataclass(frozen=True)
class Node:
    """A segment on one side: from ``low`` to ``low + customers``, counted from the top."""

    segment: str
    side: int
    low: float
    customers: int


@dataclass(frozen=True)
class Band:
    """Customers who went from one segment to another: where the band begins on either side."""

    from_segment: str
    to_segment: str
    customers: int
    share_of_from: float
    left: float
    right: float


def layout(flows: Iterable[dict[str, Any]], order: Sequence[str]) -> tuple[list[Node], list[Band]]:
    """Places for flows (from_segment, to_segment, customers, share_of_from).

    Both columns go by ``order``, what it does not name comes last; bands leave and arrive in the
    order of the other column, so that none crosses another without need.
    """
    rows = sorted(
        flows,
        key=lambda row: (_place(row["from_segment"], order), _place(row["to_segment"], order)),
    )
    gap = GAP * sum(row["customers"] for row in rows)
    nodes = [
        *_column(0, ((row["from_segment"], row["customers"]) for row in rows), order, gap),
        *_column(1, ((row["to_segment"], row["customers"]) for row in rows), order, gap),
    ]
    free = {(node.side, node.segment): node.low for node in nodes}
    bands = []
    for row in rows:
        left, right = (0, row["from_segment"]), (1, row["to_segment"])
        bands.append(
            Band(
                row["from_segment"],
                row["to_segment"],
                row["customers"],
                row["share_of_from"],
                free[left],
                free[right],
            )
        )
        free[left] += row["customers"]
        free[right] += row["customers"]
    return nodes, bands


def _column(
    side: int, parts: Iterable[tuple[str, int]], order: Sequence[str], gap: float
) -> list[Node]:
    totals: dict[str, int] = {}
    for segment, customers in parts:
        totals[segment] = totals.get(segment, 0) + customers
    nodes, low = [], 0.0
    for segment in sorted(totals, key=lambda name: _place(name, order)):
        nodes.append(Node(segment, side, low, totals[segment]))
        low += totals[segment] + gap
    return nodes


def _place(segment: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(segment) if segment in order else len(order), segment)


def draw(
    flows: Iterable[dict[str, Any]],
    order: Sequence[str],
    label: Label,
    titles: dict[str, str],
    follow: str | None = None,
) -> alt.LayerChart:
    """The chart. ``follow`` brings out who came to that segment and who left it.

    ``titles`` has the words from, to, customers, share and those of the four kinds of band.
    """
    nodes, bands = layout(flows, order)
    high = max(node.low + node.customers for node in nodes)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[high, 0], nice=False, zero=False))
    x = alt.X(
        "x:Q", axis=None, scale=alt.Scale(domain=[-MARGIN, 1 + MARGIN], nice=False, zero=False)
    )
    shown = [kind for kind in COLOURS if kind in {_kind(band, follow) for band in bands}]
    drawn = (
        alt.Chart(inline(list(_points(bands, label, titles, follow))))
        .mark_area(opacity=0.75, interpolate="monotone")
        .encode(
            x=x,
            y=y,
            y2="y2:Q",
            detail="band:N",
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=[titles[kind] for kind in shown],
                    range=[COLOURS[kind] for kind in shown],
                ),
                legend=alt.Legend(title=None, symbolType="square"),
            ),
            tooltip=[
                told("from", titles["from"]),
                told("to", titles["to"]),
                tip("customers", titles["customers"], COUNT),
                tip("share", titles["share"], RATE),
            ],
        )
    )
    columns = alt.Chart(
        inline(
            [
                {
                    "name": f"{label(node.segment)}",
                    "customers": node.customers,
                    "side": node.side,
                    "x": 1 if node.side else -NODE,
                    "x2": 1 + NODE if node.side else 0,
                    "y": node.low,
                    "y2": node.low + node.customers,
                    "middle": node.low + node.customers / 2,
                }
                for node in nodes
            ]
        )
    )
    rects = columns.mark_rect(color=charts.QUIET).encode(
        x=x,
        x2="x2:Q",
        y=y,
        y2="y2:Q",
        tooltip=[told("name", ""), tip("customers", titles["customers"], COUNT)],
    )
    names = [
        columns.transform_filter(f"datum.side == {side}")
        .transform_calculate(text="datum.name + '  ' + format(datum.customers, ',.0f')")
        .mark_text(align=align, dx=dx, fontSize=12.5, color=charts.INK)
        .encode(x=at, y=alt.Y("middle:Q", axis=None), text="text:N")
        for side, at, align, dx in ((0, "x:Q", "right", -8), (1, "x2:Q", "left", 8))
    ]
    return alt.layer(drawn, rects, *names).properties(height=HEIGHT)


def _kind(band: Band, follow: str | None) -> str:
    if follow is None:
        return STAYED if band.from_segment == band.to_segment else OTHER
    if band.from_segment == band.to_segment:
        return STAYED
    if band.to_segment == follow:
        return INTO
    return OUT_OF if band.from_segment == follow else STAYED


def _points(
    bands: Iterable[Band], label: Label, titles: dict[str, str], follow: str | None
) -> Iterable[dict[str, Any]]:
    for number, band in enumerate(bands):
        told = {
            "band": number,
            "kind": titles[_kind(band, follow)],
            "from": label(band.from_segment),
            "to": label(band.to_segment),
            "customers": band.customers,
            "share": band.share_of_from,
        }
        for step in range(STEPS + 1):
            along = step / STEPS
            y = band.left + (band.right - band.left) * along * along * (3 - 2 * along)
            yield {**told, "x": along, "y": y, "y2": y + band.customers}
