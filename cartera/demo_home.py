"""A home that the demo filled: what it made, and whether anything else has come in since.

The demo's data is of nobody, so the desk shows it without a login. That is right for as long as a
home holds nothing else, and a home of the demo is where people try their own files first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from cartera import batches
from cartera.errors import UsageError, one_line
from cartera.files import checksum, write_json
from cartera.settings import Settings

# Lists that were pulled here and come back in as a source: ids alone, of who is here already.
PULLS = "cartera/audience_pulls/"
Made = dict[str, list[str]]


def remember(
    settings: Settings, as_of: date, facts: dict[str, Any], written: Iterable[str]
) -> dict[str, Any]:
    """Note that the demo has written the files ``written``, by their paths below ``inbox/``.

    Those that an earlier demo wrote there stay the demo's. Returns what is noted but for the files.
    """
    made = _made(_told(settings))
    for key in written:
        digest = checksum(settings.inbox / key)
        made[key] = sorted({*made.get(key, ()), digest})
    facts = {"as_of": as_of.isoformat(), "inbox": str(settings.inbox), **facts}
    write_json(_file(settings), {**facts, "deliveries": made})
    return facts


def as_of(settings: Settings) -> date | None:
    """The end of the demo's data, None where the inbox is a company's own."""
    try:
        facts = json.loads(_file(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return date.fromisoformat(facts["as_of"])


def check(settings: Settings, published: Collection[str] = ()) -> None:
    """Raise UsageError unless all that is in the home came from the demo.

    What has landed is known by its bytes. What waits in the inbox, or went into a publication (the
    deliveries ``published``), is known by its path: until it lands, nobody is shown it.
    """
    told = _told(settings)
    if told is None:
        raise UsageError(
            f"{settings.home} does not hold the demo company: --demo has no login.",
            fix="Name a home of the demo with --home, or add users: `cartera desk user add`.",
        )
    made = _made(told)
    if not made:
        raise UsageError(
            f"{settings.home} was filled by the demo of an earlier Cartera, which noted no files: "
            "whether data of yours is there too cannot be told, and --demo has no login.",
            fix="Run `cartera demo` again as it was run then, or name a new home with --home.",
        )
    others = sorted(_others(settings, made, published))
    if others:
        more = f", and {len(others) - 1:,} more" if len(others) > 1 else ""
        raise UsageError(
            f"{settings.home} holds what the demo did not make: inbox/{one_line(others[0])}{more}. "
            "--demo has no login.",
            fix="Add users: `cartera desk user add NAME`. The demo can have another home: --home.",
        )


def _others(settings: Settings, made: Made, published: Iterable[str]) -> set[str]:
    """The deliveries that the demo did not make, by their paths below ``inbox/``."""
    by_path = {key for key in (*_waiting(settings), *published) if key not in made}
    by_bytes = {
        m.delivery for m in batches.scan(settings) if m.checksum not in made.get(m.delivery, ())
    }
    return {key for key in by_path | by_bytes if not key.startswith(PULLS)}


def _file(settings: Settings) -> Path:
    return settings.state / "demo.json"


def _told(settings: Settings) -> dict[str, Any] | None:
    """What the demo has noted of this home; None where it has not."""
    try:
        told = json.loads(_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(told, dict) and told.get("inbox") == str(settings.inbox)
    return told if is_ours else None


def _made(told: dict[str, Any] | None) -> Made:
    """The checksums of all that the demo has written, by path; none of a note that has none."""
    made = (told or {}).get("deliveries")
    return dict(made) if isinstance(made, dict) else {}


def _waiting(settings: Settings) -> Iterator[str]:
    """The files of the inbox that could be taken up, by their paths below it."""
    for folder, folders, files in os.walk(settings.inbox):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith("."):
                key = (Path(folder) / name).relative_to(settings.inbox).as_posix()
                yield key.encode("utf-8", "replace").decode()
