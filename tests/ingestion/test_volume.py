"""A batch off its usual volume waits for somebody; a short history expects nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cartera import batches
from ingestion.contract import Contract, load_contracts
from tests.ingestion.acme import Acme, contract

HEADER = "id,name,price,day\n"
FIRST = date(2026, 1, 5)


def day_of(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def deliver(acme: Acme, number: int, records: int) -> None:
    rows = "".join(f"{number}-{i},x,1,\n" for i in range(records))
    acme.deliver((HEADER + rows).encode(), f"{day_of(number)}.csv")


def states(acme: Acme, **changes: Any) -> list[str]:
    acme.ingest(contract(**changes))
    return [m.state for m in acme.batches()]


@pytest.mark.parametrize(
    ("last", "held"), [(100, False), (5, False), (4, True), (0, True), (420, False), (421, True)]
)
def test_a_batch_far_from_the_median_is_held(acme: Acme, last: int, held: bool) -> None:
    for number, records in enumerate([100, 90, 5000, 100, 120]):
        deliver(acme, number, records)
    assert states(acme, expected_volume=False) == ["landed"] * 5
    deliver(acme, 5, last)
    assert states(acme)[-1] == ("held" if held else "landed")


def test_the_hold_says_what_is_usual(acme: Acme) -> None:
    for number in range(5):
        deliver(acme, number, 100)
    deliver(acme, 5, 1)
    assert states(acme) == ["landed"] * 5 + ["held"]
    assert acme.batches()[-1].reason == (
        "1 records are off the usual volume: 100 is the median of the last 5 batches, "
        "and 5 to 420 would do"
    )


def test_with_fewer_batches_nothing_is_expected(acme: Acme) -> None:
    for number, records in enumerate([100, 1, 3000, 100, 0]):
        deliver(acme, number, records)
    assert states(acme) == ["landed"] * 5


def test_a_source_s_first_days_are_not_judged_by_what_came_later(acme: Acme) -> None:
    for number in range(1, 8):
        deliver(acme, number, 3)
    assert states(acme) == ["landed"] * 7
    deliver(acme, 0, 500)
    assert set(states(acme)) == {"landed"}


def test_a_quiet_weekday_is_compared_with_its_like(acme: Acme) -> None:
    """Sundays are slow; the first five of them have to be let in, and a big one is then odd."""
    for number in range(42):
        deliver(acme, number, 2 if number % 7 == 6 else 200)
    found = states(acme)
    held = [number for number, state in enumerate(found) if state == "held"]
    assert held == [6, 13, 20, 27, 34, 41]
    for manifest in acme.batches():
        if manifest.state == "held":
            batches.set_state(acme.settings, manifest.batch_id, "landed", "we close on Sundays")
    deliver(acme, 48, 2)
    deliver(acme, 55, 200)
    assert states(acme)[-2:] == ["landed", "held"]
    assert "of the last 7 Sundays" in acme.batches()[-1].reason


def test_thresholds_are_the_contracts(acme: Acme) -> None:
    for number in range(6):
        deliver(acme, number, 100 if number < 3 else 80)
    rule = {"low": 0.9, "high": 1.1, "batches": 3, "slack": 0}
    assert states(acme, expected_volume=rule)[3:] == ["held"] * 3


def test_another_systems_batches_are_no_history(acme: Acme) -> None:
    for number in range(5):
        deliver(acme, number, 100)
    assert states(acme) == ["landed"] * 5
    path = acme.settings.inbox / "other" / "products" / "2026-01-10.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + "1,x,1,\n")
    acme.ingest(contract(system="other"))
    assert {m.state for m in acme.batches()} == {"landed"}


def test_a_changed_delivery_is_not_its_own_history(acme: Acme) -> None:
    for number in range(5):
        deliver(acme, number, 100)
    states(acme)
    deliver(acme, 4, 1)
    assert states(acme)[-1] == "landed"


@pytest.mark.parametrize(
    "read", [c for c in load_contracts() if not c.expected_volume], ids=lambda c: c.name
)
def test_a_shipped_contract_says_why_it_expects_no_volume(read: Contract) -> None:
    from ingestion.contract import CONTRACTS

    text = (CONTRACTS / read.system / f"{read.source}.yml").read_text(encoding="utf-8")
    above = text.split("expected_volume: false")[0].splitlines()[-1]
    assert above.startswith("#")
