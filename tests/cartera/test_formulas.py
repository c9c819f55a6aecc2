"""However a spreadsheet splits a marked text, no cell is a formula; and marks come off again."""

from __future__ import annotations

import itertools
import re

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cartera.formulas import MARKED, WITHIN, marked_within, unmarked_within

# Every text of at most five of these signs.
TEXTS = [
    "".join(text) for size in range(6) for text in itertools.product(";\t\n'\"= ", repeat=size)
]


def test_a_text_is_marked_wherever_a_cell_may_start_and_comes_back_as_it_was() -> None:
    given = pa.table({"text": TEXTS})
    with duckdb.connect() as db:
        db.register("given", given)
        told = db.execute(
            f"select text, {marked_within('text')} as marked, {unmarked_within('marked')} as again "
            "from given"
        ).fetchall()
    assert len(told) == len(TEXTS)
    assert [text for text, _, again in told if text != again] == []
    for text, marked, _ in told:
        _, *cells = re.split("[;\t\n]", marked)
        assert not any(cell.lstrip(' "').startswith("=") for cell in cells), (text, marked)
    assert {text: marked for text, marked, _ in told} == {
        text: re.sub(WITHIN, MARKED, text) for text in TEXTS
    }
    marked = pc.replace_substring_regex(given["text"], WITHIN, MARKED).to_pylist()
    assert dict(zip(TEXTS, marked, strict=True)) == {text: marked for text, marked, _ in told}


def test_what_is_no_formula_is_left_as_it_is() -> None:
    texts = ["C/ Mayor, 5; 3-B", "a\nb", "1 + 1 = 2", "ana;luis", "a-b;c@d.com", "a; b"]
    with duckdb.connect() as db:
        for text in texts:
            assert db.execute(f"select {marked_within('$1')}", [text]).fetchone() == (text,)
