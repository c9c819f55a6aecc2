"""Files whose records two readers would tell apart differently, and headers that are none."""

from __future__ import annotations

import gzip
import json

import pytest

from ingestion import raw
from tests.ingestion.acme import GOOD, HEADER, Acme

TITLED = {"format": {"type": "csv", "skip_rows": 2}}
MANY = {"new_columns": "ignore"}


def test_a_quote_that_swallows_the_rest_of_a_file_holds_it(acme: Acme) -> None:
    manifest = acme.land(GOOD + b'3,"glue,3,\n' + b"4,nail,4,\n" * 1000)
    assert manifest.state == "held"
    assert manifest.reason == (
        "a quote is opened and never closed: all lines below it are one record"
    )
    assert (manifest.received, manifest.rejects) == (3, {"ragged:open_quote": 1})


@pytest.mark.parametrize("last", [b'3,"glue,3,', b'3,"glue,3,\n'])
def test_an_open_quote_in_the_last_line_is_one_bad_record(acme: Acme, last: bytes) -> None:
    manifest = acme.land(GOOD + last)
    assert (manifest.state, manifest.rejects) == ("landed", {"ragged:unquoted_value": 1})


def test_an_open_quote_in_a_file_larger_than_a_buffer_is_refused(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB began anew in its second buffer, and what the first held was gone."""
    monkeypatch.setattr(raw, "MAX_LINE_BYTES", 1 << 18)
    monkeypatch.setattr(raw, "BUFFER_BYTES", 1 << 18)
    said = acme.refuse(HEADER + b'1,"a,1,\n' + b"4,nail,4,\n" * 100_000)
    assert " records by one reading and 1 by another: quotes that are not closed" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_mark_before_a_quoted_name_with_line_breaks_is_no_part_of_it(
    acme: Acme, encoding: str, packed: bool
) -> None:
    """The file is well-formed: DuckDB alone took the quote for text, and the name for two lines."""
    text = '"the\nid","na\nme",price,day\n1,anvil,x,\n2,"ro\npe",2,\n'
    content = text.encode("utf-8-sig" if encoding == "utf-8" else encoding)
    manifest = acme.land(
        gzip.compress(content, mtime=0) if packed else content,
        "a.csv.gz" if packed else "a.csv",
        format={"type": "csv", "encoding": encoding},
        columns={"product_id": "the\nid", "name": "na\nme", "list_price": "price"},
        ignore=["day"],
    )
    assert acme.rows(manifest) == [("2", "ro\npe")]
    ((_, rule, record),) = acme.refused(manifest)
    assert (rule, json.loads(record)["the\nid"]) == ("unreadable:list_price", "1")
    assert [path for path in acme.stored() if "utf8" in path] == []


@pytest.mark.parametrize(
    "line",
    [b',""a,""a,a\n', b',a \n"a" "\n",a\n'],
    ids=["counted-twice", "opened-again"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_text_beside_quotes_that_hides_where_records_end_is_refused(
    acme: Acme, line: bytes, packed: bool
) -> None:
    content = b"id,name\n" + line + b"9,z\n"
    columns = {"product_id": "id", "name": "name"}
    name = "a.csv.gz" if packed else "a.csv"
    said = acme.refuse(gzip.compress(content) if packed else content, name, columns=columns)
    assert "by one reading and" in said


def test_doubled_quotes_with_blanks_between_are_text(acme: Acme) -> None:
    manifest = acme.land(GOOD + b'3,"say ""a"" ""b""",3,\n')
    assert acme.column(manifest, "name") == ["anvil", "rope", 'say "a" "b"']


def test_lines_that_end_in_lf_cr_are_refused(acme: Acme) -> None:
    content = b"id\n\r1\n\r2\n\r"
    assert "cannot be read (" in acme.refuse(content, columns={"product_id": "id"})


def test_a_title_that_opens_a_quote_is_refused_and_not_taken_for_the_file(acme: Acme) -> None:
    said = acme.refuse(b'"Report of\nproducts\n' + GOOD, **TITLED)
    assert said.startswith("FILE: a line above its header opens a quote that it does not close.")


def test_the_last_title_may_open_no_quote_either(acme: Acme) -> None:
    """DuckDB took the header and the first records for a part of it."""
    content = b'Sales\nof,"May\n' + HEADER + b"1,anvil,1,\n" * 3
    assert "opens a quote that it does not close" in acme.refuse(content, **TITLED)


def test_quotes_within_a_title_are_text(acme: Acme) -> None:
    manifest = acme.land(b'"Report, of"\n12" of products\n' + GOOD, **TITLED)
    assert manifest.accepted == 2


def test_a_header_in_another_encoding_is_refused_with_the_encoding_named(acme: Acme) -> None:
    said = acme.refuse("id,ñame\n1,a\n".encode("latin-1"))
    assert said.startswith("FILE: its header has bytes that are no utf-8")
    assert "Correct the encoding in its contract" in said


def test_a_long_line_that_is_no_text_says_so(acme: Acme) -> None:
    content = HEADER + b"1,\xff" + "ñ".encode() * 200_000 + b",1,\n"
    assert "a line of some 100 KB has bytes that are no text" in acme.refuse(content)


def test_a_header_of_a_megabyte_holds_its_batch_with_a_short_reason(acme: Acme) -> None:
    manifest = acme.land(b"y" * 1_000_000 + GOOD)
    assert manifest.state == "held"
    assert len(manifest.reason) < 500
    assert max(len(finding["column"]) for finding in manifest.drift) < 200


def test_nul_bytes_in_a_header_are_left_out(acme: Acme) -> None:
    manifest = acme.land(GOOD.replace(b"name", b"na\x00me", 1))
    assert acme.column(manifest, "name") == ["anvil", "rope"]


def test_a_header_that_begins_with_a_control_character_is_a_header(acme: Acme) -> None:
    manifest = acme.land(b"\x01" + GOOD)
    assert manifest.state == "held"
    assert "id" in manifest.reason


@pytest.mark.parametrize("name", ["_line", "_is_json", "_cartera_line", "_reject", "_place", "c0"])
def test_no_name_of_a_column_means_anything_here(acme: Acme, name: str) -> None:
    content = GOOD.replace(b",day", f",day,{name}".encode(), 1).replace(b"-01\n", b"-01,x\n")
    manifest = acme.land(content.replace(b"-02\n", b"-02,y\n"), **MANY)
    assert (manifest.state, manifest.accepted) == ("landed", 2)
    columns = {"product_id": "id", "name": name}
    read = acme.land(content.replace(b"-02\n", b"-02,y\n"), "b.csv", columns=columns, **MANY)
    assert acme.column(read, "name") == ["x", "y"]


@pytest.mark.parametrize("name", ["_line", "_is_json", "_values", "_cartera_row"])
def test_no_key_of_json_lines_means_anything_here(acme: Acme, name: str) -> None:
    manifest = acme.land(
        f'{{"id": 1, "{name}": "x"}}\n'.encode(),
        "a.jsonl",
        columns={"product_id": "id", "name": name},
        format={"type": "jsonl"},
    )
    assert acme.rows(manifest) == [("1", "x")]
