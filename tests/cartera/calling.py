"""What the tests of the command line call it with, and what it ends with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cartera import publications
from cartera.settings import Settings
from tests.activation.conftest import CONTACTS, PUBLICATION, WAREHOUSE, write

TICKETS = "articulo;descripcion;marca;familia;subfamilia;coste;pvp_sin_iva;fecha_alta;fecha_modif\n"


ANVIL = "1;Yunque;;;;1,50;1.234,50;31/12/2025;\n"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def deliver(settings: Settings, name: str = "2026-01-02.csv", text: str = TICKETS + ANVIL) -> Path:
    path = settings.inbox / "till" / "products" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def publish(settings: Settings) -> None:
    folder = settings.publications / PUBLICATION
    folder.mkdir(parents=True)
    write(folder / publications.WAREHOUSE, WAREHOUSE)
    write(folder / publications.CONTACTS, CONTACTS)
    (folder / publications.CONTACTS).chmod(0o400)
    (settings.publications / "current").symlink_to(PUBLICATION)
