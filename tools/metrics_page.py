"""The table of docs/metrics.md, from the registry of metrics: ``python tools/metrics_page.py``."""

from __future__ import annotations

import csv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
REGISTRY = CHECKOUT / "dbt_project" / "seeds" / "metrics.csv"
PAGE = CHECKOUT / "docs" / "metrics.md"
BEGIN = "<!-- registry: make this table with `python tools/metrics_page.py` -->\n"
END = "<!-- end of the registry -->\n"


def table() -> str:
    """The registry as a Markdown table, a row per metric, in its order."""
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        metrics = list(csv.DictReader(file))
    lines = [
        "| metric | what it is | unit | better | numerator ÷ denominator | owner |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for metric in metrics:
        made_of = " ÷ ".join(
            f"`{metric[part]}`" for part in ("numerator", "denominator") if metric[part]
        )
        lines.append(
            f"| `{metric['metric']}` | {metric['name']}: {metric['definition']} | {metric['unit']} "
            f"| {metric['direction']} | {made_of} | {metric['owner']} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Put the table into the page, in place of the one that is there."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + table() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
