"""What the DAG files need to know when they are parsed, every half minute: so nothing heavy."""

from __future__ import annotations

import re
from pathlib import Path

from cartera.settings import CHECKOUT, load_settings

CONTRACTS = CHECKOUT / "ingestion" / "contracts"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def systems(*folders: Path) -> list[str]:
    """The systems that have a contract, in alphabetical order.

    They are read off the names ``<system>/<source>.yml`` below ``folders`` (by default Cartera's
    contracts and those of this company); the files stay closed. A folder with a name that no
    contract may have is left to the check of contracts: one mistake must not take every DAG away.
    """
    below = folders or (CONTRACTS, load_settings().contracts)
    names = {path.parent.name for folder in below for path in folder.glob("*/*.yml")}
    return sorted(name for name in names if NAME.fullmatch(name))


def has_connection(system: str) -> bool:
    """Whether this company has said where the system keeps its data; that file stays closed."""
    return (load_settings().connections / f"{system}.yml").is_file()
