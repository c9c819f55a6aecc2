"""A home is the demo's, and needs no login, while nothing is in it that the demo did not make."""

from __future__ import annotations

import json
from datetime import date

import pytest

from cartera import demo_home
from cartera.errors import UsageError
from cartera.settings import Settings
from tests.cartera.calling import ANVIL, TICKETS, Run, deliver

DAY = date(2026, 11, 1)
OWN = TICKETS + ANVIL.replace("Yunque", "Yunque de Ana")


@pytest.fixture
def demo(settings: Settings) -> Settings:
    """A home in which the demo wrote one delivery."""
    key = deliver(settings).relative_to(settings.inbox).as_posix()
    facts = demo_home.remember(settings, DAY, {"people": 1}, [key])
    assert facts == {"as_of": "2026-11-01", "inbox": str(settings.inbox), "people": 1}
    return settings


def test_what_the_demo_made_is_the_demos_waiting_landed_and_published(
    demo: Settings, run: Run
) -> None:
    demo_home.check(demo)
    assert run("ingest", "till").code == 0
    demo_home.check(demo, ["till/products/2026-01-02.csv"])
    assert demo_home.as_of(demo) == DAY


def test_own_data_that_waits_is_refused_by_its_name(demo: Settings) -> None:
    deliver(demo, "own.csv", OWN)
    deliver(demo, "own2.csv", OWN)
    with pytest.raises(UsageError, match=r"inbox/till/products/own\.csv, and 1 more") as error:
        demo_home.check(demo)
    assert "cartera desk user add" in error.value.fix


def test_own_data_is_refused_once_it_has_landed_though_its_file_is_gone(
    demo: Settings, run: Run
) -> None:
    path = deliver(demo, "own.csv", OWN)
    assert run("ingest", "till").code == 0
    path.unlink()
    with pytest.raises(UsageError, match=r"inbox/till/products/own\.csv"):
        demo_home.check(demo)


def test_own_data_under_the_name_of_the_demos_is_refused_once_it_has_landed(
    demo: Settings, run: Run
) -> None:
    assert run("ingest", "till").code == 0
    deliver(demo, text=OWN)
    assert run("ingest", "till").code == 0
    with pytest.raises(UsageError, match="what the demo did not make"):
        demo_home.check(demo)


def test_own_data_in_a_publication_is_refused_though_nothing_else_is_left_of_it(
    demo: Settings,
) -> None:
    with pytest.raises(UsageError, match=r"inbox/shop/orders/own\.csv"):
        demo_home.check(demo, ["till/products/2026-01-02.csv", "shop/orders/own.csv"])


def test_lists_that_were_pulled_here_are_nobodys_own_data(demo: Settings) -> None:
    pulls = demo.inbox / demo_home.PULLS
    pulls.mkdir(parents=True)
    (pulls / "2026-11-01_champions.csv").write_text("party_id\n")
    (demo.inbox / ".DS_Store").write_text("")
    demo_home.check(demo, [f"{demo_home.PULLS}2026-11-01_champions.csv"])


def test_a_second_demo_leaves_the_first_ones_data_the_demos(demo: Settings, run: Run) -> None:
    assert run("ingest", "till").code == 0
    deliver(demo, text=OWN)
    demo_home.remember(demo, DAY, {}, ["till/products/2026-01-02.csv"])
    demo_home.check(demo)
    assert run("ingest", "till").code == 0
    demo_home.check(demo)


def test_a_home_of_an_earlier_demo_is_refused_with_what_to_do(demo: Settings) -> None:
    note = {"as_of": "2026-11-01", "inbox": str(demo.inbox), "people": 2000}
    (demo.state / "demo.json").write_text(json.dumps(note))
    assert demo_home.as_of(demo) == DAY
    with pytest.raises(UsageError, match="earlier Cartera") as error:
        demo_home.check(demo)
    assert "`cartera demo` again" in error.value.fix


@pytest.mark.parametrize("text", [None, "{", "[]", '{"inbox": "/elsewhere"}'])
def test_without_a_note_of_its_own_no_home_is_the_demos(
    settings: Settings, text: str | None
) -> None:
    if text is not None:
        settings.state.mkdir(parents=True)
        (settings.state / "demo.json").write_text(text)
    with pytest.raises(UsageError, match="does not hold the demo"):
        demo_home.check(settings)
