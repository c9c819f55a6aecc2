"""What every room's tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadFileScheduling
from xdist.scheduler.protocol import Scheduling

from cartera.settings import Settings

# The same examples at every run: a change is judged by what it changes, not by luck.
# EXPLORE=1 looks further, with new examples each time. A busy machine fails nothing.
hypothesis_settings.register_profile(
    "ours", derandomize=not os.environ.get("EXPLORE"), deadline=None
)
hypothesis_settings.load_profile("ours")

# What takes longest goes first, so that nothing long is left for one worker at the end.
LONG = ("integration", "faults", "dags", "oracle", "dbt_project", "docs", "identity")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rooms = {f"tests/{room}/": place for place, room in enumerate(LONG)}
    items.sort(
        key=lambda item: next((p for room, p in rooms.items() if item.nodeid.startswith(room)), 99)
    )


# Their tests begin with one thing that is made once, and for which a second worker would wait.
SHARED = ("integration", "faults", "oracle")
# They have a beginning of their own.
OWN = ("test_complete_journey",)


class ByRoomOrFile(LoadFileScheduling):
    """A file goes to one worker; so does a room whose tests share what is dear to make."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        room = file.split("/")[1]
        return room if room in SHARED and not any(own in file for own in OWN) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    config.option.loadscopereorder = False
    return ByRoomOrFile(config, log)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home, and nothing from the caller's environment."""
    for name in [name for name in os.environ if name.startswith("CARTERA_")]:
        monkeypatch.delenv(name)
    return Settings(home=tmp_path / "home", hash_key="a key of the tests", threads=2)
