"""Numbers, dates and times are read in the forms that a contract accepts, and in no other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingestion.contract import ColumnType, Forms
from tests.ingestion.reading import at, read

ACCOUNTS = {"negative": ["parentheses", "trailing"]}
EURO = {"currency_symbols": ["€", "EUR", "$"], "decimal": ",", "thousands": "."}
SPACES = {"thousands": " ", "decimal": ","}
MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("text", "forms", "value"),
    [
        ("(12.00)", ACCOUNTS, "-12"),
        ("12-", ACCOUNTS, "-12"),
        ("12.50 -", ACCOUNTS, "-12.50"),
        ("( 12.00 )", ACCOUNTS, "-12"),
        ("-12", ACCOUNTS, "-12"),
        ("12", ACCOUNTS, "12"),
        ("(12.00)", {}, None),
        ("12-", {}, None),
        ("12-", {"negative": ["parentheses"]}, None),
        ("(12)", {"negative": ["trailing"]}, None),
        ("-12-", ACCOUNTS, None),
        ("(-12)", ACCOUNTS, None),
        ("(12-)", ACCOUNTS, None),
        ("()", ACCOUNTS, None),
        ("-", ACCOUNTS, None),
        ("(12", ACCOUNTS, None),
        ("(1.234,56)", {**ACCOUNTS, "decimal": ",", "thousands": "."}, "-1234.56"),
        ("1,234.56-", {**ACCOUNTS, "thousands": ","}, "-1234.56"),
        ("1.234,56 €", EURO, "1234.56"),
        ("1.234,56\u00a0€", EURO, "1234.56"),
        ("€1.234,56", EURO, "1234.56"),
        ("-€ 12", EURO, "-12"),
        ("€-12", EURO, "-12"),
        ("EUR 12,5", EURO, "12.5"),
        ("$12", EURO, "12"),
        ("(12 €)", {**EURO, **ACCOUNTS}, "-12"),
        ("12 €-", {**EURO, **ACCOUNTS}, "-12"),
        ("12 £", EURO, None),
        ("12 €", {"decimal": ",", "thousands": "."}, None),
        ("12 €€", EURO, None),
        ("€", EURO, None),
        ("1\u00a0234,5", SPACES, "1234.5"),
        ("1\u202f234\u202f567", SPACES, "1234567"),
        ("1 234,5", SPACES, "1234.5"),
        ("12 34", SPACES, None),
    ],
)
def test_amounts_are_read_as_the_contract_says(
    connection: duckdb.DuckDBPyConnection, text: str, forms: dict[str, Any], value: str | None
) -> None:
    assert read(connection, "money", text, **forms) == (Decimal(value) if value else None)


@given(
    amount=st.decimals(-(10**9), 10**9, places=2),
    style=st.sampled_from(["plain", "parentheses", "trailing"]),
    symbol=st.sampled_from(["", "€", "EUR"]),
)
@settings(max_examples=60, deadline=None)
def test_an_amount_written_with_any_sign_and_symbol_is_the_amount(
    connection: duckdb.DuckDBPyConnection, amount: Decimal, style: str, symbol: str
) -> None:
    digits = f"{abs(amount):,.2f}".translate(str.maketrans(",.", ".,")) + f" {symbol}"
    text = digits.strip()
    if amount < 0:
        wrapped = {"plain": f"-{text}", "parentheses": f"({text})", "trailing": f"{text}-"}
        text = wrapped[style]
    assert read(connection, "money", text, **EURO, **ACCOUNTS) == amount


@pytest.mark.parametrize(
    ("kind", "text", "form", "value"),
    [
        ("date", "46387", "excel", date(2026, 12, 31)),
        ("date", "61", "excel", date(1900, 3, 1)),
        ("date", "60", "excel", None),
        ("date", "2958465", "excel", date(9999, 12, 31)),
        ("date", "2958466", "excel", None),
        ("date", "31/12/2026", "excel", None),
        ("timestamp", "46387.5", "excel", at("2026-12-31 12:00")),
        ("timestamp", "46387.4236111111", "excel", at("2026-12-31 10:10")),
        ("timestamp", 46387.25, "excel", at("2026-12-31 06:00")),
        ("timestamp", "1767225600", "epoch", at("2026-01-01 00:00")),
        ("timestamp", "1767225600.25", "epoch", at("2026-01-01 00:00:00.250")),
        ("timestamp", "-1", "epoch", at("1969-12-31 23:59:59")),
        ("timestamp", "1767225600123", "epoch_ms", at("2026-01-01 00:00:00.123")),
        ("timestamp", "1767225600123456", "epoch_us", at("2026-01-01 00:00:00.123456")),
        ("timestamp", "1767225600123456", "epoch", None),
        ("timestamp", "99999999999999999999999999999", "epoch", None),
        ("timestamp", "soon", "epoch", None),
        ("date", "1767225600", "epoch", date(2026, 1, 1)),
        ("date", "31/12/2026", ["iso", "%d/%m/%Y"], date(2026, 12, 31)),
        ("date", "2026-12-31", ["iso", "%d/%m/%Y"], date(2026, 12, 31)),
        ("date", "12/31/2026", ["%m/%d/%Y"], date(2026, 12, 31)),
        ("date", "01/02/2026", ["%d/%m/%Y", "%m/%d/%Y"], date(2026, 2, 1)),
        ("date", "12/31/2026", ["%d/%m/%Y", "%m/%d/%Y"], date(2026, 12, 31)),
        ("date", "46387", ["iso", "excel"], date(2026, 12, 31)),
        ("timestamp", "31/12/2026", ["%d/%m/%Y %H:%M", "%d/%m/%Y"], at("2026-12-31 00:00")),
        ("timestamp", "nothing", ["%d/%m/%Y %H:%M", "%d/%m/%Y", "iso", "excel"], None),
    ],
)  # fmt: skip
def test_dates_and_times_are_read_in_their_forms_in_order(
    connection: duckdb.DuckDBPyConnection, kind: ColumnType, text: Any, form: Any, value: Any
) -> None:
    assert read(connection, kind, text, date=form, timestamp=form) == value


def test_an_epoch_is_a_moment_and_its_date_is_that_of_the_exports_zone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    zone = {"time_zone": "Europe/Madrid"}
    late = str(int(datetime(2026, 1, 1, 23, 30, tzinfo=UTC).timestamp()))
    assert read(connection, "timestamp", late, timestamp="epoch", **zone) == at("2026-01-01 23:30")
    assert read(connection, "date", late, date="epoch", **zone) == date(2026, 1, 2)


def test_an_excel_time_is_local(connection: duckdb.DuckDBPyConnection) -> None:
    found = read(connection, "timestamp", "46387.5", timestamp="excel", time_zone="Europe/Madrid")
    assert found == at("2026-12-31 11:00")


@pytest.mark.parametrize(
    ("zone", "text", "earlier", "later"),
    [
        ("Europe/Madrid", "2026-10-25 02:30:00", "2026-10-25 00:30", "2026-10-25 01:30"),
        ("Europe/Madrid", "2026-10-25 02:00:00", "2026-10-25 00:00", "2026-10-25 01:00"),
        ("Europe/Madrid", "2026-10-25 02:59:59", "2026-10-25 00:59:59", "2026-10-25 01:59:59"),
        ("America/New_York", "2026-11-01 01:10:00", "2026-11-01 05:10", "2026-11-01 06:10"),
        ("Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04 14:45", "2026-04-04 15:15"),
    ],
)  # fmt: skip
def test_an_hour_that_comes_twice_is_read_by_its_rule(
    connection: duckdb.DuckDBPyConnection, zone: str, text: str, earlier: str, later: str
) -> None:
    for rule, expected in [("earlier", earlier), ("later", later), ("refuse", None)]:
        found = read(connection, "timestamp", text, time_zone=zone, ambiguous=rule)
        assert found == (datetime.fromisoformat(expected) if expected else None), rule


def test_an_hour_that_never_comes_is_shifted_or_refused(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    gap = "2026-03-29 02:30:00"
    zone = {"time_zone": "Europe/Madrid"}
    assert read(connection, "timestamp", gap, **zone) == at("2026-03-29 01:30")
    assert read(connection, "timestamp", gap, **zone, nonexistent="refuse") is None


@given(
    moment=st.datetimes(at("1995-01-01 00:00"), at("2036-01-01 00:00")),
    near=st.sampled_from([None, at("2026-10-25 02:00"), at("2026-03-29 02:00")]),
    ambiguous=st.sampled_from(["earlier", "later", "refuse"]),
)
@settings(max_examples=150, deadline=None)
def test_local_times_agree_with_pythons_zones(
    connection: duckdb.DuckDBPyConnection,
    moment: datetime,
    near: datetime | None,
    ambiguous: str,
) -> None:
    """The oracle is zoneinfo: fold 0 is the earlier moment, and a round trip finds the gaps."""
    if near:
        moment = near + timedelta(seconds=moment.minute * 120 - 3600)
    moment = moment.replace(microsecond=0)
    first, second = (
        moment.replace(tzinfo=MADRID, fold=fold).astimezone(UTC).replace(tzinfo=None)
        for fold in (0, 1)
    )
    exists = first.replace(tzinfo=UTC).astimezone(MADRID).replace(tzinfo=None) == moment
    expected: datetime | None = {"earlier": first, "later": second, "refuse": None}[ambiguous]
    if not exists:
        expected = None
    elif first == second:
        expected = first
    found = read(
        connection,
        "timestamp",
        moment.isoformat(" "),
        time_zone="Europe/Madrid",
        ambiguous=ambiguous,
        nonexistent="refuse",
    )
    assert found == expected


@pytest.mark.parametrize(
    ("forms", "said"),
    [
        ({"date": "d/m/y"}, "'d/m/y' is neither one of iso, excel"),
        ({"date": []}, "at least 1 item"),
        ({"currency_symbols": ["-"]}, "'-' could be part of a number"),
        ({"currency_symbols": ["US1"]}, "could be part of a number"),
        ({"footer": {"rows": 1, "starts_with": "Total"}}, "give either rows or starts_with"),
        ({"footer": {}}, "give either rows or starts_with"),
        ({"footer": {"starts_with": " "}}, "an empty word"),
        ({"type": "jsonl", "footer": {"rows": 1}}, "footer and skip_rows go with csv"),
    ],
)
def test_forms_that_make_no_sense_are_refused(forms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Forms.model_validate({"type": "csv", **forms})
