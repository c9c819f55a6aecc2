"""Nested JSON is reached by paths and by the keys of its lists; what is of another kind is left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.ingestion.acme import Acme, contract

JSONL: dict[str, Any] = {"format": {"type": "jsonl"}}


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def land(acme: Acme, content: bytes, **changes: Any) -> Any:
    return acme.land(content, "2026-01-02.jsonl", **(JSONL | changes))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.user.email", "a@b.es"),
        ("$.items[0].sku", "S1"),
        ("$.items[1].sku", None),
        ('$."a.b"', "dotted"),
        ('$.user."full name"', "Ana"),
        ("a.b", "dotted"),
        ("$set", "dollar"),
        ("it's", "quoted"),
        ("$.user", '{"email":"a@b.es","full name":"Ana"}'),
        ("$.user.email.more", None),
    ],
)
def test_a_path_leads_into_an_object_and_a_plain_name_is_a_key(
    acme: Acme, path: str, value: str | None
) -> None:
    line = {
        "id": 1,
        "user": {"email": "a@b.es", "full name": "Ana"},
        "items": [{"sku": "S1"}],
        "a.b": "dotted",
        "$set": "dollar",
        "it's": "quoted",
        "a": {"b": "nested"},
    }
    manifest = land(acme, lines(line), columns={"product_id": "id", "name": path})
    assert acme.rows(manifest) == [("1", value)]


def test_a_parameter_is_found_by_its_key_whatever_the_type_of_its_value(acme: Acme) -> None:
    """The list of a GA4 event, whose integers are written as text."""

    def event(number: int, *items: Any) -> dict[str, Any]:
        return {"id": number, "event_params": list(items)}

    def item(key: str, **value: Any) -> dict[str, Any]:
        return {"key": key, "value": value}

    content = lines(
        event(1, item("x", int_value="9"), item("page_location", string_value="https://a")),
        event(2, item("page_location", int_value="7"), item("price", double_value=1.5)),
        event(3, {"value": {"string_value": "no key"}}, item("page_location", string_value="b")),
        event(4, item("page_location"), {"key": "price", "value": 2}),
        event(5),
        {"id": 6},
        {"id": 7, "event_params": "none"},
        event(8, {"key": "page_location"}, "odd", item("price", string_value=None)),
        event(9, item("page_location", string_value="first"), item("page_location", int_value="2")),
    )
    columns = {
        "product_id": "id",
        "name": {"from": "event_params", "param": "page_location"},
        "list_price": {"from": "event_params", "param": "price"},
    }
    manifest = land(acme, content + b"broken\n", columns=columns)
    assert acme.rows(manifest, "product_id, name, list_price::double") == [
        ("1", "https://a", None),
        ("2", "7", 1.5),
        ("3", "b", None),
        ("4", None, 2.0),
        ("5", None, None),
        ("6", None, None),
        ("7", None, None),
        ("8", None, None),
        ("9", "first", None),
    ]
    assert manifest.rejects == {"invalid_json": 1}


def test_a_list_of_parameters_may_be_nested(acme: Acme) -> None:
    columns = {"product_id": "id", "name": {"from": "$.order.notes", "param": "gift"}}
    content = lines({"id": 1, "order": {"notes": [{"key": "gift", "value": "yes"}]}})
    assert acme.rows(land(acme, content, columns=columns)) == [("1", "yes")]


def test_keys_that_paths_lead_into_are_not_new(acme: Acme) -> None:
    columns = {"product_id": "id", "name": "$.user.name", "brand": {"from": "p", "param": "b"}}
    content = lines({"id": 1, "user": {"name": "a", "age": 3}, "p": [], "new": 1})
    manifest = land(acme, content, columns=columns, new_columns="add")
    assert manifest.drift == [{"kind": "new", "column": "new", "policy": "add"}]
    assert acme.column(manifest, "extra") == ['{"new":1}']


@pytest.mark.parametrize("path", ["$.", "$.a..b", "$.a[x]", "$[*].a", "$.a.*", "$..a", '$."a'])
def test_what_is_no_path_is_refused_with_the_contract(path: str) -> None:
    with pytest.raises(ValidationError, match=r"is no path such as \$\.user\.email"):
        contract(**JSONL, columns={"product_id": "id", "name": path})


def test_parameters_are_of_json_lines_alone() -> None:
    columns = {"product_id": "id", "name": {"from": "p", "param": "x"}}
    with pytest.raises(ValidationError, match="param goes with jsonl"):
        contract(columns=columns)
    # A header of CSV may look like a path.
    assert contract(columns={"product_id": "id", "name": "$.50 off"}).raw_columns[1] == "$.50 off"


def test_rows_of_another_kind_are_counted_and_left_out(acme: Acme) -> None:
    content = lines(
        {"type": "track", "id": 1},
        {"type": "identify", "id": 2},
        {"id": 3},
        {"type": "page", "name": "x"},
    )
    manifest = land(
        acme,
        content + b"broken\n",
        columns={"product_id": "id", "name": "name"},
        only={"type": ["track", "page"]},
    )
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (3, 1, 2)
    assert manifest.skipped == {"only": 2}
    assert manifest.rejects == {"invalid_json": 1, "missing:product_id": 1}
    assert acme.column(manifest, "product_id") == ["1"]
    assert [line for line, _, _ in acme.refused(manifest)] == [4, 5]


def test_two_contracts_share_the_lines_of_one_file(acme: Acme) -> None:
    content = b"kind,id,name\nP,1,anvil\nC,2,spring\nP,3,rope\n"
    products = acme.land(content, only={"kind": "P"}, columns={"product_id": "id", "name": "name"})
    campaigns = contract(
        source="campaigns",
        inbox="products",
        only={"kind": "C"},
        columns={"campaign_id": "id", "name": "name", "starts_at": {"constant": "2026-01-01"}},
    )
    acme.ingest(campaigns)
    (landed,) = acme.batches("campaigns")
    assert (products.accepted, products.skipped) == (2, {"only": 1})
    assert (landed.accepted, landed.skipped) == (1, {"only": 2})
