"""No download is a formula."""

from __future__ import annotations

import pyarrow as pa

from cartera.desk import tables


def test_no_cell_of_a_download_is_a_formula() -> None:
    table = pa.table({"name": ["=1+1", "a;=b; c", None, " @x"], "number": [1, 2, 3, -4]})
    told = tables.as_csv(table).decode("utf-8-sig").splitlines()
    assert told[1:] == ['"\'=1+1",1', '"a;\'=b; c",2', ",3", '"\' @x",-4']
