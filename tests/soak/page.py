"""``python -m tests.soak.page RESULTS``: docs/reliability.md with the tables of a soak."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.faults.homes import CHECKOUT
from tests.soak import tables
from tests.soak.tables import Row

PAGE = CHECKOUT / "docs" / "reliability.md"
BEGIN = "<!-- soak: begin -->\n"
END = "<!-- soak: end -->\n"


def result(rows: list[Row]) -> str:
    """The command, how many rounds it really ran, and how they ended."""
    first, last = rows[0]["round"], rows[-1]["round"]
    command = f"make soak ROUNDS={last - first + 1} SEED={rows[0]['seed']}"
    return f"\n    {command}{f' FROM={first}' * (first > 1)}\n\n{tables.summary(rows)}\n\n"


def with_result(page: str, rows: list[Row]) -> str:
    """The page with these rows in the place of those of before."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{result(rows)}{END}{after}"


if __name__ == "__main__":
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PAGE.write_text(with_result(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")
