"""The report on one person as a page that needs nothing else: no script, no other file."""

from __future__ import annotations

from html import escape
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #1c2430; background: #fff }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #d5dae1 }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #e6e9ee; padding: .25rem .75rem .25rem 0; text-align: left;
  vertical-align: top; white-space: pre-wrap; max-width: 28rem; overflow-wrap: anywhere }
th { color: #5b6675; font-weight: 600 }
"""
TITLES = {
    "customers": "Customer",
    "former_ids": "Ids of before",
    "records": "Records in the systems",
    "identity": "Who this person is taken for",
    "delivered": "What the systems delivered",
    "refused": "Records that were refused",
    "warehouse": "What follows from it",
    "lists": "Lists",
    "also_held_by_others": "Identifiers that others hold too",
}


def as_page(report: dict[str, Any], as_of: str) -> str:
    """The report as HTML. Whatever a system delivered is text there and nothing else."""
    parts = [f"<h1>All that is held on one person</h1><p>As of {escape(as_of)}.</p>"]
    for name, title in TITLES.items():
        parts.append(f"<h2>{escape(title)}</h2>{_shown(report[name])}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>All that is held on one person</title><style>{STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _shown(value: Any) -> str:
    if not value:
        return "<p>Nothing.</p>"
    if isinstance(value, dict):
        if all(isinstance(inner, list) for inner in value.values()):
            return "".join(f"<h3>{escape(k)}</h3>{_shown(v)}" for k, v in value.items())
        value = [value]
    if isinstance(value[0], dict):
        return _table(value)
    return f"<ul>{''.join(f'<li>{escape(str(item))}</li>' for item in value)}</ul>"


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(row.get(n, '')))}</td>" for n in names) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"
