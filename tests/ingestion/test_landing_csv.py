"""Every form of CSV lands as it was meant, is refused with its reason, or is left alone."""

from __future__ import annotations

import json

import pytest

from tests.ingestion.acme import GOOD, HEADER, Acme

ROW = b"1,anvil,1.5,2026-01-01\n"
CRLF = GOOD.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD, id="lf"),
        pytest.param(CRLF, id="crlf"),
        pytest.param(GOOD.replace(b"\n", b"\r"), id="cr"),
        pytest.param(GOOD.rstrip(), id="no last newline"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="bom"),
        pytest.param(b"\xef\xbb\xbf" + CRLF, id="bom and crlf"),
        pytest.param(GOOD.replace(b"\n", b"\n\n"), id="blank lines"),
        pytest.param(GOOD.replace(b"anvil", b'"anvil"').replace(b"id,", b'"id",'), id="quotes"),
        pytest.param(GOOD.replace(b"anvil", b"  anvil "), id="blanks"),
        pytest.param(GOOD.replace(b"id,name", b" id , name "), id="blanks in the header"),
    ],
)
def test_the_same_table_lands_from_every_form(acme: Acme, content: bytes) -> None:
    manifest = acme.land(content)
    assert (manifest.state, manifest.received, manifest.quarantined) == ("landed", 2, 0)
    assert acme.rows(manifest) == [("1", "anvil"), ("2", "rope")]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "utf-8"), ("latin-1", "latin-1"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16")],
)
def test_an_encoding_is_read_as_the_contract_says(acme: Acme, encoding: str, declared: str) -> None:
    text = "id,name,price,day\n1,Señor Ÿ,1,2026-01-01\n".replace("Ÿ", "ÿ")
    manifest = acme.land(text.encode(encoding), format={"type": "csv", "encoding": declared})
    assert acme.rows(manifest) == [("1", "Señor ÿ")]


def test_bytes_that_are_not_of_the_encoding_are_refused_row_by_row(acme: Acme) -> None:
    manifest = acme.land(HEADER + "1,Señor,1,\n".encode("latin-1") + b"2,rope,2,\n")
    assert (manifest.received, manifest.accepted) == (2, 1)
    assert [(line, rule) for line, rule, _ in acme.refused(manifest)] == [
        (2, "ragged:invalid_encoding")
    ]


def test_bytes_that_latin_1_has_no_character_for_leave_the_file_alone(acme: Acme) -> None:
    """0x80 is the euro sign of windows-1252, which DuckDB cannot read without an extension."""
    said = acme.refuse(HEADER + b"1,10\x80,1,\n", format={"type": "csv", "encoding": "latin-1"})
    assert said.startswith("FILE: cannot be read (Invalid Input Error: File is not latin-1")


def test_ragged_rows_are_refused_as_they_came(acme: Acme) -> None:
    manifest = acme.land(HEADER + ROW + b"2,rope\n3,glue,3,2026-01-03,extra\n" + ROW)
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (4, 2, 2)
    assert acme.refused(manifest) == [
        (3, "ragged:missing_columns", "2,rope"),
        (4, "ragged:too_many_columns", "3,glue,3,2026-01-03,extra"),
    ]


def test_a_quoted_value_may_hold_what_separates_values(acme: Acme) -> None:
    manifest = acme.land(HEADER + b'1,"an ""old"", big\n\n anvil",1,\n2,rope,2,\n')
    assert acme.rows(manifest) == [("1", 'an "old", big\n\n anvil'), ("2", "rope")]


@pytest.mark.parametrize(("ends", "inside"), [(b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\n", b"\r")])
def test_a_quoted_line_break_may_differ_from_those_of_the_file(
    acme: Acme, ends: bytes, inside: bytes
) -> None:
    """As spreadsheets write it: CR LF after rows, LF within a cell."""
    content = HEADER + b'1,"big BREAK anvil",1,\n2,rope,2,\n'
    manifest = acme.land(content.replace(b"\n", ends).replace(b" BREAK ", inside))
    assert acme.rows(manifest) == [("1", f"big{inside.decode()}anvil"), ("2", "rope")]


def test_lines_may_end_in_lf_after_lines_that_end_in_crlf(acme: Acme) -> None:
    """As two exports that were put together."""
    manifest = acme.land(CRLF + b"3,glue,3,\n4,nail,4,\n")
    assert acme.column(manifest, "name") == ["anvil", "rope", "glue", "nail"]


@pytest.mark.parametrize(
    "content", [GOOD.replace(b"vi", b"v\ri"), CRLF + b"3,glue,3,\r4,nail,4,\r\n"]
)
def test_a_cr_alone_among_other_line_ends_leaves_the_file_alone(acme: Acme, content: bytes) -> None:
    assert acme.refuse(content) == (
        "FILE: cannot be read (its lines end in different ways: CR LF here, LF or CR alone "
        "there). Have it delivered again; it is taken at the next run once it has changed."
    )


def test_an_unterminated_quote_is_refused_with_all_that_it_swallowed(acme: Acme) -> None:
    manifest = acme.land(GOOD + b'3,"glue,3,\n4,nail,4,\n')
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (3, 2, 1)
    assert acme.refused(manifest) == [(4, "ragged:open_quote", '3,"glue,3,\n4,nail,4,\n')]


def test_text_after_a_closing_quote_is_refused(acme: Acme) -> None:
    manifest = acme.land(GOOD + b'3,"glue" stick,3,\n')
    assert acme.refused(manifest) == [(4, "ragged:unquoted_value", '3,"glue" stick,3,')]


def test_header_names_given_twice_are_told_apart_and_held(acme: Acme) -> None:
    manifest = acme.land(b"id,name,price,day,NAME\n1,anvil,1,,x\n")
    assert (manifest.state, manifest.reason) == (
        "held",
        "columns NAME_2 are new; map or ignore them",
    )
    renamed = {"product_id": "id", "name": "name", "brand": "NAME_2", "list_price": "price"}
    again = acme.land(b"id,name,price,NAME\n1,anvil,1,x\n", columns=renamed)
    assert acme.rows(again, "name, brand") == [("anvil", "x")]


def test_a_file_with_its_header_alone_is_a_delivery_of_nothing(acme: Acme) -> None:
    manifest = acme.land(HEADER)
    assert (manifest.state, manifest.received, manifest.landed_rows) == ("landed", 0, 0)
    assert acme.rows(manifest) == []


def test_a_first_line_of_blanks_is_no_header(acme: Acme) -> None:
    assert acme.refuse(b"\n" + GOOD) == (
        "FILE: empty, without even a header line. Have it delivered again."
    )


def test_nul_bytes_are_kept_in_text_and_refused_in_numbers(acme: Acme) -> None:
    manifest = acme.land(HEADER + b"1,an\x00vil,1,\n2,rope,\x002,\n")
    assert acme.rows(manifest) == [("1", "an\x00vil")]
    assert manifest.rejects == {"unreadable:list_price": 1}


def test_a_field_of_a_megabyte_lands(acme: Acme) -> None:
    manifest = acme.land(HEADER + b"1," + b"x" * 1_000_000 + b",1,\n" + b"2,rope,2,\n")
    assert acme.rows(manifest, "product_id, length(name)") == [("1", 1_000_000), ("2", 4)]


def test_a_line_over_eight_megabytes_is_refused_alone(acme: Acme) -> None:
    manifest = acme.land(HEADER + b"1," + b"x" * 8_500_000 + b",1,\n" + b"2,rope,2,\n")
    assert acme.rows(manifest) == [("2", "rope")]
    assert manifest.rejects == {"ragged:line_size_over_maximum": 1}


def test_refused_rows_keep_their_line_number(acme: Acme) -> None:
    """Blank lines aside, which are not counted, and a quoted line break is part of its record."""
    content = HEADER + b'1,"a\nb",x,\n2,rope\n3,glue,y,\n4,nail,4,\n5\n6\n7,saw,z,\n'
    manifest = acme.land(content)
    assert [(line, rule.partition(":")[0]) for line, rule, _ in acme.refused(manifest)] == [
        (2, "unreadable"),
        (3, "ragged"),
        (4, "unreadable"),
        (6, "ragged"),
        (7, "ragged"),
        (8, "unreadable"),
    ]
    assert json.loads(acme.refused(manifest)[0][2]) == {
        "id": "1",
        "name": "a\nb",
        "price": "x",
        "day": None,
    }


def test_a_missing_value_of_a_required_column_is_refused(acme: Acme) -> None:
    manifest = acme.land(HEADER + b",anvil,1,\n  ,rope,2,\n3,glue,3,\n")
    assert acme.column(manifest, "product_id") == ["3"]
    assert manifest.rejects == {"missing:product_id": 2}


def test_many_bad_rows_spread_over_a_large_file_are_all_accounted_for(acme: Acme) -> None:
    """Large enough for DuckDB to read its parts in parallel."""
    lines = [
        b"%d,%s,%d,2026-01-01" % (i, b"name " * 20, i)
        if i % 1000
        else (b"%d,short" if i % 2000 else b"%d,name,cheap,2026-01-01") % i
        for i in range(1, 60_001)
    ]
    manifest = acme.land(HEADER + b"\n".join(lines) + b"\n")
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (60_000, 59_940, 60)
    assert manifest.rejects == {"ragged:missing_columns": 30, "unreadable:list_price": 30}
    assert [line for line, _, _ in acme.refused(manifest)] == [
        i + 1 for i in range(1000, 60_001, 1000)
    ]
    assert acme.column(manifest, "product_id")[:3] == ["1", "2", "3"]
    assert [int(i) for i in acme.column(manifest, "product_id")] == [
        i for i in range(1, 60_001) if i % 1000
    ]
