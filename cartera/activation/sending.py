"""Sending the list of a pull to a destination, from where a broken sending stopped.

``state/deliveries.jsonl`` says what has arrived: the batches that were taken, and the pulls that
were sent whole. It names nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from cartera import credentials, faults, records
from cartera.activation import lists
from cartera.activation.audience import Audience
from cartera.activation.destinations import Destination, Http, Sftp
from cartera.activation.over_http import Line, body_of, key_of
from cartera.activation.over_sftp import upload
from cartera.activation.pull import current_publication, pull
from cartera.credentials import Credentials, Lookup, Veil
from cartera.duck import attach, connect
from cartera.errors import UsageError
from cartera.lock import hold
from cartera.settings import Settings

KEPT = "deliveries"
Event = dict[str, Any]
Members = list[dict[str, Any]]


@dataclass(frozen=True)
class Delivery:
    """What was sent: of ``listed`` members those ``sent`` now, and those told to be ``removed``."""

    pull_id: str
    audience: str
    destination: str
    listed: int
    sent: int = 0
    removed: int = 0


def send(
    settings: Settings,
    audience: Audience,
    destination: Destination,
    *,
    lookup: Lookup | None = None,
    progress: Callable[[str], None] | None = None,
) -> Delivery:
    """Pull ``audience``, or take the pull that was made, and send its list.

    A pull that has arrived whole is not sent again. Raises what ``pull`` raises, and CarteraError
    if the destination does not take it.
    """
    form = destination.format if isinstance(destination, Sftp) else "parquet"
    if _is_mirror(destination) and "customer_id" not in audience.fields:
        raise UsageError(
            f"{audience.name} cannot be mirrored to {destination.name}: nobody could be removed.",
            fix="Add customer_id to the audience's fields.",
        )
    with hold(settings, f"send-{destination.name}"):
        secrets = credentials.find(destination.credentials, lookup)
        report = pull(settings, audience, (form,))
        log = _Log(settings, report.pull_id, audience.name, destination)
        delivery = Delivery(report.pull_id, audience.name, destination.name, report.listed)
        if log.is_done:
            return delivery
        log.note("start")
        faults.point("send.started")
        if isinstance(destination, Sftp):
            _as_file(destination, secrets, Path(report.files[form]), report.checksums[form])
            sent, removed = report.listed, 0
        else:
            path = Path(report.files[form])
            sent, removed = _as_batches(destination, secrets, path, log, progress)
        log.note("done")
        return Delivery(**{**delivery.__dict__, "sent": sent, "removed": removed})


def _is_mirror(destination: Destination) -> bool:
    return isinstance(destination, Http) and destination.mode == "mirror"


class _Log:
    """What a destination has of an audience: of this pull, and of those before it."""

    def __init__(
        self, settings: Settings, pull_id: str, audience: str, destination: Destination
    ) -> None:
        self.settings = settings
        self.pull_id = pull_id
        self._told = {"audience": audience, "destination": destination.name}
        self.is_mirror = _is_mirror(destination)
        events = [
            event for event in records.read(settings, KEPT) if self._told.items() <= event.items()
        ]
        own: list[Event] = [event for event in events if event["pull_id"] == pull_id]
        times_done = sum(event["event"] == "done" for event in own)
        if self.is_mirror:
            # After another list, this one has to be mirrored again: a rollback may bring it back.
            own = list(takewhile(lambda e: e["pull_id"] == pull_id, reversed(events)))
        self.before = [event for event in events if event["pull_id"] != pull_id]
        self.is_done = any(event["event"] == "done" for event in own)
        self.taken = {event["key"] for event in own if event["event"] == "batch"}
        self.turn = f"{pull_id}#{times_done}"

    def note(self, event: str, **told: Any) -> None:
        records.append(self.settings, KEPT, event=event, pull_id=self.pull_id, **self._told, **told)

    def key(self, operation: str, body: bytes) -> str:
        return key_of(self.turn, self._told["destination"], operation, body)

    def gone(self) -> list[str]:
        """Who may be at a mirror and is not on this list, by the ids that were sent then.

        That is who was on the last list that arrived whole, and on those begun since.
        """
        before: list[str] = []
        for event in self.before:
            if event["event"] == "done":
                before = [event["pull_id"]]
            elif event["event"] == "start" and event["pull_id"] not in before:
                before.append(event["pull_id"])
        if not self.is_mirror or not before:
            return []
        publication = current_publication(self.settings)
        with connect(self.settings) as connection:
            attach(connection, publication.warehouse, "warehouse", write=False)
            was: set[str] = set()
            for pull_id in before:
                was |= lists.listed(self.settings, connection, pull_id)
            return sorted(was - lists.listed(self.settings, connection, self.pull_id))


def _as_file(destination: Sftp, secrets: Credentials, path: Path, checksum: str) -> None:
    Veil(secrets).run(destination.name, lambda: upload(destination, secrets, path, checksum))


def _as_batches(
    destination: Http,
    secrets: Credentials,
    path: Path,
    log: _Log,
    progress: Callable[[str], None] | None,
) -> tuple[int, int]:
    """Send what has not arrived, each batch on the record once it is taken. Removals go first."""
    veil = Veil(secrets)
    line = veil.run(destination.name, lambda: Line(destination, secrets))
    counts = {"remove": 0, "add": 0}
    work = {"remove": _sliced(log.gone(), destination.batch), "add": _rows(path, destination.batch)}
    try:
        for operation, batches in work.items():
            for batch in batches:
                body = body_of(log.pull_id, operation, batch)
                key = log.key(operation, body)
                if key in log.taken:
                    continue
                veil.run(destination.name, partial(line.send, body, key))
                faults.point("send.taken")
                log.note("batch", key=key, members=len(batch))
                faults.point("send.noted")
                counts[operation] += len(batch)
                if progress:
                    progress(f"{destination.name}: {counts[operation]:,} members, {operation}")
    finally:
        line.close()
    return counts["add"], counts["remove"]


def _rows(path: Path, size: int) -> Iterator[Members]:
    """The list in batches, in its order; never whole in memory."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=size):
            yield batch.to_pylist()


def _sliced(gone: list[str], size: int) -> Iterator[Members]:
    for start in range(0, len(gone), size):
        yield [{"customer_id": customer} for customer in gone[start : start + size]]
