"""Lifting tombstones: somebody was erased by mistake, or is a customer anew of their own will.

Nothing comes back by it. From then on whoever delivers the person lands them, as somebody new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from cartera import records, tombstones
from cartera.duck import connect
from cartera.errors import UsageError
from cartera.lock import hold
from cartera.privacy import requests
from cartera.privacy.identifying import with_values
from cartera.settings import Settings


@dataclass(frozen=True)
class Named:
    """Identifiers that somebody has, as they were typed; a record is ``SYSTEM:ID``."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.emails or self.phones or self.numbers or self.records)


def lift(settings: Settings, erasure_id: str | None, named: Named, reason: str) -> int:
    """Lift all tombstones of an erasure, or those of what is ``named``, whichever set them.

    Returns how many. Raises UsageError where none stands, without a reason, or while the
    erasure is under way; LockBusy while any erasure is.
    """
    if not reason.strip():
        raise UsageError("A reason is needed.", fix='Add --reason "why".')
    if (erasure_id is None) != named.anything:
        raise UsageError(
            "Which tombstones are meant?",
            fix="Name an erasure of `cartera tombstones list`, or what the person has: --email, "
            "--phone, --number, --record.",
        )
    with hold(settings, "erase"):
        waiting = requests.under_way(settings)
        if waiting and erasure_id in (None, waiting.erasure_id):
            raise UsageError(
                f"The erasure {waiting.erasure_id} is under way.",
                fix="Finish it with `cartera erase --resume`.",
            )
        values = _values(settings, named) if named.anything else None
        lifted = tombstones.lift(settings, erasure_id, values)
        if not lifted:
            raise UsageError(
                "No tombstone stands for that.",
                fix="Compare it with the source; a person's own e-mail, phone, tax id, card and "
                "records have one each, and what several people held has none.",
            )
        # Who it was about stays as unknown as before.
        records.append(
            settings, "access", event="lifted", tombstones=lifted, erasure_id=erasure_id,
            reason=reason, user=records.user(),
        )  # fmt: skip
    return lifted


def _values(settings: Settings, named: Named) -> list[tuple[str, str]]:
    """(kind, value) of what is named, in the form of tombstones. Raises UsageError."""
    rows: list[tuple[str, str, str | None]] = [("email", name, None) for name in named.emails]
    rows += [("phone", name, None) for name in named.phones]
    rows += [(kind, n, None) for kind in ("tax_id", "loyalty_number") for n in named.numbers]
    for record in named.records:
        system, _, name = record.partition(":")
        if not (system and name):
            raise UsageError(f"{record!r} is no record.", fix="Write SYSTEM:ID, such as crm:1001.")
        rows.append(("record", system, name))
    with connect(settings) as connection:
        connection.register("named_arrow", _as_table(rows))
        found = with_values(connection, "from named_arrow", settings.default_country)
        told = connection.execute(
            f"select distinct kind, value from ({found}) where value is not null"
        ).fetchall()
    return [(str(kind), str(value)) for kind, value in told]


def _as_table(rows: Sequence[tuple[str, str, str | None]]) -> pa.Table:
    columns = zip(("kind", "a", "b"), zip(*rows, strict=True), strict=True)
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns})
