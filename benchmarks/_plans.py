"""How DuckDB goes about a query, in lines that a page can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cartera.duck import attach, connect, literal
from cartera.settings import Settings

# Of what DuckDB says of an operator, what tells it from others of its kind.
TOLD = ("Table", "Filename(s)", "Join Type", "Conditions", "Filters", "Groups")
# An operator that takes less than this share of its query is not shown, unless those below it do.
LEAST_SHARE = 0.02
WIDTH = 100


def plan(settings: Settings, candidate: Path, model: str) -> str:
    """The operators of ``model``, run once more on a candidate: seconds of all threads, rows, what.

    What it makes is written to a database of its own in the candidate, as dbt would.
    """
    (compiled,) = (candidate / "dbt" / "compiled").rglob(f"{model}.sql")
    with connect(settings) as connection:
        for name in ("work", "warehouse", "contacts"):
            attach(connection, candidate / f"{name}.duckdb", name, write=False)
        connection.execute(f"attach {literal(candidate / 'plan.duckdb')} as scratch")
        connection.execute("set disabled_compression_methods = 'dictionary'")
        rows = connection.execute(
            "explain (analyze, format json) "
            f"create or replace table scratch.model as {compiled.read_text()}"
        ).fetchall()
    told = json.loads(rows[0][1])
    least = LEAST_SHARE * _seconds(told)
    return "\n".join(["  seconds        rows  operator", *_lines(told, 0, least)])


def _lines(node: dict[str, Any], depth: int, least: float) -> Iterator[str]:
    kind, own = node.get("operator_name", "").strip(), node.get("operator_timing", 0.0)
    # Below what is shown, only what itself or all under it takes long.
    dear = max(own, _seconds(node) / 4) >= least and (kind != "PROJECTION" or own >= least)
    if dear and kind not in ("", "EXPLAIN_ANALYZE"):
        info = node.get("extra_info") or {}
        said = "; ".join(_short(info[name]) for name in TOLD if info.get(name))
        line = f"{own:9.2f} {node['operator_cardinality']:>11,}  "
        yield (line + "  " * depth + f"{kind} {said}").rstrip()[:WIDTH]
        depth += 1
    for child in node["children"]:
        yield from _lines(child, depth, least)


def _seconds(node: dict[str, Any]) -> float:
    return float(
        node.get("operator_timing", 0.0) + sum(_seconds(child) for child in node["children"])
    )


def _short(told: str | list[str]) -> str:
    """One line, without the names of databases and folders."""
    text = ", ".join(told) if isinstance(told, list) else " ".join(told.split())
    text = text.rpartition("/landing/")[2]
    for name in ("work.", "warehouse.", "contacts."):
        text = text.replace(name, "")
    return text if len(text) <= 60 else text[:59] + "…"
