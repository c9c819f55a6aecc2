"""Every habit of exports, from a file's bytes to landed values that were written by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from tests.ingestion.acme import Acme

COLUMNS: dict[str, Any] = {"product_id": "id", "name": "n", "list_price": "p", "launched_on": "d"}
READ = "product_id, name, list_price, launched_on::text, updated_at::text"
TIMED = {"columns": {"product_id": "id", "updated_at": "t"}}
BIG = "ñ" * 500_000


@dataclass(frozen=True)
class Habit:
    """A file, the contract's words for it, and what lands: id, name, price, day, moment."""

    content: bytes
    rows: list[tuple[Any, ...]]
    form: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    skipped: int = 0


def _text(encoding: str, declared: str, mark: bytes = b"") -> Habit:
    content = mark + "id,n,p,d\n1,Ñandú «é»,1.5,2026-12-31\n".encode(encoding)
    rows = [("1", "Ñandú «é»", Decimal("1.50"), "2026-12-31", None)]
    return Habit(content, rows, {"encoding": declared})


def _price(written: str, value: str, **form: Any) -> Habit:
    rows = [("1", None, Decimal(value), None, None)]
    return Habit(f'id,n,p,d\n1,,"{written}",\n'.encode(), rows, form)


def _day(written: str, day: str, form: str) -> Habit:
    rows = [("1", None, None, day, None)]
    return Habit(f"id,n,p,d\n1,,,{written}\n".encode(), rows, {"date": form})


def _moment(written: str, moment: str, form: str) -> Habit:
    rows = [("1", None, None, None, moment)]
    return Habit(f"id,t\n1,{written}\n".encode(), rows, {"timestamp": form}, TIMED)


def _name(written: str, name: str) -> Habit:
    return Habit(f"id,n,p,d\n1,{written},,\n".encode(), [("1", name, None, None, None)])


ONE, TWO = ("1", "a", Decimal("1.00"), None, None), ("2", "b", Decimal("2.00"), None, None)
HABITS = {
    "latin-1": _text("latin-1", "latin-1"),
    "cp1252": Habit(
        b"id,n,p,d\n1,5 \x80 \x93x\x94,,\n",
        [("1", "5 € “x”", None, None, None)],
        {"encoding": "cp1252"},
    ),
    "utf-8": _text("utf-8", "utf-8"),
    "utf-8 with its mark": _text("utf-8", "utf-8", b"\xef\xbb\xbf"),
    "utf-16 le with its mark": _text("utf-16-le", "utf-16", b"\xff\xfe"),
    "utf-16 be with its mark": _text("utf-16-be", "utf-16", b"\xfe\xff"),
    "1.234,56": _price("1.234,56", "1234.56", decimal=",", thousands="."),
    "1,234.56": _price("1,234.56", "1234.56", thousands=","),
    "(12.00)": _price("(12.00)", "-12.00", negative=["parentheses"]),
    "12-": _price("12-", "-12.00", negative=["trailing"]),
    "1.234,56-": _price("1.234,56-", "-1234.56", decimal=",", thousands=".", negative=["trailing"]),
    "31/12/2026": _day("31/12/2026", "2026-12-31", "%d/%m/%Y"),
    "12/31/2026": _day("12/31/2026", "2026-12-31", "%m/%d/%Y"),
    "2/1/2026 by day": _day("2/1/2026", "2026-01-02", "%d/%m/%Y"),
    "2/1/2026 by month": _day("2/1/2026", "2026-02-01", "%m/%d/%Y"),
    "excel day": _day("46387", "2026-12-31", "excel"),
    "excel moment": _moment("46387.75", "2026-12-31 18:00:00", "excel"),
    "epoch": _moment("1767225600", "2026-01-01 00:00:00", "epoch"),
    "epoch ms": _moment("1767225600123", "2026-01-01 00:00:00.123", "epoch_ms"),
    "quotes inside": _name('"12"" ""pipe"""', '12" "pipe"'),
    "line breaks inside": _name('"a\nb\r\nc"', "a\nb\r\nc"),
    "separator inside": _name('"a,b"', "a,b"),
    "nul byte": _name("a\x00b", "a\x00b"),
    "emoji": _name("👩‍👩‍👧 🦄", "👩‍👩‍👧 🦄"),
    "right to left": _name("שלם \u200fאבג", "שלם \u200fאבג"),
    "a megabyte": _name(BIG, BIG),
    "ragged rows": Habit(
        b"id,n,p,d\n1,a,1,\n3,c\n4,d,4,,,x\n2,b,2,\n",
        [ONE, TWO],
        rejects={"ragged:missing_columns": 1, "ragged:too_many_columns": 1},
    ),
    "footer by words": Habit(
        b"id,n,p,d\n1,a,1,\n2,b,2,\nTotal,,3,\n",
        [ONE, TWO],
        {"footer": {"starts_with": "total"}},
        skipped=1,
    ),
    "footer by rows": Habit(
        b"id,n,p,d\n1,a,1,\n2,b,2,\n2 rows\n", [ONE, TWO], {"footer": {"rows": 1}}, skipped=1
    ),
    "titles": Habit(b"Sales\nof May\nid,n,p,d\n1,a,1,\n2,b,2,\n", [ONE, TWO], {"skip_rows": 2}),
    "duplicate headers": Habit(
        b"id,n,n,p\n1,a,x,1\n2,b,y,2\n",
        [("1", "x", Decimal("1.00"), None, None), ("2", "y", Decimal("2.00"), None, None)],
        more={
            "columns": {"product_id": "id", "name": "n_2", "list_price": "p"},
            "ignore": ["n"],
        },
    ),
    "headers with blanks, accents and symbols": Habit(
        "Nº artículo, Descripción ,P.V.P. (€/ud),¿Desde?\n1,a,1,\n2,b,2,\n".encode(),
        [ONE, TWO],
        more={
            "columns": {
                "product_id": "Nº artículo",
                "name": "Descripción",
                "list_price": "P.V.P. (€/ud)",
                "launched_on": "¿Desde?",
            }
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_of_exports_lands_as_it_was_meant(acme: Acme, name: str) -> None:
    habit = HABITS[name]
    values = {"columns": COLUMNS, **habit.more, "format": {"type": "csv", **habit.form}}
    manifest = acme.land(habit.content, **values)
    assert acme.rows(manifest, READ) == habit.rows
    assert (manifest.state, manifest.rejects) == ("landed", habit.rejects)
    assert sum(manifest.skipped.values()) == habit.skipped
    assert manifest.received == len(habit.rows) + sum(habit.rejects.values())
