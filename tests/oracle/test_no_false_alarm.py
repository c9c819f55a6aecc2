"""The gate has nothing to say of companies that the models built as they should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from random import Random

import pytest

from tests.oracle.audited import Audited, clean
from tests.oracle.compiled import Project
from tests.oracle.tiny import DAYS, Maker

SOME, MANY = 25, 200


@pytest.fixture(scope="module")
def warehouse(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Audited]:
    """A warehouse of a day: to plan all models and rules takes as long as two companies."""
    return cache(lambda day: Audited(project, day, tmp_path_factory.mktemp("companies")))


def alarms(warehouse: Audited, companies: int) -> Iterator[str]:
    customers = orders = 0
    for number in range(companies):
        random = Random(f"{warehouse.as_of} {number}")
        found = warehouse.audit(clean(Maker(random, warehouse.as_of).company(), random))
        customers += len(warehouse.rows("customer_360", ("customer_id",)))
        orders += len(warehouse.rows("fct_orders", ("order_key",)))
        yield from (f"{warehouse.as_of} {number}: {name} {found[name][:3]}" for name in found)
    # A company of nobody raises no alarm either.
    assert min(customers, orders) > companies


def test_clean_companies_raise_no_alarm(warehouse: Callable[..., Audited]) -> None:
    assert list(alarms(warehouse(DAYS[0]), SOME)) == []


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_no_clean_company_of_many_raises_an_alarm(
    day: date, warehouse: Callable[..., Audited]
) -> None:
    assert list(alarms(warehouse(day), MANY // len(DAYS))) == []


def test_a_company_that_lacks_a_rate_does(warehouse: Callable[..., Audited]) -> None:
    day = DAYS[0]
    company = next(
        company
        for company in (Maker(Random(seed), day).company() for seed in range(20))
        if any(row["currency"] == "MXN" for row in company.landed.get("orders", []))
    )
    company.landed["fx_rates"] = []
    assert "no_missing_fx_rate" in warehouse(day).audit(company)
