"""``cartera fetch``, and the fetch that comes before an ingest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cartera import arrows
from cartera.console import say, show_json, show_note, show_table
from cartera.errors import CarteraError, RefusedByData, UsageError
from cartera.settings import Settings


def fetch_systems(settings: Settings, system: str | None, *, json: bool) -> None:
    """Fetch one system, or all that have a connection. Raises the errors of all at the end."""
    names = [system] if system else arrows.connected_systems(settings)
    if not names:
        raise UsageError(
            f"There is no connection in {settings.connections}.",
            fix="Write one (docs/connectors.md), or put files into the inbox by hand.",
        )
    rows: list[dict[str, Any]] = []
    failed: list[CarteraError] = []
    for name in names:
        rows += fetch_one(settings, name, failed, json=json)
    if json and not failed:
        show_json(rows)
    elif rows and not json:
        show_fetches(rows)
    if failed:
        raise together(failed, rows)


def fetch_one(
    settings: Settings, system: str, failed: list[CarteraError], *, json: bool
) -> list[dict[str, Any]]:
    """Fetch one system; what it raises is put to ``failed``."""
    try:
        return arrows.fetch(settings, system, progress=None if json else say).rows
    except CarteraError as error:
        failed.append(error)
        return error.report


def together(errors: list[CarteraError], report: Sequence[dict[str, Any]]) -> CarteraError:
    """One error for several: a fault outweighs refused data, as that may go away by itself."""
    worst = next((error for error in errors if not isinstance(error, RefusedByData)), errors[0])
    return type(worst)(
        " ".join(error.message for error in errors),
        fix=" ".join(dict.fromkeys(error.fix for error in errors if error.fix)),
        report=report,
    )


def show_fetches(rows: list[dict[str, Any]]) -> None:
    """What came into each inbox folder, and what was left for the next time."""
    columns = ["system", "folder", "files", "bytes", "already"]
    show_table("fetched", columns, [[row[name] for name in columns] for row in rows])
    for row in rows:
        for line in row["passed_over"]:
            show_note("passed over", line)
