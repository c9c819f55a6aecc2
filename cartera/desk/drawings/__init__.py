"""How the figures are drawn: from Arrow tables to Altair charts, and nothing of Streamlit.

Labels come in the words of the reader: whatever says ``title`` or ``label`` here is said already.
Numbers are formatted by the chart's locale, which ``cartera.desk.charts.theme`` sets, and money
stands beside its currency in the axis title.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import altair as alt
import pyarrow as pa

# A value of the data in the reader's words.
Label = Callable[[object], str]
Row = Mapping[str, Any]
# One row of a bar chart, of a heat map.
ROW, CELL = 30, 26
RATE, COUNT, AMOUNT = ".1%", ",.0f", ",.0f"


def values(table: pa.Table, **more: Callable[[Row], Any]) -> alt.InlineData:
    """The rows of ``table`` as Vega reads them; ``more`` adds columns that are made of a row."""
    rows = [
        {**row, **{name: make(row) for name, make in more.items()}} for row in table.to_pylist()
    ]
    return inline(rows)


def inline(rows: list[dict[str, Any]]) -> alt.InlineData:
    """``rows`` with amounts as numbers, and days as the moments that UTC axes read."""
    return alt.InlineData(values=[{k: _plain(v) for k, v in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def tip(field: str, title: str, form: str | None = None, kind: str = "quantitative") -> alt.Tooltip:
    """A line of what is shown on hover; text where ``kind`` is nominal."""
    # Without any title Vega would tell the field's name.
    line = {"field": field, "type": kind, "title": title or " "}
    return alt.Tooltip(**line) if form is None else alt.Tooltip(**line, format=form)


def told(field: str, title: str) -> alt.Tooltip:
    """A line of text on hover. Of lines of one title, the empty one too, Vega shows one alone."""
    return tip(field, title, kind="nominal")
