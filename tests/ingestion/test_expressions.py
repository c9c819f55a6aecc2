"""A raw value becomes the value that was meant, or nothing: never another one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contract import ColumnType
from tests.ingestion.reading import at, read

SPANISH = {"decimal": ",", "thousands": "."}
ENGLISH = {"thousands": ","}
TZ = "TIMESTAMP WITH TIME ZONE"


@pytest.mark.parametrize(
    ("text", "forms", "value"),
    [
        ("12.50", {}, "12.50"),
        ("-12.50", {}, "-12.50"),
        ("+5", {}, "5"),
        (" 7 ", {}, "7"),
        ("1e3", {}, "1000"),
        ("12,50", {}, None),
        ("1,234.50", {}, None),
        ("1,234.50", ENGLISH, "1234.50"),
        ("1,234,567", ENGLISH, "1234567"),
        # Dropping the comma would make 1250 of 12.50.
        ("12,50", ENGLISH, None),
        ("1,2345", ENGLISH, None),
        ("1234,567", ENGLISH, None),
        (",123", ENGLISH, None),
        ("1,,234", ENGLISH, None),
        ("1,234.50", SPANISH, None),
        ("1.234,50", SPANISH, "1234.50"),
        ("-1.234.567,8", SPANISH, "-1234567.80"),
        ("12,50", SPANISH, "12.50"),
        ("12.50", SPANISH, None),
        ("1.250", SPANISH, "1250"),
        ("12.50", {"decimal": ","}, None),
        ("12,50", {"decimal": ","}, "12.50"),
        ("1,2,3", {"decimal": ","}, None),
        ("1 234,5", {"decimal": ",", "thousands": " "}, "1234.50"),
        ("1'234.5", {"thousands": "'"}, "1234.50"),
        ("1'23.5", {"thousands": "'"}, None),
        ("nan", {}, None),
        ("inf", {}, None),
        ("", {}, None),
        ("€5", {}, None),
        ("99999999999999999999", {}, None),
    ],
)  # fmt: skip
def test_money_is_read_by_the_forms_of_the_contract(
    connection: duckdb.DuckDBPyConnection, text: str, forms: dict[str, str], value: str | None
) -> None:
    expected = None if value is None else Decimal(value)
    assert read(connection, "money", text, **forms) == expected


@settings(max_examples=200, deadline=None)
@given(text=st.text("0123456789.,'- ", max_size=10), forms=st.sampled_from([SPANISH, ENGLISH, {}]))
def test_money_agrees_with_a_plain_reading_digit_by_digit(
    connection: duckdb.DuckDBPyConnection, text: str, forms: dict[str, str]
) -> None:
    assert read(connection, "money", text, **forms) == plain_money(text.strip(" "), **forms)


def plain_money(text: str, decimal: str = ".", thousands: str = "") -> Decimal | None:
    """Groups of three, one decimal sign, digits: rounded half away from zero to cents."""
    whole, sign, fraction = text.partition(decimal)
    if thousands and thousands in text:
        digits = whole.removeprefix("-").split(thousands)
        if thousands in fraction or not 1 <= len(digits[0]) <= 3:
            return None
        if any(len(group) != 3 for group in digits[1:]) or not all(map(str.isdigit, digits)):
            return None
        whole = whole.replace(thousands, "")
    if not (whole.removeprefix("-") + fraction) or {*whole.removeprefix("-"), *fraction} - {
        *"0123456789"
    }:
        return None
    try:
        value = Decimal(f"{whole}.{fraction or 0}" if sign else whole)
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.01"), "ROUND_HALF_UP")


@pytest.mark.parametrize(
    ("text", "raw_type", "value"),
    [
        ("12", "VARCHAR", 12),
        ("12.0", "VARCHAR", 12),
        ("12.", "VARCHAR", 12),
        ("-3", "VARCHAR", -3),
        ("12.5", "VARCHAR", None),
        ("1e3", "VARCHAR", None),
        ("99999999999999999999", "VARCHAR", None),
        ("0x10", "VARCHAR", None),
        (12.0, "DOUBLE", 12),
        (12.5, "DOUBLE", None),
        (Decimal("7.00"), "DECIMAL(9,2)", 7),
        (Decimal("7.01"), "DECIMAL(9,2)", None),
        (7, "INTEGER", 7),
        (True, "BOOLEAN", 1),
        (1e300, "DOUBLE", None),
    ],
)
def test_an_integer_is_never_rounded(
    connection: duckdb.DuckDBPyConnection, text: Any, raw_type: str, value: int | None
) -> None:
    assert read(connection, "integer", text, raw_type) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("1e-3", 0.001), ("inf", None), ("nan", None), ("-infinity", None), ("x", None)],
)
def test_a_number_is_finite(
    connection: duckdb.DuckDBPyConnection, text: str, value: float | None
) -> None:
    assert read(connection, "number", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("YES", True), ("1", True), ("n", False), ("0", False), ("sí", None)],
)  # fmt: skip
def test_a_boolean_is_one_of_the_words_of_the_contract(
    connection: duckdb.DuckDBPyConnection, text: str, value: bool | None
) -> None:
    assert read(connection, "boolean", text) == value


def test_a_company_may_have_its_own_words(connection: duckdb.DuckDBPyConnection) -> None:
    own = {"true": ["sí", "s"], "false": ["no"]}
    assert read(connection, "boolean", "SÍ", **own) is True
    assert read(connection, "boolean", "yes", **own) is None


@pytest.mark.parametrize("text", ["", "  ", "NULL", " - "])
def test_nothing_is_what_the_contract_says_is_nothing(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert read(connection, "text", text, null=["", "NULL", "-"]) is None
    assert read(connection, "text", "null", null=["", "NULL"]) == "null"


@pytest.mark.parametrize(
    ("text", "forms", "value"),
    [
        ("2026-01-31", {}, date(2026, 1, 31)),
        ("2026-01-31 23:59:59", {}, date(2026, 1, 31)),
        ("2026-02-30", {}, None),
        ("2026-01-31x", {}, None),
        ("2026-01-31T25:00", {}, None),
        ("epoch", {}, None),
        ("infinity", {}, None),
        ("-infinity", {}, None),
        ("0044-03-15 (BC)", {}, None),
        ("99999-01-01", {}, None),
        ("0026-01-31", {}, None),
        ("31/12/2026", {}, None),
        ("31/12/2026", {"date": "%d/%m/%Y"}, date(2026, 12, 31)),
        ("12/31/2026", {"date": "%d/%m/%Y"}, None),
        ("31/02/2026", {"date": "%d/%m/%Y"}, None),
        # Two digits read as four would be a year of the first century.
        ("31/12/26", {"date": "%d/%m/%Y"}, None),
        ("31/12/26", {"date": "%d/%m/%y"}, date(2026, 12, 31)),
    ],
)
def test_a_date_is_a_real_day_in_the_form_of_the_contract(
    connection: duckdb.DuckDBPyConnection, text: str, forms: dict[str, str], value: date | None
) -> None:
    assert read(connection, "date", text, **forms) == value


@pytest.mark.parametrize(
    ("text", "forms", "value"),
    [
        ("2026-07-01 12:00:00", {}, at("2026-07-01 12:00")),
        ("2026-07-01T12:00:00Z", {}, at("2026-07-01 12:00")),
        ("2026-07-01T12:00:00.250Z", {}, at("2026-07-01 12:00:00.250000")),
        ("2026-07-01T12:00:00+02:00", {}, at("2026-07-01 10:00")),
        ("2026-07-01 12:00:00-0530", {}, at("2026-07-01 17:30")),
        ("2026-07-01 12:00:00+02", {}, at("2026-07-01 10:00")),
        ("2026-07-01", {}, at("2026-07-01 00:00")),
        ("2026-07-01 12:00:00", {"time_zone": "Europe/Madrid"}, at("2026-07-01 10:00")),
        ("2026-01-01 12:00:00", {"time_zone": "Europe/Madrid"}, at("2026-01-01 11:00")),
        ("2026-07-01T12:00:00Z", {"time_zone": "Europe/Madrid"}, at("2026-07-01 12:00")),
        ("2026-07-01T12:00:00-03", {"time_zone": "Europe/Madrid"}, at("2026-07-01 15:00")),
        ("2026-07-01", {"time_zone": "Europe/Madrid"}, at("2026-06-30 22:00")),
        ("01/07/2026 12:00", {"timestamp": "%d/%m/%Y %H:%M"}, at("2026-07-01 12:00")),
        (
            "01/07/2026 12:00",
            {"timestamp": "%d/%m/%Y %H:%M", "time_zone": "America/Bogota"},
            at("2026-07-01 17:00"),
        ),
        (
            "01/07/2026 12:00 +0200",
            {"timestamp": "%d/%m/%Y %H:%M %z", "time_zone": "America/Bogota"},
            at("2026-07-01 10:00"),
        ),
        ("epoch", {}, None),
        ("infinity", {}, None),
        ("2026-07-01 25:00", {}, None),
        ("yesterday", {}, None),
    ],
)
def test_a_moment_is_in_utc(
    connection: duckdb.DuckDBPyConnection, text: str, forms: dict[str, str], value: datetime | None
) -> None:
    assert read(connection, "timestamp", text, **forms) == value


@settings(max_examples=100, deadline=None)
@given(
    moment=st.datetimes(at("1990-01-01 00:00"), at("2037-01-01 00:00")),
    zone=st.sampled_from(["Europe/Madrid", "America/Bogota", "Asia/Kolkata", "UTC"]),
)
def test_local_times_become_utc_as_pythons_zones_say(
    connection: duckdb.DuckDBPyConnection, moment: datetime, zone: str
) -> None:
    aware = moment.replace(tzinfo=ZoneInfo(zone))
    utc = aware.astimezone(UTC)
    got = read(connection, "timestamp", moment.isoformat(sep=" "), time_zone=zone)
    if utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment and not is_twice(aware):
        assert got == utc.replace(tzinfo=None)
    else:
        # An hour that a clock change skips or repeats: one of its two readings.
        assert abs((got - utc.replace(tzinfo=None)).total_seconds()) <= 3600


def is_twice(aware: datetime) -> bool:
    return aware.utcoffset() != aware.replace(fold=1).utcoffset()


@pytest.mark.parametrize(
    ("value", "raw_type", "kind", "expected"),
    [
        (at("2026-07-01 12:00"), "TIMESTAMP", "timestamp", at("2026-07-01 10:00")),
        (date(2026, 7, 1), "DATE", "timestamp", at("2026-06-30 22:00")),
        (date(2026, 7, 1), "DATE", "date", date(2026, 7, 1)),
        (at("2026-07-01 12:00+00:00"), TZ, "timestamp", at("2026-07-01 12:00")),
        (1.25, "DOUBLE", "money", Decimal("1.25")),
        (5, "BIGINT", "text", "5"),
    ],
)  # fmt: skip
def test_parquets_own_types_are_taken_as_they_are(
    connection: duckdb.DuckDBPyConnection,
    value: Any,
    raw_type: str,
    kind: ColumnType,
    expected: Any,
) -> None:
    assert read(connection, kind, value, raw_type, time_zone="Europe/Madrid") == expected


def test_codes_are_translated_and_unknown_ones_are_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    codes = {"values": {"V": "order", "it's": "refund", "7": "cancellation"}}
    assert read(connection, "text", "V", mapping=codes) == "order"
    assert read(connection, "text", "it's", mapping=codes) == "refund"
    assert read(connection, "text", 7, "INTEGER", mapping=codes) == "cancellation"
    assert read(connection, "text", "v", mapping=codes) is None
