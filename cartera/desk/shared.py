"""What all sessions of the desk's process share. Streamlit runs its script anew at every click."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Literal

from cartera import demo_home
from cartera.desk.delays import Delays
from cartera.desk.logins import Logins
from cartera.desk.oidc import parse_roles
from cartera.desk.reading import Reader, Snapshot
from cartera.desk.roles import Role
from cartera.desk.sessions import Sessions
from cartera.settings import Settings

# Who says who somebody is: the file of users, a provider, or nobody (the demo).
Mode = Literal["local", "oidc", "demo"]


@dataclass(frozen=True)
class House:
    """One reader for all: what one person has asked, the next one is told at once.

    ``sessions`` are of those who log in here, ``logins`` of those who come from a provider.
    ``delays`` are of names at the login, ``known`` of browsers that are known.
    """

    settings: Settings
    mode: Mode
    reader: Reader
    sessions: Sessions
    logins: Logins
    delays: Delays
    known: Delays
    roles: dict[str, Role] = field(default_factory=dict)


_open: list[House] = []


def open_house(settings: Settings, mode: Mode) -> House:
    """What this process serves from here on. Raises UsageError for roles that are not right."""
    idle = timedelta(minutes=settings.desk_idle_minutes)
    longest = timedelta(hours=settings.desk_session_hours)
    house = House(
        settings,
        mode,
        Reader(settings, partial(_of_the_demo, settings) if mode == "demo" else None),
        Sessions(idle, longest),
        Logins(idle, longest),
        Delays(),
        Delays(),
        parse_roles(settings.desk_roles),
    )
    _open[:] = [house]
    return house


def _of_the_demo(settings: Settings, snapshot: Snapshot) -> None:
    """Raise UsageError for a publication with anybody's data but the demo's: nobody logs in."""
    found = snapshot.query("select distinct delivery from warehouse.ops.batches")
    demo_home.check(settings, found.column(0).to_pylist())


def house() -> House:
    """What this process serves."""
    return _open[0]
