"""The tables of docs/metrics.md, from the registry of metrics: ``python tools/metrics_page.py``."""

from __future__ import annotations

import csv
from pathlib import Path

from cartera.metrics import of_marts

CHECKOUT = Path(__file__).resolve().parents[1]
REGISTRY = CHECKOUT / "dbt_project" / "seeds" / "metrics.csv"
PAGE = CHECKOUT / "docs" / "metrics.md"
BEGIN = "<!-- registry: make this table with `python tools/metrics_page.py` -->\n"
END = "<!-- end of the registry -->\n"
BEGIN_MARTS = "<!-- columns of marts: make this table with `python tools/metrics_page.py` -->\n"
END_MARTS = "<!-- end of the columns of marts -->\n"


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


def columns() -> str:
    """The numbers that are columns of a mart, a row each, in the order of their list."""
    lines = ["| column | what it is | unit | better | owner |", "| --- | --- | --- | --- | --- |"]
    for name, metric in of_marts().items():
        lines.append(
            f"| `{name}` | {metric.name}: {metric.definition} | {metric.unit} "
            f"| {metric.direction} | {metric.owner} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Put the tables into the page, in place of those that are there."""
    page = PAGE.read_text(encoding="utf-8")
    for begin, made, end in ((BEGIN, table(), END), (BEGIN_MARTS, columns(), END_MARTS)):
        before, rest = page.split(begin)
        _, after = rest.split(end)
        page = before + begin + made + end + after
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
