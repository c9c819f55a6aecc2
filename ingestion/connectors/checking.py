"""Could a connection be used? Looks at what is here, and fetches nothing."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from cartera import credentials
from cartera.errors import CarteraError
from cartera.settings import Settings
from ingestion.connectors.config import (
    Connection,
    FilesConnection,
    RestConnection,
    SqlConnection,
)
from ingestion.connectors.connections import find_connection
from ingestion.connectors.postgres import SCHEMES


def problems_of(settings: Settings, system: str, is_kept: Callable[[str], bool]) -> list[str]:
    """What stands in the way of fetching ``system``; empty if nothing is known to.

    ``is_kept`` tells whether another keeper, Airflow, has credentials of a name. No text holds
    a secret.
    """
    try:
        connection = find_connection(settings.connections, system, settings.contracts)
    except CarteraError as error:
        return [str(error)]
    found, problems = _credentials(connection, is_kept)
    if missing := _missing_modules(connection, found):
        problems.append(f"{', '.join(missing)} not installed: install the extra `connectors`")
    if isinstance(connection, FilesConnection) and connection.where.startswith("/"):
        problems += _folder(Path(connection.where))
    return [f"{system}: {problem}" for problem in problems]


def _credentials(
    connection: Connection, is_kept: Callable[[str], bool]
) -> tuple[credentials.Credentials | None, list[str]]:
    """The credentials, None where they are kept elsewhere or missing, and what is wrong."""
    name = connection.credentials
    if isinstance(connection, SqlConnection) and not name:
        return None, ["it does not say where its database is: add credentials: NAME"]
    try:
        return credentials.found_or_kept(name, is_kept), []
    except CarteraError as error:
        return None, [str(error)]


def _missing_modules(connection: Connection, found: credentials.Credentials | None) -> list[str]:
    if isinstance(connection, RestConnection):
        needed: tuple[str, ...] = ("dlt", "requests")
    elif isinstance(connection, SqlConnection) and found and found.scheme not in SCHEMES:
        needed = ("dlt", "sqlalchemy")
    else:
        needed = ()
    return [name for name in needed if importlib.util.find_spec(name) is None]


def _folder(folder: Path) -> list[str]:
    if not folder.is_dir():
        return [f"{folder} is no folder: correct where, or mount it"]
    if not os.access(folder, os.R_OK | os.X_OK):
        return [f"{folder} cannot be read by this user"]
    return []
