"""Figures are written as their reader writes them, and metrics are named in their language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cartera.formats import Formats
from cartera.metrics import of_marts, registry

# As the warehouse has its moments: UTC, without saying so.
MIDNIGHT = datetime.fromisoformat("2026-01-01")
EN, ES = (Formats(language, "EUR", "Europe/Madrid") for language in ("en", "es"))


@pytest.mark.parametrize(
    ("told", "english", "spanish"),
    [
        (lambda f: f.number(1234567.5, 1), "1,234,567.5", "1.234.567,5"),
        (lambda f: f.number(-3), "\u22123", "\u22123"),
        (lambda f: f.number(None), "\u2013", "\u2013"),
        (lambda f: f.number(float("nan")), "\u2013", "\u2013"),
        (lambda f: f.money(Decimal("1234.56"), 2), "€1,234.56", "1.234,56\u00a0€"),
        (lambda f: f.money(-5), "\u2212€5", "\u22125\u00a0€"),
        (lambda f: f.percent(0.1255), "12.6%", "12,6\u00a0%"),
        (lambda f: f.change(-0.05), "\u22125.0%", "\u22125,0\u00a0%"),
        (lambda f: f.change(0.05), "+5.0%", "+5,0\u00a0%"),
        (lambda f: f.day(date(2026, 1, 31)), "31 Jan 2026", "31 ene 2026"),
        (lambda f: f.month(date(2026, 4, 1)), "Apr 2026", "abr 2026"),
        (
            lambda f: f.moment(datetime(2026, 6, 30, 22, 5, tzinfo=UTC)),
            "1 Jul 2026, 00:05",
            "1 jul 2026, 00:05",
        ),
        (lambda f: f.moment(MIDNIGHT), "1 Jan 2026, 01:00", "1 ene 2026, 01:00"),
        (lambda f: f.by_unit(12.34, "money"), "€12.34", "12,34\u00a0€"),
        (lambda f: f.by_unit(1234.5, "money"), "€1,234", "1.234\u00a0€"),
        (lambda f: f.by_unit(3.456, "score"), "3.46", "3,46"),
        (lambda f: f.by_unit(3.456, "hours"), "3.5\u00a0h", "3,5\u00a0h"),
    ],
)
def test_figures_are_written_as_their_reader_writes_them(
    told: object, english: str, spanish: str
) -> None:
    assert callable(told)
    assert (told(EN), told(ES)) == (english, spanish)


def test_another_currency_stands_behind_its_figure() -> None:
    assert Formats("en", "CHF", "UTC").money(5) == "5\u00a0CHF"
    assert Formats("en", "USD", "UTC").money(5) == "$5"


def test_every_metric_has_a_name_and_a_definition_of_its_own_in_spanish() -> None:
    english = registry() | of_marts()
    spanish = registry("es") | of_marts("es")
    assert len(english) == len(registry()) + len(of_marts())
    assert english.keys() == spanish.keys()
    said = [spanish[name].definition for name in english]
    assert not set(said) & {metric.definition for metric in english.values()}
    assert all(metric.name and metric.definition for metric in spanish.values())
