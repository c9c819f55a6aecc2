"""Rows that no contract should let in, one function per kind and export.

Every one is refused for exactly one reason that its export's contract knows: a value that does not
parse, a code that is not listed, a required value that is missing, a line that is not a record.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST = 0.008
"""The share of a file's rows that may be bad at most."""


@dataclass(frozen=True)
class BadRow:
    """A line as it stands in the file, without its line end, and why it is bad."""

    kind: str
    line: bytes


# Every kind also stands in an export with many rows, so that a small demo shows them all.
# {n} makes keys different. The lines are latin-1 or utf-8, as their export is.
LINES: dict[str, list[tuple[str, str]]] = {
    "till/order_lines": [
        ("unparsable_number", "X{n};1;P0001;doce;10,00;120,00;0,00"),
        ("too_few_fields", "X{n};1;P0001;1,000"),
        ("too_many_fields", "X{n};1;P0001;1,000;10,00;10,00;0,00;;sobra"),
        ("missing_key", ";1;P0001;1,000;10,00;10,00;0,00"),
        ("amount_with_letters", "X{n};1;P0001;1,000;10,00;1O,OO EUR;0,00"),
        ("missing_required", "X{n};1;;1,000;10,00;10,00;0,00"),
    ],
    "till/orders": [
        (
            "impossible_date",
            "X{n};31/02/2026 10:00:00;S01;e.soto;;V;;EUR;10,00;0,00;2,10;;",
        ),
        ("unknown_code", "X{n};03/02/2026 10:00:00;S01;e.soto;;Z;;EUR;10,00;0,00;2,10;;"),
        ("unparsable_date", "X{n};ayer;S01;e.soto;;V;;EUR;10,00;0,00;2,10;;"),
        ("unparsable_number", "X{n};03/02/2026 10:00:00;S01;e.soto;;V;;EUR;diez;0,00;2,10;;"),
        ("missing_required", "X{n};03/02/2026 10:00:00;S01;e.soto;;V;;;10,00;0,00;2,10;;"),
        ("too_few_fields", "X{n};03/02/2026 10:00:00;S01"),
    ],
    "shop/order_lines": [
        (
            "broken_json",
            '{"order_number":"X{n}","position":1,"sku":"P0001","qty":1,"unit_price":10.0',
        ),
        (
            "missing_required",
            '{"order_number":"X{n}","position":1,"sku":null,"qty":1,"unit_price":10.00,'
            '"line_total":10.00,"line_discount":0.00}',
        ),
        (
            "amount_with_letters",
            '{"order_number":"X{n}","position":1,"sku":"P0001","qty":1,"unit_price":10.00,'
            '"line_total":"ten","line_discount":0.00}',
        ),
        ("broken_json", "ERROR 504 Gateway Time-out {n}"),
    ],
    "shop/orders": [
        (
            "unparsable_date",
            "X{n},,x{n}@correo.example,,sale,,2026-13-45T10:00:00Z,web,complete,EUR,10.00,0.00,"
            "2.10,,",
        ),
        (
            "unknown_code",
            "X{n},,x{n}@correo.example,,sale,,2026-02-03T10:00:00Z,fax,complete,EUR,10.00,0.00,"
            "2.10,,",
        ),
        (
            "invalid_encoding",
            "X{n},,ni\udcf1o{n}@correo.example,,sale,,2026-02-03T10:00:00Z,web,complete,EUR,"
            "10.00,0.00,2.10,,",
        ),
        (
            "missing_key",
            ",,x{n}@correo.example,,sale,,2026-02-03T10:00:00Z,web,complete,EUR,10.00,0.00,"
            "2.10,,",
        ),
        ("too_many_fields", "X{n},a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"),
    ],
    "web/web_events": [
        (
            "unparsable_date",
            '{"id":"x{n}","ts":"soon","anon":"0","event":"page_view"}',
        ),
        (
            "unknown_code",
            '{"id":"x{n}","ts":"2026-02-03T10:00:00Z","anon":"0","event":"teleport"}',
        ),
        ("missing_key", '{"id":null,"ts":"2026-02-03T10:00:00Z","anon":"0","event":"page_view"}'),
        ("broken_json", '{"id":"x{n}","ts":"2026-02-03T10:00:00Z","anon":"0","eve'),
        (
            "impossible_date",
            '{"id":"x{n}","ts":"2026-02-30T10:00:00Z","anon":"0","event":"page_view"}',
        ),
        (
            "invalid_encoding",
            '{"id":"x{n}","ts":"2026-02-03T10:00:00Z","anon":"\udcff\udcfe","event":"page_view"}',
        ),
        ("missing_required", '{"id":"x{n}","ts":"2026-02-03T10:00:00Z","event":"page_view"}'),
        (
            "nul_byte",
            '{"id":"x{n}","ts":"2026-02-03T10:00:00Z","anon":"0\0","event":"page_view"}',
        ),
    ],
    "cartera/audience_pulls": [
        (
            "unknown_code",
            "PULL-X{n},shop,C0,all,CMP-01,A,maybe,,email,activation,2026-02-03T10:00:00Z,"
            "e.soto,20",
        ),
        (
            "missing_required",
            "PULL-X{n},shop,C0,all,CMP-01,A,list,,email,activation,,e.soto,20",
        ),
    ],
    "loyalty/loyalty_members": [
        (
            "impossible_date",
            "99{n};Ana;Ruiz;;;;;31/02/1980;;;;;ES;01/02/2025 10:00:00;01/02/2025 10:00:00;S01;BASE",
        ),
        (
            "missing_key",
            ";Ana;Ruiz;;;;;01/02/1980;;;;;ES;01/02/2025 10:00:00;01/02/2025 10:00:00;S01;BASE",
        ),
        ("too_few_fields", "99{n};Ana;Ruiz"),
    ],
    "shop/shop_accounts": [
        (
            "unparsable_date",
            "X{n},Ana,Ruiz,,x{n}@correo.example,,never,,,,,ES,es,2025-02-01T10:00:00Z,"
            "2025-02-01T10:00:00Z,",
        ),
    ],
    "crm/crm_contacts": [
        (
            "unknown_code",
            "X{n},Ana,Ruiz,,x{n}@correo.example,,,,,,,,,ES,es,2025-02-01T10:00:00Z,"
            "2025-02-01T10:00:00Z,,e.soto,,,perhaps,no,",
        ),
    ],
    "mailing/newsletter_subscribers": [
        (
            "unknown_code",
            '{"subscriber_id":"x{n}","email_address":"x{n}@correo.example","state":"sleeping"}',
        ),
        ("missing_key", '{"subscriber_id":null,"email_address":"x{n}@correo.example"}'),
    ],
    "finance/fx_rates": [("unparsable_number", "XAU,2026-02-03,EUR,n/a")],
    "service/service_cases": [
        (
            "unknown_code",
            "X{n},web,C0,rant,2026-02-03T10:00:00Z,,,,,N,price,e.soto,,,,5,,2026-02-03T10:00:00Z",
        ),
    ],
}  # fmt: skip


def bad_rows_for(place: str, rows: int, turn: tuple[int, int]) -> list[BadRow]:
    """The bad rows of one file of ``rows`` good rows, at most MOST of them.

    ``turn`` = (number of the file, files of the export): the kinds take turns over the files,
    and share them where there are fewer files than kinds.
    """
    kinds = LINES.get(place, [])
    if not kinds:
        return []
    number, files = turn
    mine = (
        [kinds[number % len(kinds)]]
        if files >= len(kinds)
        else [kind for n, kind in enumerate(kinds) if n % files == number]
    )
    room = int(rows * MOST)
    # A tenth of a percent, but at least one of each kind that fits.
    each = max(1, int(rows * 0.001) // max(len(mine), 1))
    found: list[BadRow] = []
    for kind, line in mine:
        for _ in range(min(each, room - len(found))):
            text = line.replace("{n}", f"{number:03d}{len(found):06d}")
            found.append(BadRow(kind, _encoded(place, text)))
    return found


def _encoded(place: str, text: str) -> bytes:
    """The line in its export's encoding; lone surrogates stand for bytes that are not UTF-8."""
    if place.startswith(("till/", "loyalty/")):
        return text.encode("latin-1")
    return text.encode("utf-8", "surrogateescape")
