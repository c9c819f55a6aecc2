"""What all sessions of the desk's process share. Streamlit runs its script anew at every click."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from cartera.desk.delays import Delays
from cartera.desk.oidc import parse_roles
from cartera.desk.reading import Reader
from cartera.desk.roles import Role
from cartera.desk.sessions import Sessions
from cartera.settings import Settings

# Who says who somebody is: the file of users, a provider, or nobody (the demo).
Mode = Literal["local", "oidc", "demo"]


@dataclass(frozen=True)
class House:
    """One reader for all: what one person has asked, the next one is told at once."""

    settings: Settings
    mode: Mode
    reader: Reader
    sessions: Sessions
    delays: Delays
    roles: dict[str, Role] = field(default_factory=dict)


_open: list[House] = []


def open_house(settings: Settings, mode: Mode) -> House:
    """What this process serves from here on. Raises UsageError for roles that are not right."""
    house = House(
        settings,
        mode,
        Reader(settings),
        Sessions(
            timedelta(minutes=settings.desk_idle_minutes),
            timedelta(hours=settings.desk_session_hours),
        ),
        Delays(),
        parse_roles(settings.desk_roles),
    )
    _open[:] = [house]
    return house


def house() -> House:
    """What this process serves."""
    return _open[0]
