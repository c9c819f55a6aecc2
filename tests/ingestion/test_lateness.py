"""A source is late when its next partition should have landed, and some builds wait for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from cartera.arrows import build
from cartera.commands.status import describe
from cartera.errors import RefusedByData
from ingestion.lateness import due, late_sources, refuse_to_go_without
from tests.ingestion.acme import GOOD, Acme, contract

DAILY: dict[str, Any] = {"expected_every": "1d"}


@pytest.mark.parametrize(
    ("last", "period", "moment"),
    [
        ("2026-10-20", "1d", "2026-10-22 00:00+02:00"),
        ("2026-10-20", "12h", "2026-10-21 12:00+02:00"),
        ("2026-10-20", "36h", "2026-10-22 12:00+02:00"),
        ("2026-10-24", "1d", "2026-10-26 00:00+01:00"),
        ("2026-10-20", "1w", "2026-10-28 00:00+01:00"),
        ("2026-09-30", "1m", "2026-11-01 00:00+01:00"),
        ("2026-01-30", "1m", "2026-02-28 00:00+01:00"),
        ("2026-12-15", "14m", "2028-02-16 00:00+01:00"),
        ("2024-02-28", "1y", "2025-02-28 00:00+01:00"),
    ],
)
def test_the_next_partition_is_due_a_period_after_the_last(
    last: str, period: str, moment: str
) -> None:
    assert due(date.fromisoformat(last), period, "Europe/Madrid") == datetime.fromisoformat(moment)


def test_a_source_is_late_from_the_moment_that_it_is_due(acme: Acme) -> None:
    acme.land(GOOD, "2026-01-01.csv")
    acme.land(GOOD + b"3,x,1,\n", "2026-01-02.csv")
    daily = [contract(**DAILY)]
    for moment, is_late in [("2026-01-03 23:59+00:00", False), ("2026-01-04 00:00+00:00", True)]:
        late = late_sources(daily, acme.batches(), datetime.fromisoformat(moment), "UTC")
        assert [source.last for source in late] == (["2026-01-02"] if is_late else [])
    years_later = datetime.fromisoformat("2030-01-01 00:00+00:00")
    never = late_sources([contract()], acme.batches(), years_later, "UTC")
    assert never == []


def test_what_is_held_has_not_arrived(acme: Acme) -> None:
    acme.land(GOOD, "2026-01-01.csv")
    acme.land(b"id,name,new\n1,a,b\n", "2026-01-02.csv")
    moment = datetime.fromisoformat("2026-01-03 00:00+00:00")
    (late,) = late_sources([contract(**DAILY)], acme.batches(), moment, "UTC")
    assert late.last == "2026-01-01"


def test_a_build_waits_for_a_source_where_its_contract_says_so(acme: Acme) -> None:
    acme.land(GOOD, "2026-01-01.csv")
    waiting, warning = [contract(**DAILY, late="wait")], [contract(**DAILY)]
    refuse_to_go_without(waiting, acme.batches(), date(2026, 1, 2), "UTC")
    refuse_to_go_without(warning, acme.batches(), date(2026, 1, 3), "UTC")
    with pytest.raises(RefusedByData, match=r"as of 2026-01-03 waits\. acme/products: late"):
        refuse_to_go_without(waiting, acme.batches(), date(2026, 1, 3), "UTC")


def test_status_and_build_know_the_contracts_of_the_company(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.land(GOOD, "2026-01-01.csv")
    path = acme.settings.contracts / "acme" / "products.yml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "system: acme\nsource: products\nabout: x\nformat: {type: csv}\ndelivery: increment\n"
        "expected_every: 1d\nlate: wait\ncolumns: {product_id: id}\n"
    )
    monkeypatch.setenv("CARTERA_NOW", "2026-01-02T12:00:00+00:00")
    assert [row["is_late"] for row in describe(acme.settings)["sources"]] == [False]
    monkeypatch.setenv("CARTERA_NOW", "2026-01-09T12:00:00+00:00")
    found = describe(acme.settings)
    assert [row["is_late"] for row in found["sources"]] == [True]
    assert found["needs_you"] == [
        "acme/products: late: its last partition is 2026-01-01, and one is expected every 1d; "
        "builds wait for it"
    ]
    with pytest.raises(RefusedByData, match="waits"):
        build(acme.settings, as_of=date(2026, 1, 9))
    assert not acme.settings.publications.exists() or not list(acme.settings.publications.iterdir())
