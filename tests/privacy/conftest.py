"""A small company, landed and published, of which Ana is to be erased."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cartera.arrows import erase
from cartera.privacy.people import Wanted
from cartera.settings import Settings
from tests.integration.conftest import own_settings
from tests.privacy.small import Small

# A pattern of names, a part of an address and the end of a text in SQL. Without a question mark:
# DuckDB writes no database below it.
ODD_HOME = "home [1]* #%41 it's"
ANA, LUIS, EVA = "CAAAAAAAAAAAAA", "CBBBBBBBBBBBBB", "CCCCCCCCCCCCCC"
OWNERS = {"A-1001": ANA, "L-2002": LUIS, "E-3003": EVA}
# Ana and Luis share a mailbox; a third record of Ana's is refused, her birthday is no date.
PEOPLE = [
    "A-1001,Ana Gil,ana.gil@example.com,600 111 222,12345678Z,1980-05-31,likes tea",
    "L-2002,Luis Gil,gil.family@example.com,600333444,,1979-01-02,wife is ana.gil@example.com",
    "E-3003,Eva Sanz,eva@example.com,600555666,,1990-02-03,",
    "A-1002,Ana Gil,Ana.Gil@Example.com,,,soon,",
]
ORDERS = [
    "o1,A-1001,,2026-01-01 10:00:00,10.50",
    "o2,,ana.gil@example.com,2026-01-01 11:00:00,20.00",
    "o3,L-2002,,2026-01-01 12:00:00,5.00",
    "o4,,,2026-01-02 10:00:00,7.25",
    "o5,A-1001,,2026-01-03 10:00:00,much",
]


HER = Wanted(emails=("ANA.GIL@example.com",))


def erase_all_but_the_build(small: Small, wanted: Wanted = HER, **options: bool) -> None:
    erase(small.settings, wanted, and_build=False, **options)


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Before the erasure."""
    company = Small(own_settings(tmp_path_factory.mktemp("landed") / ODD_HOME))
    company.deliver("crm_contacts", PEOPLE)
    company.deliver("orders", ORDERS)
    company.land()
    company.publish(OWNERS)
    return company.settings.home


@pytest.fixture(scope="session")
def without_ana(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """After all of the erasure but the build."""
    home = tmp_path_factory.mktemp("erased") / ODD_HOME
    subprocess.run(["cp", "-a", landed, home], check=True)
    erase_all_but_the_build(Small(own_settings(home)))
    return home


@pytest.fixture
def small(landed: Path, settings: Settings) -> Small:
    subprocess.run(["cp", "-a", landed, settings.home], check=True)
    return Small(settings)


@pytest.fixture
def erased(without_ana: Path, settings: Settings) -> Small:
    subprocess.run(["cp", "-a", without_ana, settings.home], check=True)
    return Small(settings)
