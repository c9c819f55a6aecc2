"""Shapes: contracts of every kind, each with a small export that fits it to the last record."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contract import Contract
from tests.ingestion.acme import contract

TEXT = (
    "id,name,price,day,kind\n"
    "1,anvil,1.5,2026-01-01,a\n"
    '2,"rope, long",2,2026-01-02,a\n'
    '3,"two\nlines ""quoted""",3,,b\n'
    "4,👩‍👩‍👧 🦄,,2026-01-04,a\n"
    "5,שלום مرحبا,5.25,2026-01-05,c\n"
    "6,=cmd|'/c calc'!A1,6,2026-01-06,a\n"
    "1,again,7,2026-01-07,b\n"
    "8,x' or 1=1; --,8,2026-01-08,a\n"
)
WESTERN = TEXT.replace("👩‍👩‍👧 🦄", "Peña «ç»").replace("שלום مرحبا", "Ærø ñandú")
COLUMNS: dict[str, Any] = {
    "product_id": "id",
    "name": "name",
    "list_price": "price",
    "launched_on": "day",
}
LOOKED_UP = b"id,label\na,Alpha\nb,Beta\n"


@dataclass(frozen=True)
class Shape:
    """A contract and the export that it fits; ``ending`` is that of its files."""

    name: str
    contract: Contract
    content: bytes
    ending: str

    def packed(self, content: bytes) -> bytes:
        """``content`` as the ending says."""
        if self.ending.endswith(".gz"):
            return gzip.compress(content, mtime=0)
        if self.ending.endswith(".zst"):
            return bytes(pa.Codec("zstd").compress(content, asbytes=True))
        return content


def _rows() -> list[dict[str, Any]]:
    rows = [
        {
            "id": str(i % 7),
            "name": f"name {i}",
            "price": i / 2,
            "day": "2026-01-01",
            "kind": "ab"[i % 2],
        }
        for i in range(12)
    ]
    rows[3]["name"] = None
    rows[4]["name"] = "🦄 שלום\n=1+1"
    return rows


def _parquet() -> bytes:
    buffer = io.BytesIO()
    rows = [row | {"day": None} for row in _rows()]
    pq.write_table(pa.Table.from_pylist(rows), buffer, write_page_checksum=True, row_group_size=5)
    return buffer.getvalue()


def _lines() -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows()).encode()


def _events() -> bytes:
    rows = [
        {
            "user": {"id": str(i), "mails": [{"of": f"{i}@x.es"}]},
            "params": [
                {"key": "price", "value": {"double_value": i / 4}},
                {"key": "na'me", "value": {"string_value": f"n{i}"}},
            ],
            "type": "ab"[i % 2],
        }
        for i in range(8)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _pages(path: list[str]) -> bytes:
    lines = []
    for first in range(0, 12, 4):
        page: Any = _rows()[first : first + 4]
        for key in reversed(path):
            page = {key: page, "next": "x"}
        lines.append(json.dumps(page))
    return "\n".join([*lines, ""]).encode()


def _shape(name: str, content: bytes, ending: str = ".csv", **changes: Any) -> Shape:
    values = {
        "columns": COLUMNS,
        "format": {"type": "csv"},
        "new_columns": "ignore",
        "expected_volume": False,
    }
    return Shape(name, contract(**(values | changes)), content, ending)


def _csv(**changes: Any) -> dict[str, Any]:
    return {"format": {"type": "csv", **changes}}


@cache
def shapes() -> dict[str, Shape]:
    """Every shape by its name."""
    text = TEXT.encode()
    group = {
        "group_by": ["kind"],
        "columns": {
            "product_id": "kind",
            "name": {"from": "name", "take": "last"},
            "list_price": {"from": "price", "take": "sum"},
        },
    }
    titled = b'Report, of sales\nprinted "on" 1/1\n' + WESTERN.replace(",", ";").encode("cp1252")
    jsonl: dict[str, Any] = {"format": {"type": "jsonl"}, "ending": ".jsonl"}
    found = [
        _shape("csv", text),
        _shape("csv-strict-columns", text, new_columns="fail", ignore=["kind"]),
        _shape("csv-extra", text, new_columns="add"),
        _shape("csv-null-columns", text, missing_columns="null"),
        _shape("csv-gz", text, ".csv.gz"),
        _shape("csv-zst", text, ".csv.zst"),
        _shape("csv-latin-1", WESTERN.encode("latin-1"), **_csv(encoding="latin-1")),
        _shape(
            "csv-cp1252-titles-totals",
            titled + b"Total;;12;;\n",
            **_csv(
                encoding="cp1252",
                delimiter=";",
                skip_rows=2,
                footer={"starts_with": ["Total", "Suma"]},
                negative=["parentheses", "trailing"],
            ),
        ),
        _shape("csv-utf-16", TEXT.encode("utf-16"), **_csv(encoding="utf-16")),
        _shape(
            "csv-last-rows",
            text + b"Total\nprinted,by,me,,\n",
            **_csv(footer={"rows": 2}),
        ),
        _shape("csv-only", text, only={"kind": ["a", "c"]}),
        _shape("csv-groups", text, **group),
        _shape(
            "csv-lookup",
            text,
            columns=COLUMNS
            | {
                "name": {
                    "from": "kind",
                    "lookup": {"source": "campaigns", "key": "campaign_id", "value": "name"},
                }
            },
        ),
        _shape(
            "csv-tabs",
            TEXT.replace(",", "\t").replace('"', "'").replace("x' or", "x or").encode(),
            ".tsv",
            **_csv(delimiter="\t", quote="'"),
        ),
        _shape(
            "csv-crlf",
            TEXT.replace("\n", "\r\n").encode(),
            columns=COLUMNS | {"brand": {"join": ["name", "kind"]}},
        ),
        _shape("csv-one-column", b"id\n1\n2\n\n3\n", columns={"product_id": "id"}),
        _shape("jsonl", _lines(), **jsonl),
        _shape("jsonl-gz", _lines(), **(jsonl | {"ending": ".jsonl.gz"})),
        _shape("jsonl-extra", _lines(), new_columns="add", **jsonl),
        _shape(
            "jsonl-utf-16",
            _lines().decode().encode("utf-16"),
            ".jsonl",
            format={"type": "jsonl", "encoding": "utf-16"},
        ),
        _shape("jsonl-pages", _pages([]), ".jsonl", format={"type": "jsonl", "records": "."}),
        _shape(
            "jsonl-deep-pages",
            _pages(["data", "items"]),
            ".jsonl",
            format={"type": "jsonl", "records": "data.items"},
        ),
        _shape(
            "jsonl-paths",
            _events(),
            only={"type": ["a"]},
            columns={
                "product_id": "$.user.id",
                "brand": "$.user.mails[0].of",
                "name": {"from": "params", "param": "na'me"},
                "list_price": {"from": "params", "param": "price"},
            },
            **jsonl,
        ),
        _shape("jsonl-groups", _lines(), **jsonl, **group),
        _shape("parquet", _parquet(), ".parquet", format={"type": "parquet"}),
        _shape("parquet-groups", _parquet(), ".parquet", format={"type": "parquet"}, **group),
        _shape(
            "parquet-extra", _parquet(), ".parquet", format={"type": "parquet"}, new_columns="add"
        ),
    ]
    return {shape.name: shape for shape in found}


def lookup_contract() -> Contract:
    """The contract of what the shape ``csv-lookup`` looks into."""
    return contract(
        source="campaigns",
        columns={
            "campaign_id": "id",
            "name": "label",
            "channel": {"constant": "email"},
            "starts_at": {"constant": "2026-01-01 00:00:00"},
        },
    )
