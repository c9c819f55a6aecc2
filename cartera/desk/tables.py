"""Tables as files that a spreadsheet opens, without a cell that it would take for a formula."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cartera.formulas import FORMULA, MARKED, WITHIN

# Excel takes a file for UTF-8 by these bytes alone.
BOM = b"\xef\xbb\xbf"


def as_csv(table: pa.Table) -> bytes:
    """``table`` as CSV in UTF-8; an apostrophe stands before what looks like a formula."""
    columns = [_safe(column) if pa.types.is_string(column.type) else column for column in table]
    out = io.BytesIO(BOM)
    out.seek(len(BOM))
    pa.csv.write_csv(pa.table(columns, names=table.column_names), out)
    return out.getvalue()


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    within = pc.replace_substring_regex(column, WITHIN, MARKED)
    marked = pc.binary_join_element_wise("'", within, "")
    return pc.if_else(pc.match_substring_regex(column, FORMULA), marked, within)
