"""From where a system keeps its data to its inbox."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cartera.duck import storage_errors
from cartera.settings import Settings


@dataclass
class FetchReport:
    """What a fetch did: one row per inbox folder, counts in files and bytes."""

    system: str
    rows: list[dict[str, Any]] = field(default_factory=list)


@storage_errors("fetching")
def fetch(
    settings: Settings, system: str, *, progress: Callable[[str], None] | None = None
) -> FetchReport:
    """Bring what is new of ``system`` into its inbox, by its connection.

    Raises what ``fetch_system`` raises: UsageError without a connection, RefusedByData or
    CarteraError if a part of it could not be fetched, after the other parts are there.
    """
    from ingestion.connectors.fetch import fetch_system

    return FetchReport(
        system, fetch_system(settings, system, lookup=airflow_connection, progress=progress)
    )


def connected_systems(settings: Settings) -> list[str]:
    """Systems with a connection, in alphabetical order."""
    from ingestion.connectors.connections import connected_systems

    return connected_systems(settings.connections)


def airflow_connection(name: str) -> str | None:
    """Ask Airflow, where a task of it runs; on the command line there is none to ask."""
    if "airflow.sdk" not in sys.modules:
        return None
    from cartera.scheduler.connections import connection_uri

    return connection_uri(name)
