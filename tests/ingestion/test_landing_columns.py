"""Values made of several columns, of several rows, or of the name of the file."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.ingestion.acme import Acme, contract

LINES: dict[str, Any] = {
    "source": "order_lines",
    "columns": {
        "order_id": "order",
        "line_id": {"number_in": ["order"]},
        "product_id": {"first_of": ["sku", "name"]},
        "quantity": "qty",
        "gross_amount": {"multiply": ["qty", "price"]},
    },
}
LINE = "order_id, line_id, product_id, gross_amount"
ORDERS: dict[str, Any] = {
    "source": "orders",
    "inbox": "rows",
    "group_by": ["name"],
    "once": ["state", "currency"],
    "columns": {
        "order_id": "name",
        "kind": {"constant": "order"},
        "ordered_at": {"from": "at", "take": "min"},
        "channel": {"constant": "online"},
        "status": {"from": "state", "values": {"paid": "completed", "void": "cancelled"}},
        "currency": "currency",
        "gross_amount": {"add": ["total"], "subtract": ["tax"], "take": "sum"},
    },
}
ROWS = b"name,at,state,currency,total,tax\n"


def test_lines_are_numbered_priced_and_named(acme: Acme) -> None:
    header = b"order,sku,name,qty,price\n"
    content = b"A,K,Kit,2,1.50\nB,,Rope,0.125,8\nA,K,Kit,2,1.50\nA,,,1,1\nB,S,,x,1\n"
    manifest = acme.land(header + content, **LINES)
    assert acme.rows(manifest, LINE) == [
        ("A", "1", "K", Decimal("3.00")),
        ("B", "1", "Rope", Decimal("1.00")),
        ("A", "2", "K", Decimal("3.00")),
    ]
    assert [rule for _, rule, _ in acme.refused(manifest)] == [
        "missing:product_id",
        "unreadable:quantity",
    ]


def test_a_product_keeps_the_digits_of_its_factors(acme: Acme) -> None:
    """A thousand at 0.005 is 5.00, not the 10.00 of a factor rounded to cents."""
    manifest = acme.land(b"order,sku,name,qty,price\nA,K,,1000,0.005\n", **LINES)
    assert acme.column(manifest, "gross_amount") == [Decimal("5.00")]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from("AB C"), st.sampled_from(["K", "S", ""])), min_size=1))
def test_numbers_are_those_that_counting_gives(acme: Acme, lines: list[tuple[str, str]]) -> None:
    content = "".join(f"{order},{sku},x,1,1\n" for order, sku in lines)
    name = f"{len(acme.batches('order_lines'))}.csv"
    manifest = acme.land(b"order,sku,name,qty,price\n" + content.encode(), name, **LINES)
    seen: dict[str, int] = {}
    expected = []
    for order, sku in lines:
        seen[order] = seen.get(order, 0) + 1
        if order.strip():
            expected.append((order, str(seen[order]), sku or "x"))
    assert acme.rows(manifest, "order_id, line_id, product_id") == expected


def test_the_first_value_that_is_given_counts_even_if_it_cannot_be_read(acme: Acme) -> None:
    columns = {"product_id": "id", "launched_on": {"first_of": ["day", "other"]}}
    content = b"id,day,other\n1,2026-01-02,2026-02-02\n2,,2026-02-02\n3,soon,2026-02-02\n4,,\n"
    manifest = acme.land(content, columns=columns)
    days = [str(day) if day else None for day in acme.column(manifest, "launched_on")]
    assert days == ["2026-01-02", "2026-02-02", None]
    ((line, rule, record),) = acme.refused(manifest)
    assert (line, rule) == (4, "unreadable:launched_on")
    assert "soon" in record


def test_paths_may_be_the_first_of_several(acme: Acme) -> None:
    columns = {"product_id": {"first_of": ["$.a.id", "b"]}, "name": {"first_of": ["x", "$.y.z"]}}
    content = (
        b'{"a": {"id": 1}, "b": 2, "y": {"z": "deep"}}\n{"b": 3, "x": "flat"}\n{"x": "no id"}\n'
    )
    manifest = acme.land(content, "a.jsonl", format={"type": "jsonl"}, columns=columns)
    assert acme.rows(manifest) == [("1", "deep"), ("3", "flat")]
    with pytest.raises(ValidationError, match="is no path"):
        contract(format={"type": "jsonl"}, columns={"product_id": {"first_of": ["$.a b"]}})


def test_what_a_group_has_once_is_that_of_all_its_rows(acme: Acme) -> None:
    content = ROWS + (
        b"#1,2026-01-01,paid,EUR,121.00,21.00\n#1,2026-01-01,,,,\n"
        b"#2,2026-01-02,,USD,10.00,\n#2,2026-01-02,void,,,\n"
        b"#3,2026-01-03,paid,,5.00,\n"
    )
    manifest = acme.land(content, **ORDERS)
    columns = "order_id, status, currency, gross_amount"
    assert acme.rows(manifest, columns) == [
        ("#1", "completed", "EUR", Decimal("100.00")),
        ("#2", "cancelled", "USD", Decimal("10.00")),
    ]
    assert [rule for _, rule, _ in acme.refused(manifest)] == ["missing:currency"]


def test_what_only_keeps_may_stand_in_one_row_of_the_group(acme: Acme) -> None:
    content = ROWS + b"#1,2026-01-01,paid,EUR,5,\n#1,2026-01-01,,,6,\n#2,2026-01-01,void,EUR,7,\n"
    manifest = acme.land(content, **ORDERS, only={"state": "paid"})
    assert acme.rows(manifest, "order_id, gross_amount") == [("#1", Decimal("11.00"))]
    assert (manifest.received, manifest.skipped) == (2, {"only": 1})


@pytest.mark.parametrize(
    ("words", "kept"),
    [("*", ["1", "3"]), ("", ["2"]), (["", "rope"], ["2", "3"]), (["*", ""], ["1", "2", "3"])],
)
def test_only_knows_any_value_and_none(acme: Acme, words: Any, kept: list[str]) -> None:
    content = b"id,name,price,day\n1,anvil,1,\n2,,1,\n3,rope,1,\n"
    manifest = acme.land(content, only={"name": words})
    assert acme.column(manifest, "product_id") == kept


def test_an_id_made_of_personal_data_does_not_show_them(acme: Acme) -> None:
    columns = {"product_id": {"join": ["id", "mail"], "digest": True}, "name": "id"}
    manifest = acme.land(b"id,mail\n1,ana@example.com\n2,\n1,bo@example.com\n", columns=columns)
    expected = [
        hashlib.sha256(f"acme|1|{name}@example.com".encode()).hexdigest()[:32]
        for name in ("ana", "bo")
    ]
    assert acme.column(manifest, "product_id") == expected
    assert [rule for _, rule, _ in acme.refused(manifest)] == ["missing:product_id"]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_the_name_of_the_file_is_a_value(acme: Acme, ending: str) -> None:
    columns = {
        "product_id": {"join": ["_file", "id"]},
        "name": "_file",
        "launched_on": {"from": "_file", "date": "spring.sale-%Y-%m-%d"},
    }
    content = b"id\n1\n2\n"
    name = f"spring.sale-2026-03-01{ending}"
    manifest = acme.land(
        gzip.compress(content) if ending.endswith("gz") else content, name, columns=columns
    )
    assert acme.rows(manifest, "product_id, name, launched_on::text") == [
        (f"spring.sale-2026-03-01|{n}", "spring.sale-2026-03-01", "2026-03-01") for n in (1, 2)
    ]
    assert manifest.drift == []


def test_only_the_apostrophes_that_are_for_spreadsheets_go(acme: Acme) -> None:
    names = ["'08001", "'+34600", "'=A1", "'-5", "'@x", "'t Hooft", "'", "''1", "O'Neil", "1'"]
    text = io.StringIO()
    csv.writer(text).writerows([["id", "name", "price", "day"], *[["1", n, "", ""] for n in names]])
    content = text.getvalue().encode()
    marked = acme.land(content, format={"type": "csv", "text_mark": True})
    plain = ["08001", "+34600", "=A1", "-5", "@x", "'t Hooft", "'", "''1", "O'Neil", "1'"]
    assert acme.column(marked, "name") == plain
    assert acme.column(acme.land(content, "b.csv"), "name") == names


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"product_id": {"first_of": ["a"], "from": "b"}}}, "exactly one of from, "),
        ({"columns": {"product_id": "a", "list_price": {"multiply": ["a"]}}}, "takes two columns"),
        ({"columns": {"product_id": {"from": "a", "subtract": ["b"]}}}, "subtract goes with add"),
        ({"columns": {"product_id": {"from": "a", "digest": True}}}, "digest goes with join"),
        ({"once": ["name"]}, "once goes with group_by"),
        ({"once": ["other"], "group_by": ["id"]}, "once names a column that"),
        ({"part": "b", "delivery": "snapshot"}, "part goes with increments"),
        ({"part": "../b"}, "must be lower case"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        contract(**changes)
