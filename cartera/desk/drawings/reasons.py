"""How many of each: reasons, counted."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pyarrow as pa

from cartera.desk import charts
from cartera.desk.drawings import COUNT, ROW, Label, inline, tip, told


def table(counted: Sequence[tuple[str, int]]) -> pa.Table:
    """Reasons and customers, in their order."""
    return pa.table(
        {
            "reason": pa.array([name for name, _ in counted], pa.string()),
            "customers": pa.array([count for _, count in counted], pa.int64()),
        }
    )


def counts(rows: pa.Table, label: Label, customers: str, reason: str) -> alt.LayerChart:
    """A bar for each reason with its number at the end; ``customers``, ``reason``: their words."""
    named = [{**row, "name": label(row["reason"])} for row in rows.to_pylist()]
    base = alt.Chart(inline(named)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
        x=alt.X("customers:Q", title=None, axis=None),
        tooltip=[told("name", reason), tip("customers", customers, COUNT)],
    )
    bars = base.mark_bar(color=charts.SKY)
    ends = base.mark_text(align="left", dx=5, color=charts.INK).encode(
        text=alt.Text("customers:Q", format=COUNT)
    )
    return alt.layer(bars, ends).properties(height=max(ROW * rows.num_rows, 2 * ROW))
