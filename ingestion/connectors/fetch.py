"""Fetch a system: find its connection and credentials, and hand both to its connector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from cartera import credentials
from cartera.errors import CarteraError, LockBusy, RefusedByData, UsageError
from cartera.lock import hold
from cartera.settings import Settings
from ingestion.connectors.config import (
    Connection,
    FilesConnection,
    RestConnection,
    SqlConnection,
)
from ingestion.connectors.connections import find_connection
from ingestion.connectors.history import History, put_on_record
from ingestion.connectors.job import Job
from ingestion.connectors.placing import remove_parts

MISSING = ("dlt", "requests")


def fetch_system(
    settings: Settings,
    system: str,
    *,
    lookup: credentials.Lookup | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[dict[str, Any]]:
    """Bring what is new of ``system`` into its inbox; one mapping per inbox folder.

    What can be fetched is; then RefusedByData or, where another try may help, CarteraError
    names what could not. Raises UsageError, LockBusy and StorageFull at once.
    """
    connection = find_connection(settings.connections, system, settings.contracts)
    try:
        rows = _fetch(settings, connection, lookup, progress)
    except LockBusy:
        raise
    except CarteraError as error:
        put_on_record(settings, system, error.report, error.message)
        raise
    put_on_record(settings, system, rows)
    return rows


def _fetch(
    settings: Settings,
    connection: Connection,
    lookup: credentials.Lookup | None,
    progress: Callable[[str], None] | None,
) -> list[dict[str, Any]]:
    system = connection.system
    found = credentials.find(connection.credentials, lookup)
    veil = credentials.Veil(found)
    with hold(settings, f"fetch-{system}"):
        history = History(settings, system, veil.over)
        job = Job(settings, system, found, veil, history, progress)
        for item in connection.fetch:
            job.report(item.to)
            remove_parts(job.inbox / item.to)
        veil.run(system, lambda: _connector(connection, job))
    rows = [asdict(report) for report in job.reports.values()]
    if job.failures:
        raise _failure(system, job.failures, rows)
    return rows


def _connector(connection: Connection, job: Job) -> None:
    """Run the connector of that kind; what it needs is imported here, for it is heavy."""
    try:
        match connection:
            case FilesConnection():
                from ingestion.connectors.files import fetch_files

                fetch_files(job, connection)
            case SqlConnection():
                from ingestion.connectors.sql import fetch_tables

                fetch_tables(job, connection)
            case RestConnection():
                from ingestion.connectors.rest import fetch_listings

                fetch_listings(job, connection)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in MISSING:
            raise
        raise CarteraError(
            f"{error.name} is not installed.",
            fix="Install the extra `connectors`: see docs/connectors.md.",
        ) from error


def _failure(system: str, failures: list[CarteraError], rows: list[dict[str, Any]]) -> CarteraError:
    """One error for all: of the kind that is tried again if that may help any of them."""
    message = f"{len(failures)} parts of {system} could not be fetched: " + " ".join(
        failure.message for failure in failures
    )
    fix = " ".join(dict.fromkeys(failure.fix for failure in failures if failure.fix))
    if all(isinstance(failure, RefusedByData | UsageError) for failure in failures):
        return RefusedByData(message, fix=fix, report=rows)
    return CarteraError(message, fix=fix)
