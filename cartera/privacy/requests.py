"""Requests for erasure: one file each in ``state/erasures``, from the asking to the certificate.

``<id>.json`` is what stays: when, by whom, how many, what was done, and no value of anybody.
``<id>.values.json`` (0600) says who is meant, for as long as the erasure is under way; the scan
needs to know what to look for. It goes with the last step.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from cartera import clock, records
from cartera.errors import CarteraError, UsageError
from cartera.files import sync_folder, write_json
from cartera.privacy.people import People
from cartera.settings import Settings

State = Literal["requested", "barred", "found", "swept", "built", "removed", "done"]
STATES: tuple[State, ...] = (
    "requested",
    "barred",
    "found",
    "swept",
    "built",
    "removed",
    "done",
)


@dataclass(frozen=True)
class Erasure:
    """A request, and how far it has come. Counts are of rows, records or files, by source or store.

    ``found`` and ``left`` are the values that the scans before and after it found.
    """

    erasure_id: str
    requested_at: str
    requested_by: str
    state: State
    people: int
    records: int
    found: dict[str, int] = field(default_factory=dict)
    erased_rows: dict[str, int] = field(default_factory=dict)
    erased_refused: dict[str, int] = field(default_factory=dict)
    unidentified: dict[str, int] = field(default_factory=dict)
    rewritten_batches: int = 0
    removed: dict[str, int] = field(default_factory=dict)
    publication_id: str = ""
    looked_through: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    done_at: str = ""

    def is_before(self, state: State) -> bool:
        """Whether the step that ends in ``state`` is still to come."""
        return STATES.index(self.state) < STATES.index(state)

    def plus(self, name: str, counts: dict[str, int]) -> Erasure:
        """With ``counts`` added: a step that was broken off counts on."""
        total = dict(getattr(self, name))
        for key, number in counts.items():
            if number:
                total[key] = total.get(key, 0) + number
        changes: dict[str, Any] = {name: total}
        return replace(self, **changes)


@dataclass(frozen=True)
class Subjects:
    """Who is meant, as the file of values has it."""

    stones: tuple[tuple[str, str], ...]
    values: dict[str, list[str]]
    customers: tuple[str, ...]
    lists: tuple[str, ...]


def folder(settings: Settings) -> Path:
    return settings.state / "erasures"


def begin(settings: Settings, people: People) -> Erasure:
    """Write a request down. Raises UsageError while another one is under way."""
    waiting = under_way(settings)
    if waiting:
        raise UsageError(
            f"The erasure {waiting.erasure_id} is not finished: it is {waiting.state}.",
            fix="Finish it with `cartera erase --resume`, then ask again.",
        )
    told = json.dumps(people.stones).encode()
    now = clock.now()
    digest = hashlib.blake2b(told, digest_size=4, key=str(now).encode()).hexdigest()
    erasure = Erasure(
        erasure_id=f"{now:%Y%m%dT%H%M%SZ}-{digest}",
        requested_at=now.isoformat(),
        requested_by=records.user(),
        state="requested",
        people=len(people.customers) or 1,
        records=len(people.records),
    )
    subjects = Subjects(
        people.stones, people.values, (*people.customers, *people.former_ids), people.lists
    )
    # Who is meant first: a request that does not know it could not be gone on with.
    folder(settings).mkdir(parents=True, exist_ok=True, mode=0o750)
    write_json(_values_file(settings, erasure.erasure_id), asdict(subjects), mode=0o600)
    save(settings, erasure)
    return erasure


def save(settings: Settings, erasure: Erasure) -> Erasure:
    """Keep how far it has come; returns it."""
    write_json(folder(settings) / f"{erasure.erasure_id}.json", asdict(erasure))
    return erasure


def listed(settings: Settings) -> list[Erasure]:
    """Every request, oldest first. Raises CarteraError for a file that cannot be read."""
    found = []
    for path in sorted(folder(settings).glob("*.json")):
        if path.name.endswith((".values.json", ".certificate.json")):
            continue
        try:
            found.append(Erasure(**json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError) as error:
            raise CarteraError(
                f"{path}: cannot be read ({error}).", fix="Restore it from a backup."
            ) from error
    return found


def under_way(settings: Settings) -> Erasure | None:
    """The request that is not done yet; there is one at most.

    Values of a request that was killed before it was written down are removed.
    """
    found = listed(settings)
    known = {erasure.erasure_id for erasure in found if erasure.state != "done"}
    for path in folder(settings).glob("*.values.json"):
        if path.name.removesuffix(".values.json") not in known:
            path.unlink()
    return next((erasure for erasure in found if erasure.state != "done"), None)


def subjects_of(settings: Settings, erasure: Erasure) -> Subjects:
    """Who is meant by a request that is under way."""
    told = json.loads(_values_file(settings, erasure.erasure_id).read_text(encoding="utf-8"))
    return Subjects(
        stones=tuple((kind, value) for kind, value in told["stones"]),
        values=told["values"],
        customers=tuple(told["customers"]),
        lists=tuple(told["lists"]),
    )


def finish(settings: Settings, erasure: Erasure) -> Erasure:
    """It is done: who was meant is not known any more."""
    done = save(settings, replace(erasure, state="done", done_at=clock.now().isoformat()))
    _values_file(settings, erasure.erasure_id).unlink(missing_ok=True)
    sync_folder(folder(settings))
    return done


def _values_file(settings: Settings, erasure_id: str) -> Path:
    return folder(settings) / f"{erasure_id}.values.json"
