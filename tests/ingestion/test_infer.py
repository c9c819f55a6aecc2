"""A drafted contract loads, lands the sample that it was drafted from, and says its doubts."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cartera.errors import UsageError
from ingestion.contract import Contract, load_contract, source_names
from ingestion.infer import Draft, draft_contract
from ingestion.infer.habits import looks_like, moments, numbers, yes_and_no
from ingestion.infer.names import DEFAULTS, FILE_WORDS, SOURCES, code_of, meant
from ingestion.source import load_source
from tests.ingestion.acme import Acme

TILL = """\
Nº ticket;Fecha;Tipo;Tienda;Cód cliente;Importe bruto;Descuento;IVA;Observación
T1;31/12/2026 10:05:00;V;Lugo;S1;1.234,50;0,00;259,25;señora
T2;30/12/2026 18:20:00;D;Vigo;;-12,00;;-2,52;
T3;01/02/2026 09:00:00;V;Lugo;S2;7,25;1,00;1,52;“ojo” 5 €
Total;;;;;1.229,75;;;
"""
SHOP = """\
order_id,created_at,email,currency,total,discount,status,gateway
1001,2026-01-05T10:00:00Z,ana@example.es,EUR,99.90,5.00,paid,card
1002,2026-01-06T11:30:00Z,bo@example.es,EUR,"1,050.00",0.00,paid,card
1003,2026-01-07T23:59:59Z,,EUR,12.00,,pending,cash
"""
CONTACTS = """\
Client ID,First Name,Last Name,Email,Mobile Phone,Birthday,Zip,City,VIP
1,Ana,López,ana@example.es,+34 600 111 222,03/25/1980,27001,Lugo,x
2,Bo,Ek,bo@example.se,+46 70 123 45 67,12/31/1975,11122,Stockholm,
"""


def event(number: int, **more: Any) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "anonymousId": f"a{number}",
        "timestamp": f"2026-01-0{number}T10:00:00Z",
        "event": "Product Viewed" if number % 2 else "Order Completed",
        "context": {"page": {"url": "https://shop.example/x", "referrer": None}},
        **more,
    }


EVENTS = "".join(json.dumps(event(n)) + "\n" for n in range(1, 8))


def infer(acme: Acme, content: bytes, name: str, folder: str, **options: Any) -> Draft:
    path = acme.settings.inbox / "acme" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return draft_contract(path, inbox=acme.settings.inbox, time_zone="Europe/Madrid", **options)


def loaded(acme: Acme, draft: Draft) -> Contract:
    path = acme.settings.contracts / draft.system / f"{draft.source}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draft.text, encoding="utf-8")
    return load_contract(path)


def land(acme: Acme, draft: Draft) -> Any:
    report = acme.ingest(loaded(acme, draft))
    assert (report.batches, report.held, report.problems) == (1, [], [])
    (manifest,) = acme.batches(draft.source)
    assert manifest.quarantined == 0, acme.refused(manifest)
    return manifest


def test_a_spanish_till_lands(acme: Acme) -> None:
    draft = infer(acme, TILL.encode("cp1252"), "2026-12.csv", "ventas")
    assert (draft.system, draft.source) == ("acme", "orders")
    manifest = land(acme, draft)
    assert (manifest.received, manifest.skipped) == (3, {"footer": 1})
    columns = "order_id, ordered_at::text, kind, gross_amount::text, party_id, store_id"
    assert acme.rows(manifest, columns) == [
        ("T1", "2026-12-31 09:05:00", "order", "1234.50", "S1", "Lugo"),
        ("T2", "2026-12-30 17:20:00", "refund", "-12.00", None, "Vigo"),
        ("T3", "2026-02-01 08:00:00", "order", "7.25", "S2", "Lugo"),
    ]
    said = "\n".join(draft.unsure)
    for doubt in ("encoding", "channel: taken to be online", "time_zone", "party_system"):
        assert doubt in said
    assert all(f"#  - {line}" in draft.text for line in draft.unsure if '"' not in line)


def test_latin_1_is_told_from_cp1252(acme: Acme) -> None:
    content = TILL.replace("“ojo” 5 €", "ojo").encode("latin-1")
    draft = infer(acme, content, "a.csv", "ventas")
    assert "encoding: latin-1" in draft.text
    assert land(acme, draft).accepted == 3


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_an_iso_csv_of_a_shop_lands(acme: Acme, pack: Any) -> None:
    name = "orders.csv.gz" if pack is gzip.compress else "orders.csv"
    draft = infer(acme, pack(SHOP.encode()), name, "orders")
    manifest = land(acme, draft)
    assert acme.rows(manifest, "order_id, gross_amount::text, status, party_email") == [
        ("1001", "99.90", "completed", "ana@example.es"),
        ("1002", "1050.00", "completed", "bo@example.es"),
        ("1003", "12.00", "pending", None),
    ]
    assert "\nignore:\n  - gateway\n" in draft.text


def test_contacts_in_american_dates_land(acme: Acme) -> None:
    draft = infer(acme, CONTACTS.encode("utf-16"), "customers.csv", "customers")
    assert draft.source == "crm_contacts"
    manifest = land(acme, draft)
    assert acme.rows(manifest, "given_name, birth_date::text, postal_code, phone") == [
        ("Ana", "1980-03-25", "27001", "+34 600 111 222"),
        ("Bo", "1975-12-31", "11122", "+46 70 123 45 67"),
    ]


def test_json_lines_of_a_tracker_land(acme: Acme) -> None:
    draft = infer(acme, EVENTS.encode(), "track.jsonl", "track")
    assert draft.source == "web_events"
    manifest = land(acme, draft)
    assert acme.rows(manifest, "event_id, event_type, url")[:2] == [
        ("m1", "product_view", "https://shop.example/x"),
        ("m2", "purchase", "https://shop.example/x"),
    ]


def test_parquet_lands(acme: Acme) -> None:
    sink = io.BytesIO()
    table = {
        "sku": ["A", "B"],
        "title": ["anvil", "rope"],
        "vendor": ["x", None],
        "price": [1.5, 2],
    }
    pq.write_table(pa.table(table), sink)
    draft = infer(acme, sink.getvalue(), "catalog.parquet", "catalog")
    assert draft.source == "products"
    assert acme.rows(land(acme, draft), "product_id, name, brand, list_price::text") == [
        ("A", "anvil", "x", "1.50"),
        ("B", "rope", None, "2.00"),
    ]


def test_titles_totals_and_serial_dates_are_found(acme: Acme) -> None:
    content = "sku|name|price|launch date\nA|anvil|(12.50)|46387\nB|rope|$1,200.00|46388\n"
    draft = infer(acme, content.encode(), "products.csv", "products")
    manifest = land(acme, draft)
    assert acme.rows(manifest, "product_id, list_price::text, launched_on::text") == [
        ("A", "-12.50", "2026-12-31"),
        ("B", "1200.00", "2027-01-01"),
    ]


def test_personal_data_that_is_not_mapped_is_pointed_out(acme: Acme) -> None:
    content = "sku,name,price,buyer,dni\nA,anvil,1,ana@example.es,12345678Z\n"
    draft = infer(acme, content.encode(), "products.csv", "products")
    assert "- buyer  # looks like a person's e-mail" in draft.text
    assert "- dni  # looks like a person's tax id" in draft.text
    loaded(acme, draft)


def test_what_cannot_be_guessed_is_left_to_fill_in_and_lands_nothing(acme: Acme) -> None:
    draft = infer(acme, b"alpha,beta\n1,2\n", "x.csv", "x", source="orders")
    assert "order_id: FILL_IN" in draft.text
    report = acme.ingest(loaded(acme, draft))
    assert len(report.held) == 1


@pytest.mark.parametrize(
    "header",
    ['a: b,"c ""d"" {e}",#f,- g,null', "[x],&y,*z,!t,yes", "%a,@b,`c,|d,>e", "ñ,é\\,日本,🦄,'"],
)
def test_no_name_of_a_column_breaks_the_draft(acme: Acme, header: str) -> None:
    content = f"id,name,{header}\n1,x,1,2,3,4,5\n"
    draft = infer(acme, content.encode(), "products.csv", "products", source="products")
    manifest = land(acme, draft)
    assert acme.rows(manifest) == [("1", "x")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b'[\n {"id": 1}\n]\n', "one JSON array"),
        (b"[1, 2]\n", "no object"),
    ],
)
def test_what_is_no_export_says_so(acme: Acme, content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        infer(acme, content, "x.csv", "x")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        draft_contract(tmp_path / "no.csv", time_zone="UTC")


@pytest.mark.parametrize(
    ("values", "decimal", "thousands", "sure"),
    [
        (["1.234,50"], ",", ".", True),
        (["1,234.50"], ".", ",", True),
        (["12,5", "1.234"], ",", ".", True),
        (["12.5", "1,234"], ".", ",", True),
        (["1.234.567"], ",", ".", True),
        (["1 234,5"], ",", " ", True),
        (["1,234"], ",", "", False),
        (["12.5"], ".", "", True),
        (["12"], ".", "", True),
        (["1'234.50"], ".", "'", True),
    ],
)
def test_the_separators_of_a_file_are_found(
    values: list[str], decimal: str, thousands: str, sure: bool
) -> None:
    found = numbers([values])
    assert (found.decimal, found.thousands, found.is_sure) == (decimal, thousands, sure)


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["2026-12-31", "2026-01-01"], "iso"),
        (["31/12/2026"], "%d/%m/%Y"),
        (["12/31/2026"], "%m/%d/%Y"),
        (["31/12/2026 10:00"], "%d/%m/%Y %H:%M"),
        (["12/31/2026 10:00 PM"], "%m/%d/%Y %I:%M %p"),
        (["20261231"], "%Y%m%d"),
        (["46387", "46388.5"], "excel"),
        (["1767225600"], "epoch"),
        (["1767225600123"], "epoch_ms"),
        (["1767225600123456"], "epoch_us"),
        (["2026-01-05T10:00:00Z"], "iso"),
        (["soon"], None),
    ],
)
def test_the_form_of_a_date_is_found(values: list[str], first: str | None) -> None:
    found = moments(values, is_named_so=True)
    assert (found[0] if found else None) == first


def test_small_habits() -> None:
    assert yes_and_no(["Sí", "no", ""]) == ("sí", "no")
    assert yes_and_no(["maybe"]) is None
    assert looks_like(["2026-12-31"]) == ""
    assert looks_like(["600 111 222"]) == "phone"
    assert looks_like(["123"]) == ""


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_words_of_a_source_are_of_columns_that_it_has(name: str) -> None:
    source = load_source(name)
    assert set(SOURCES[name]) <= set(source.columns)
    assert set(source.key) <= set(SOURCES[name])


def test_an_article_in_a_name_changes_nothing() -> None:
    assert meant("Fecha de Nacimiento") == meant("fecha_nacimiento") == "fechanacimiento"
    assert meant("the") == "the"


def test_words_and_defaults_are_of_sources_that_exist() -> None:
    assert set(FILE_WORDS) <= set(SOURCES) <= set(source_names())
    for (source, column), constant in DEFAULTS.items():
        allowed = load_source(source).columns[column].values
        assert not allowed or constant in allowed
        assert not allowed or code_of(constant, allowed) == constant
