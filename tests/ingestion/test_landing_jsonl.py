"""JSON lines land value by value; what is no JSON is refused as it came."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.ingestion.acme import Acme

JSONL: dict[str, Any] = {"format": {"type": "jsonl"}}


def land(acme: Acme, content: bytes, **changes: Any) -> Any:
    return acme.land(content, "2026-01-02.jsonl", **(JSONL | changes))


def test_broken_lines_are_refused_and_the_others_land(acme: Acme) -> None:
    manifest = land(acme, b'{"id": 1}\n{"id": 2\nnot json\n\n{"id": 3}\n{"id": 4}}\n')
    assert acme.column(manifest, "product_id") == ["1", "3"]
    assert (manifest.received, manifest.quarantined) == (5, 3)
    assert acme.refused(manifest) == [
        (2, "invalid_json", '{"id": 2'),
        (3, "invalid_json", "not json"),
        (5, "invalid_json", '{"id": 4}}'),
    ]


def test_values_land_by_their_meaning_whatever_their_json_type(acme: Acme) -> None:
    content = (
        b'{"id": 1, "price": 1.5, "day": "2026-01-01", "name": "a"}\n'
        b'{"id": "2", "price": "1.5", "name": {"es": ["x", 1]}}\n'
        b'{"id": 3, "price": null, "name": null, "unknown": 1}\n'
        b'{"id": true, "name": "", "price": ""}\n'
    )
    manifest = land(acme, content)
    rows = acme.rows(manifest, "product_id, name, list_price::double, launched_on::text")
    assert rows == [
        ("1", "a", 1.5, "2026-01-01"),
        ("2", '{"es":["x",1]}', 1.5, None),
        ("3", None, None, None),
        ("true", None, None, None),
    ]
    assert manifest.quarantined == 0


def test_lines_without_the_required_key_are_refused(acme: Acme) -> None:
    manifest = land(acme, b'{"name": "a"}\n[1, 2]\nnull\n"text"\n17\n{"id": null}\n{}\n')
    assert (manifest.received, manifest.rejects) == (7, {"missing:product_id": 7})


def test_a_key_with_a_dot_is_a_key_and_no_path(acme: Acme) -> None:
    columns = {"product_id": "id", "name": "n.x"}
    manifest = land(
        acme, b'{"id": 1, "n.x": "dot"}\n{"id": 2, "n": {"x": "path"}}\n', columns=columns
    )
    assert acme.rows(manifest) == [("1", "dot"), ("2", None)]


@pytest.mark.parametrize(
    "content",
    [
        b'{"id": 1}\n{"id": 2}\n',
        b'{"id": 1}\r\n{"id": 2}\r\n',
        b'\xef\xbb\xbf{"id": 1}\n{"id": 2}',
        b'\n  \n{"id": 1}\n\n{"id": 2}\n\n',
    ],
    ids=["lf", "crlf", "bom", "blank-lines"],
)
def test_the_same_lines_land_from_every_form(acme: Acme, content: bytes) -> None:
    manifest = land(acme, content)
    assert (acme.column(manifest, "product_id"), manifest.received) == (["1", "2"], 2)


def test_control_and_non_text_bytes_refuse_their_line_alone(acme: Acme) -> None:
    content = (
        b'{"id": 1, "name": "\xff"}\n{"id": 2, "name": "\x01"}\n{"id": 3, "name": "\\u0001"}\n'
    )
    manifest = land(acme, content)
    assert acme.rows(manifest) == [("3", "\x01")]
    assert [(line, rule) for line, rule, _ in acme.refused(manifest)] == [
        (1, "ragged:invalid_encoding"),
        (2, "invalid_json"),
    ]


def test_commas_and_quotes_in_a_line_are_not_csv(acme: Acme) -> None:
    manifest = land(acme, b'{"id": 1, "name": "a, \\"b\\"; \'c\'"}\n')
    assert acme.rows(manifest) == [("1", "a, \"b\"; 'c'")]


def test_lines_that_end_in_different_ways_leave_the_file_alone(acme: Acme) -> None:
    said = acme.refuse(b'{"id": 1}\r\n{"id": 2}\n', "a.jsonl", **JSONL)
    assert "its lines end in different ways" in said


def test_a_compressed_day_without_events_is_a_delivery_of_nothing(acme: Acme) -> None:
    manifest = acme.land(gzip.compress(b""), "2026-01-02.jsonl.gz", **JSONL)
    assert (manifest.state, manifest.received) == ("landed", 0)
