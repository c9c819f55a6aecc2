"""Files as other programs write them: encodings, totals below, titles above, odd headers."""

from __future__ import annotations

import gzip
from decimal import Decimal
from typing import Any

import pytest

from tests.ingestion.acme import GOOD, HEADER, Acme

CSV: dict[str, Any] = {"type": "csv"}
TEXT = "id,name,price,day\n1,Señor “X” 10 €,1,2026-01-01\n2,rope,2,\n"
SPANISH: dict[str, Any] = {
    "type": "csv",
    "delimiter": ";",
    "encoding": "cp1252",
    "decimal": ",",
    "thousands": ".",
    "date": ["%d/%m/%Y", "excel"],
    "currency_symbols": ["€"],
    "negative": ["parentheses", "trailing"],
    "footer": {"starts_with": "Total"},
}


@pytest.mark.parametrize(
    ("encoding", "declared", "mark"),
    [
        ("cp1252", "cp1252", b""),
        ("utf-8", "utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", "utf-16", b"\xff\xfe"),
        ("utf-16-be", "utf-16", b"\xfe\xff"),
        ("utf-16-le", "utf-16", b""),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_every_encoding_gives_the_same_text(
    acme: Acme, encoding: str, declared: str, mark: bytes, packed: bool
) -> None:
    content = mark + TEXT.encode(encoding)
    manifest = acme.land(
        gzip.compress(content) if packed else content,
        "a.csv.gz" if packed else "a.csv",
        format=CSV | {"encoding": declared},
    )
    assert acme.rows(manifest) == [("1", "Señor “X” 10 €"), ("2", "rope")]
    assert [path.rsplit("/", 1)[1] for path in acme.stored()] == ["data.parquet", "manifest.json"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_emoji_and_text_from_right_to_left_come_through(acme: Acme, encoding: str) -> None:
    names = ["👩‍👩‍👧 🦄", "שלום עולם", "مرحبا \u200fبكم"]
    lines = "".join(f"{i},{name},1,\n" for i, name in enumerate(names))
    content = (HEADER.decode() + lines).encode(encoding)
    manifest = acme.land(content, format=CSV | {"encoding": encoding})
    assert acme.column(manifest, "name") == names


def test_bytes_without_a_meaning_refuse_their_record_alone(acme: Acme) -> None:
    cp1252 = acme.land(HEADER + b"1,a\x81b,1,\n2,c\x80,2,\n", format=CSV | {"encoding": "cp1252"})
    assert acme.rows(cp1252) == [("2", "c€")]
    assert cp1252.rejects == {"ragged:invalid_encoding": 1}
    lone = "id,name,price,day\n1,a\ud83db,1,\n2,c,2,\n".encode("utf-16-le", "surrogatepass")
    utf16 = acme.land(lone, "b.csv", format=CSV | {"encoding": "utf-16"})
    assert acme.rows(utf16) == [("2", "c")]
    assert utf16.rejects == {"ragged:invalid_encoding": 1}


def test_a_utf_16_file_that_is_cut_in_a_character_is_left_alone(acme: Acme) -> None:
    said = acme.refuse(TEXT.encode("utf-16")[:-1], format=CSV | {"encoding": "utf-16"})
    assert said.startswith("FILE: cannot be read ('utf-16-le' codec can't decode")


def test_latin_1_with_a_euro_sign_is_told_to_be_cp1252(acme: Acme) -> None:
    said = acme.refuse(HEADER + b"1,10\x80,1,\n", format=CSV | {"encoding": "latin-1"})
    assert said.endswith("its contract's encoding is cp1252.")


def test_a_spanish_spreadsheet_lands_as_it_was_meant(acme: Acme) -> None:
    """Written by hand as a Spanish Excel saves it: cp1252, semicolons, totals at the end."""
    text = (
        "Nº artículo;Descripción;P.V.P. (€);Fecha  alta\r\n"
        "1;Peña «dulce»;1.234,50 €;31/12/2026\r\n"
        '2;"Cuerda; larga\r\nde pita";(12,00);46387\r\n'
        "3;Yunque ‰ 5 €;7,25-;\r\n"
        "Total: 3;;1.215,25 €;\r\n"
        "TOTAL ARTÍCULOS\r\n"
    )
    manifest = acme.land(
        text.encode("cp1252"),
        format=SPANISH,
        columns={
            "product_id": "Nº artículo",
            "name": "descripción",
            "list_price": "P.V.P. (€)",
            "launched_on": "fecha alta",
        },
    )
    assert (manifest.state, manifest.received, manifest.skipped) == ("landed", 3, {"footer": 2})
    assert acme.rows(manifest, "product_id, name, list_price, launched_on::text") == [
        ("1", "Peña «dulce»", Decimal("1234.50"), "2026-12-31"),
        ("2", "Cuerda; larga\r\nde pita", Decimal("-12.00"), "2026-12-31"),
        ("3", "Yunque ‰ 5 €", Decimal("-7.25"), None),
    ]


@pytest.mark.parametrize(
    ("footer", "below", "skipped"),
    [
        ({"rows": 1}, b"Total,,3.5,\n", 1),
        ({"rows": 1}, b"2 records\n", 1),
        ({"rows": 2}, b"Total,,3.5,\nprinted by me\n", 2),
        ({"rows": 2}, b"printed by me\nTotal,,3.5,\n", 2),
        ({"starts_with": ["total", "printed"]}, b"Total,,3.5,\n'\n", 1),
        ({"starts_with": ["total", "printed"]}, b"printed by me\n  TOTAL,,3.5,\n", 2),
        ({"starts_with": "Total"}, b'"Total, all of it"\n', 1),
        ({"starts_with": "Total", "column": "name"}, b",Total,3.5,\n", 1),
        ({"starts_with": "Total"}, b"", 0),
    ],
)
def test_lines_below_the_records_are_counted_apart(
    acme: Acme, footer: dict[str, Any], below: bytes, skipped: int
) -> None:
    manifest = acme.land(GOOD + below, format=CSV | {"footer": footer})
    left = below.count(b"\n") - skipped
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (2 + left, 2, left)
    assert manifest.skipped == ({"footer": skipped} if skipped else {})
    assert acme.rows(manifest) == [("1", "anvil"), ("2", "rope")]


def test_a_footer_leaves_the_line_numbers_of_refused_rows_alone(acme: Acme) -> None:
    content = HEADER + b"1,a,x,\n2,b\n3,c,1,\nTotal\n4,d,y,\nTotal,,1,\n"
    manifest = acme.land(content, format=CSV | {"footer": {"starts_with": "Total"}})
    assert (manifest.received, manifest.accepted, manifest.skipped) == (4, 1, {"footer": 2})
    assert [(line, rule.partition(":")[0]) for line, rule, _ in acme.refused(manifest)] == [
        (2, "unreadable"),
        (3, "ragged"),
        (6, "unreadable"),
    ]


def test_a_footer_of_more_lines_than_the_file_is_all_of_it(acme: Acme) -> None:
    manifest = acme.land(GOOD, format=CSV | {"footer": {"rows": 5}})
    assert (manifest.received, manifest.landed_rows, manifest.skipped) == (0, 0, {"footer": 2})


def test_records_taken_for_totals_hold_the_batch(acme: Acme) -> None:
    lines = b"".join(b"%d,Totally %d,1,\n" % (i, i) for i in range(11))
    rule = {"column": "name", "starts_with": "Total"}
    manifest = acme.land(GOOD + lines, format=CSV | {"footer": rule})
    assert (manifest.state, manifest.reason) == (
        "held",
        "11 lines look like a footer, and no more than 10 are expected",
    )


def test_a_total_line_does_not_spoil_its_group(acme: Acme) -> None:
    columns = {"product_id": "id", "name": {"from": "name", "take": "first"}}
    manifest = acme.land(
        b"id,name\n1,a\n1,b\n2,c\n1,Total of it\n",
        group_by=["id"],
        columns=columns,
        format=CSV | {"footer": {"column": "name", "starts_with": "Total"}},
    )
    assert acme.rows(manifest) == [("1", "a"), ("2", "c")]
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (3, 3, 0)


def test_titles_above_the_header_are_skipped_and_lines_keep_their_numbers(acme: Acme) -> None:
    content = b"Report of sales\nprinted on 1/1\n" + HEADER + b"1,a,x,\n2,b\n3,c,1,\n"
    manifest = acme.land(content, format=CSV | {"skip_rows": 2})
    assert acme.rows(manifest) == [("3", "c")]
    assert [line for line, _, _ in acme.refused(manifest)] == [4, 5]


@pytest.mark.parametrize(
    "header",
    [
        b"ID,Name,PRICE,Day",
        b" id , name,price , day",
        "id,name,price\u00a0,day".encode(),
        b'id,"na\nme",price,day',
    ],
)
def test_a_header_may_differ_in_case_and_blanks(acme: Acme, header: bytes) -> None:
    columns = {"product_id": "id", "list_price": "price", "launched_on": "day"}
    columns["name"] = "na me" if b"\n" in header else "name"
    manifest = acme.land(header + b"\n1,anvil,1.5,2026-01-01\n", columns=columns)
    assert acme.rows(manifest, "name, list_price::text") == [("anvil", "1.50")]
    spelt = {finding["column"]: finding["spelt"] for finding in manifest.drift}
    if header.startswith(b"ID"):
        assert spelt == {"id": "ID", "name": "Name", "price": "PRICE", "day": "Day"}


def test_two_columns_that_differ_in_case_alone_are_not_guessed_between(acme: Acme) -> None:
    manifest = acme.land(b"ID,NAME,name ,price,day\n1,a,b,1,\n", new_columns="ignore")
    assert acme.rows(manifest) == [("1", "b")]
    twice = acme.land(b"Na me,na  me,id\n1,2,3\n", columns={"product_id": "id", "name": "NA ME"})
    assert (twice.state, "NA ME are missing" in twice.reason) == ("held", True)


def test_a_header_that_is_nearly_right_is_suggested(acme: Acme) -> None:
    columns = {"product_id": "id", "name": "Población"}
    manifest = acme.land(b"id,Poblacion\n1,Lugo\n", columns=columns)
    assert (manifest.state, manifest.reason) == (
        "held",
        "columns Población are missing; the file has: id, Poblacion; "
        "'Poblacion' may be 'Población' renamed",
    )


def test_several_fields_of_a_megabyte_stand_in_one_line(acme: Acme) -> None:
    big = b"y" * 1_000_000
    content = b"id,name,brand,price\n1," + big + b"," + big + b",1\n2,rope,b,2\n"
    columns = {"product_id": "id", "name": "name", "brand": "brand", "list_price": "price"}
    manifest = acme.land(content, columns=columns)
    assert acme.rows(manifest, "length(name), length(brand)") == [
        (1_000_000, 1_000_000),
        (4, 1),
    ]
