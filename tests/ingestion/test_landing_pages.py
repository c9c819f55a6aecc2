"""Lines that hold a page of records each, as an API hands them out, land record by record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cartera.errors import CarteraError
from tests.ingestion.acme import Acme, contract


def land(acme: Acme, content: bytes, records: str = "data.items", **changes: Any) -> Any:
    changes = {"format": {"type": "jsonl", "records": records}, **changes}
    return acme.land(content, "2026-01-02.jsonl", **changes)


def test_every_record_of_every_page_lands_in_its_order(acme: Acme) -> None:
    manifest = land(
        acme,
        b'{"data": {"items": [{"id": 1, "price": 1.5}, {"id": 2}]}, "next": 2}\n'
        b'{"data": {"items": []}}\n'
        b'{"data": {"items": [{"id": 3, "name": "x"}]}}\n',
    )
    assert acme.column(manifest, "product_id") == ["1", "2", "3"]
    assert (manifest.received, manifest.quarantined) == (3, 0)


def test_a_line_that_is_the_list_lands(acme: Acme) -> None:
    manifest = land(acme, b'[{"id": 1}, {"id": 2}]\n', ".")
    assert acme.column(manifest, "product_id") == ["1", "2"]


def test_what_is_no_page_or_no_record_is_refused_as_it_came(acme: Acme) -> None:
    manifest = land(
        acme,
        b'{"data": {"items": [{"id": 1}, {"name": "no id"}, 7, null]}}\n'
        b'{"error": "try later"}\nnot json\n{"data": {"items": {"id": 9}}}\n',
    )
    assert acme.column(manifest, "product_id") == ["1"]
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (7, 1, 6)
    assert manifest.rejects == {"missing:product_id": 5, "invalid_json": 1}


def test_a_page_with_half_a_surrogate_pair_is_one_record_that_does_not_fit(acme: Acme) -> None:
    """Python's reader takes it, and no text can hold it."""
    manifest = land(
        acme,
        b'[{"id": 1, "name": "\\ud8d8"}, {"id": 2}]\n'
        b'[{"id": 3, "name": "\\ud83e\\udd84"}, {"id": 4}]\n',
        ".",
    )
    assert acme.rows(manifest) == [("3", "🦄"), ("4", None)]
    assert manifest.rejects == {"invalid_json": 1}


def test_a_page_of_many_megabytes_lands(acme: Acme) -> None:
    items = [{"id": key, "name": "n" * 1000} for key in range(5000)]
    content = json.dumps({"data": {"items": items}}).encode() + b"\n"
    assert len(content) > 5_000_000
    assert land(acme, content).accepted == 5000


@pytest.mark.parametrize("records", ["a..b", "a b", 'a"b', "a[0]", "a.*", ".a"])
def test_a_path_of_another_form_is_refused(records: str) -> None:
    with pytest.raises(ValueError, match="records"):
        contract(format={"type": "jsonl", "records": records})


def test_records_goes_with_jsonl_only() -> None:
    with pytest.raises((ValueError, CarteraError), match="records goes with type jsonl"):
        contract(format={"type": "csv", "records": "a"})
