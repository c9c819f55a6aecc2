"""Looks for people in a DuckDB file: every text of every table, decoded, against their values.

Compared without case, accents and punctuation, so that another spelling is found too:
an e-mail as it is, a phone by its last nine digits, a name by all its words, an address
as one run of words. JSON is decoded first, so that an escaped letter hides nothing.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

TEXT = ("VARCHAR", "JSON", "BLOB", "ENUM", "UUID", "BIT")
EMAIL = re.compile(r"[^\s@\"'<>,;:]+@[^\s@\"'<>,;:]+\.[^\s@\"'<>,;:]+")
# Not the inside of a longer word, and not longer than a phone with its country's code.
DIGITS = re.compile(r"(?<![a-zA-Z0-9])\d(?:[ .()/-]?\d){8,13}(?![a-zA-Z0-9])")
PHONE_DIGITS = 9


@dataclass(frozen=True)
class Export:
    """Where a system's people stand and what their columns are called."""

    folder: str
    names: tuple[str, ...]
    email: str
    phone: str
    address: str = ""
    delimiter: str = ","
    encoding: str = "utf-8"


EXPORTS = (
    Export(
        "crm/crm_contacts",
        ("first_name", "last_name", "second_last_name"),
        "email",
        "mobile",
        "street",
    ),
    Export(
        "shop/shop_accounts",
        ("first_name", "last_name", "last_name_2"),
        "email",
        "phone",
        "address_line",
    ),
    Export(
        "loyalty/loyalty_members",
        ("nombre", "apellido1", "apellido2"),
        "correo",
        "telefono",
        "domicilio",
        ";",
        "latin-1",
    ),
    Export("leadtool/leads", ("contact",), "email", "phone", delimiter="\t"),
    Export("mailing/newsletter_subscribers", ("name",), "email_address", "phone"),
)


@dataclass(frozen=True)
class People:
    """What must not be found, folded for comparison."""

    emails: frozenset[str]
    phones: frozenset[str]
    names: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True)
class Leak:
    """A value of a person, and the column that it stands in."""

    place: str
    kind: str
    value: str


def read_people(inbox: Path) -> People:
    """The values of every person of the demo, and every e-mail of any plain text export."""
    emails: set[str] = set()
    phones: set[str] = set()
    names: set[str] = set()
    addresses: set[str] = set()
    for export in EXPORTS:
        for row in _records(inbox, export):
            emails.add((row.get(export.email) or "").strip().lower())
            phones.add(re.sub(r"\D", "", row.get(export.phone) or "")[-PHONE_DIGITS:])
            parts = [row.get(column) or "" for column in export.names]
            names.add(fold(" ".join(parts)))
            names.add(fold(" ".join(parts[:2])))
            addresses.add(fold(row.get(export.address) or ""))
    for path in inbox.rglob("*"):
        if path.suffix in (".csv", ".jsonl"):
            emails |= {e.lower() for e in EMAIL.findall(path.read_text("utf-8", "replace"))}
    return People(
        emails=frozenset(e for e in emails if "@" in e),
        phones=frozenset(p for p in phones if len(p) == PHONE_DIGITS and len(set(p)) > 1),
        names=frozenset(n for n in names if " " in n),
        addresses=frozenset(a for a in addresses if len(a) >= 8),
    )


def scan(file: Path, people: People) -> list[Leak]:
    """Every value of ``people`` that stands in any column of any table of ``file``."""
    leaks = []
    with duckdb.connect() as db:
        db.execute(f"attach '{file}' as scanned (read_only)")
        for place, texts in _columns(db):
            decoded = "\n".join(piece for text in texts for piece in _decoded(text))
            words = f" {fold(decoded)} "
            lowered = decoded.lower()
            numbers = {
                re.sub(r"\D", "", found)[-PHONE_DIGITS:] for found in DIGITS.findall(decoded)
            }
            leaks += [Leak(place, "e-mail", e) for e in people.emails if e in lowered]
            leaks += [Leak(place, "phone", p) for p in people.phones & numbers]
            leaks += [Leak(place, "name", n) for n in people.names if f" {n} " in words]
            leaks += [Leak(place, "address", a) for a in people.addresses if f" {a} " in words]
    return leaks


def fold(text: str) -> str:
    """Lower case, no accents, and one blank for whatever is no letter or digit."""
    plain = unicodedata.normalize("NFKD", text.replace("ª", "aria").lower())
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", kept))


def text_columns(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Table and column, quoted, of all that can hold a text."""
    rows = db.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where not internal and database_name = 'scanned' order by all"
    ).fetchall()
    return [
        (f'"{schema}"."{table}"', f'"{column}"')
        for schema, table, column, kind in rows
        if any(text in kind for text in TEXT)
    ]


def _columns(db: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[str]]]:
    for table, column in text_columns(db):
        values = db.execute(
            f"select distinct cast({column} as varchar) from scanned.{table} "
            f"where {column} is not null"
        ).fetchall()
        yield f"{table}.{column}", [value for (value,) in values]


def _decoded(text: str) -> Iterator[str]:
    """The text, and if it is JSON the texts within."""
    yield text
    if text[:1] in '{["':
        try:
            yield from _leaves(json.loads(text))
        except ValueError:
            return


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield from _decoded(value)


def _records(inbox: Path, export: Export) -> Iterator[dict[str, str | None]]:
    """The well-formed records of an export."""
    for path in sorted((inbox / export.folder).iterdir()):
        text = path.read_text(export.encoding, "replace")
        if path.suffix == ".jsonl":
            for line in text.splitlines():
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
        else:
            header, *rows = csv.reader(text.splitlines(), delimiter=export.delimiter)
            for row in rows:
                if len(row) == len(header):
                    yield dict(zip(header, row, strict=True))
