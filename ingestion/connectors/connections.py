"""Finding a system's connection, and holding it against the contracts that will read it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from cartera.errors import ContractError, UsageError
from cartera.yaml_lines import load_model
from ingestion.connectors.config import KINDS, Connection, Endpoint, Table
from ingestion.contract import NAME, Contract, load_contracts


class _Kind(BaseModel):
    kind: Literal["files", "sql", "rest"]


def load_connection(path: Path) -> Connection:
    """Read one connection. Raises ContractError that names file, line, field and fix."""
    connection = load_model(path, KINDS[load_model(path, _Kind).kind])
    if path.stem != connection.system:
        raise ContractError(
            f"{path}: it is for {connection.system}, and its name says otherwise.",
            fix=f"Rename it to {connection.system}.yml.",
        )
    return connection


def connected_systems(folder: Path) -> list[str]:
    """The systems with a connection in ``folder``, by the names of its files."""
    return sorted(path.stem for path in folder.glob("*.yml") if NAME.fullmatch(path.stem))


def find_connection(folder: Path, system: str, contracts: Path) -> Connection:
    """The connection of ``system``, checked against its contracts.

    Raises UsageError if there is none.
    """
    path = folder / f"{system}.yml"
    if not NAME.fullmatch(system) or not path.is_file():
        known = ", ".join(connected_systems(folder)) or "none yet"
        raise UsageError(
            f"No connection for a system {system!r}.",
            fix=f"Write {path} (docs/connectors.md); there are: {known}.",
        )
    connection = load_connection(path)
    _fits_contracts(path, connection, load_contracts(contracts, system))
    return connection


def _fits_contracts(path: Path, connection: Connection, contracts: list[Contract]) -> None:
    """What would be lost or read as the wrong thing is refused before anything is fetched."""
    for item in connection.fetch:
        takers = [c for c in contracts if Path(item.to).is_relative_to(c.folder)]
        if not takers:
            folders = ", ".join(sorted({c.folder for c in contracts}))
            raise ContractError(
                f"{path}: no contract of {connection.system} takes inbox folder {item.to!r}.",
                fix=f"The contracts take: {folders}.",
            )
        for taker in takers:
            if isinstance(item, Table):
                _agree(path, item.table, taker, "format.type", taker.forms.type, "parquet")
                # A snapshot replaces all that came before it: an increment read so would lose it.
                _agree(path, item.table, taker, "delivery", taker.delivery, item.mode)
            elif isinstance(item, Endpoint):
                _agree(path, item.path, taker, "format.type", taker.forms.type, "jsonl")
                _agree(path, item.path, taker, "format.records", taker.forms.records, item.records)
            if isinstance(item, Endpoint) and item.since:
                _agree(path, item.path, taker, "delivery", taker.delivery, "increment")


def _agree(path: Path, what: str, taker: Contract, field: str, found: str, needed: str) -> None:
    if found != needed:
        raise ContractError(
            f"{path}: {what} comes with {field} {needed!r}, and the contract {taker.name} "
            f"says {found!r}.",
            fix=f"Set {field} of the contract to {needed!r}, or change the connection.",
        )
