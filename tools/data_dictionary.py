"""docs/data-dictionary.md and docs/tables.svg, from the models' descriptions.

    python tools/data_dictionary.py

Every table of core and marts with its grain, owner, columns and types, and a picture of how the
tables of core hang together: a column that bears the name of another table's key leads there.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
MODELS = CHECKOUT / "dbt_project" / "models"
PAGE = CHECKOUT / "docs" / "data-dictionary.md"
PICTURE = CHECKOUT / "docs" / "tables.svg"
HEAD = """\
# Data dictionary

Made from the models' own descriptions by `python tools/data_dictionary.py`; `make docs` makes a
site of them, with the SQL and what is made of what. A build fails if a table has other columns than
these. **Bold** columns are never NULL. What a number means is in [metrics](metrics.md), how the
tables of core are meant in [the warehouse](warehouse.md), those of the marts in [value](value.md)
and [prediction](prediction.md).

![How the tables of core hang together](tables.svg)
"""
ROOMS = {
    "core": "Core: what happened, and to whom",
    "marts/customers": "Marts: customers",
    "marts/value": "Marts: value and segments",
    "marts/prediction": "Marts: prediction",
    "marts/kpis": "Marts: KPIs",
    "marts/campaigns": "Marts: campaigns",
    "marts/products": "Marts: products",
    "marts/service": "Marts: service",
    "marts/targeting": "Marts: targeting",
}
# Where a box stands: dimensions in the middle, facts to both sides.
WIDTH, LINE, GAP, COLUMN = 230, 15, 14, 330
COLOURS = ("#2a7f62", "#b5482a", "#30609a", "#8a6d1c", "#7a3f8f", "#4f6b1f", "#96405d")


@dataclass(frozen=True)
class Table:
    """A published table: ``columns`` are (name, type, description, is never NULL)."""

    name: str
    schema: str
    description: str
    owner: str
    version: int
    columns: tuple[tuple[str, str, str, bool], ...]

    @property
    def key(self) -> str:
        return self.columns[0][0]


def tables(room: str) -> list[Table]:
    """The tables of a folder of models, by name."""
    found = []
    for file in sorted((MODELS / room).glob("_*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", []):
            meta = model.get("config", {}).get("meta", {})
            found.append(
                Table(
                    model["name"],
                    room.split("/")[0],
                    " ".join(model["description"].split()),
                    meta["owner"],
                    meta["schema_version"],
                    tuple(map(_column, model["columns"])),
                )
            )
    return sorted(found, key=lambda table: table.name)


def _column(column: dict[str, Any]) -> tuple[str, str, str, bool]:
    never_null = {"type": "not_null"} in column.get("constraints", [])
    return (
        column["name"],
        column["data_type"],
        " ".join(column["description"].split()),
        never_null,
    )


def page() -> str:
    """The dictionary, in Markdown."""
    lines = [HEAD]
    for room, title in ROOMS.items():
        lines += [f"## {title}", ""]
        for table in tables(room):
            lines += [f"### {table.schema}.{table.name}", ""]
            lines += [f"{table.description} Owner: {table.owner}; schema version {table.version}."]
            lines += ["", "| column | type | what it is |", "| --- | --- | --- |"]
            for name, kind, description, never_null in table.columns:
                shown = f"**`{name}`**" if never_null else f"`{name}`"
                lines.append(f"| {shown} | {kind} | {description.replace('|', chr(92) + '|')} |")
            lines.append("")
    return "\n".join(lines)


def picture() -> str:
    """The tables of core as an SVG: a box each, and a line from each key to where it leads."""
    core = tables("core")
    keys = {table.key: table.name for table in core if table.key.endswith(("_key", "_id"))}
    keys["customer_id"] = "dim_customers"
    leads = {
        table.name: [
            (name, to)
            for name, *_ in table.columns
            if (to := _leads_to(name, keys)) not in ("", table.name)
        ]
        for table in core
    }
    middle = [
        table for table in core if table.name in {to for at in leads.values() for _, to in at}
    ]
    sides = [table for table in core if table not in middle]
    places, height = _places([sides[::2], middle, sides[1::2]], leads)
    colours = {table.name: COLOURS[n % len(COLOURS)] for n, table in enumerate(middle)}
    lines, boxes = [], []
    for table in core:
        x, y = places[table.name]
        rows = [name for name, _ in leads[table.name]]
        high = LINE * (len(rows) + 1) + 6
        fill = colours.get(table.name, "#444")
        boxes.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{high}" rx="4" fill="white" '
            f'stroke="{fill}"/><text x="{x + 8}" y="{y + 14}" font-weight="bold" fill="{fill}">'
            f"{escape(table.name)}</text>"
        )
        for number, (name, to) in enumerate(leads[table.name], start=1):
            here = y + 14 + LINE * number
            boxes.append(
                f'<text x="{x + 16}" y="{here}" fill="{colours[to]}">{escape(name)}</text>'
            )
            lines.append(_line(x, here - 4, *places[to], colours[to]))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * COLUMN + WIDTH + 40}" '
        f'height="{height}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *lines, *boxes, "</svg>", ""])


def _leads_to(column: str, keys: dict[str, str]) -> str:
    """The table whose key a column holds (``customer_id_a`` too), or nothing."""
    name = column.removesuffix("_a").removesuffix("_b")
    return next((keys[key] for key in keys if name == key or name.endswith(f"_{key}")), "")


def _places(
    columns: list[list[Table]], leads: dict[str, list[tuple[str, str]]]
) -> tuple[dict[str, tuple[int, int]], int]:
    """Where each box begins, and the height of the whole; the columns end together."""
    heights = [
        [LINE * (len(leads[table.name]) + 1) + 6 + GAP for table in column] for column in columns
    ]
    whole = max(map(sum, heights))
    places = {}
    for number, (column, high) in enumerate(zip(columns, heights, strict=True)):
        spare = (whole - sum(high)) // len(column)
        y = 20 + spare // 2
        for table, own in zip(column, high, strict=True):
            places[table.name] = (20 + COLUMN * number, y)
            y += own + spare
    return places, whole + 20


def _line(x: int, y: int, to_x: int, to_y: int, colour: str) -> str:
    """A curve from a row of a box to the name of another."""
    begin = x + WIDTH if to_x > x else x
    end = to_x if to_x > x else to_x + WIDTH
    bend = (COLUMN - WIDTH) // 2 * (1 if to_x > x else -1)
    if to_x == x:
        begin, end, bend = x, to_x, -30
    return (
        f'<path d="M {begin} {y} C {begin + bend} {y}, {end - (bend if to_x != x else 30)} '
        f'{to_y + 10}, {end} {to_y + 10}" fill="none" stroke="{colour}" stroke-opacity="0.55"/>'
    )


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
