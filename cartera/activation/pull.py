"""Pulling a list: every customer that matches is in exactly one bucket.

A pull reads both files of one publication. It writes the list to ``exports/`` and its record,
with everyone who matched, to the inbox: the next build knows who was contacted and who was
held out. A pull's id is its audience, as it is defined now, and its publication: run again, it is
the same pull, with the members that its record has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from cartera import clock, faults, publications, records
from cartera.activation import lists, members
from cartera.activation.audience import Audience, Format
from cartera.activation.formats import SUFFIXES, write_list
from cartera.activation.notes import NOTES, odd
from cartera.duck import confine, connect, literal, storage_errors, without_pandas
from cartera.errors import RefusedByData
from cartera.files import checksum, sync_file, sync_folder
from cartera.lock import hold
from cartera.publications import Publication
from cartera.settings import Settings

# One for all audiences: a cap counts the lists of others, so they are pulled one after the other.
LOCK = "pulls"


@dataclass(frozen=True)
class PullReport:
    """A pull, or what it would be: ``matched = listed + held_out + excluded``.

    ``files`` are the lists by their format, ``notes`` what somebody should know before using them,
    and ``odd`` the codes of these notes.
    """

    pull_id: str
    audience: str
    publication_id: str
    matched: int
    listed: int
    held_out: int
    excluded: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


def pull(
    settings: Settings,
    audience: Audience,
    formats: tuple[Format, ...] | None = None,
    *,
    wait: float | None = None,
) -> PullReport:
    """Write the list of ``audience`` and its record, both or, after a kill, again.

    ``wait`` is for the pulls of others, in seconds; by default the setting. Raises RefusedByData
    without a publication, UsageError for a rule or field that is not allowed, LockBusy,
    StorageFull.
    """
    with (
        hold(settings, LOCK, wait=wait),
        storage_errors(f"pulling {audience.name}"),
        without_pandas(),
        connect(settings) as connection,
    ):
        publication = current_publication(settings)
        checked = members.open_for(settings, connection, audience, publication, event=None)
        pull_id = id_of(audience, publication)
        record = _record(settings, publication, pull_id)
        folder = settings.exports / audience.name
        confine(connection, folder, record.parent)
        if record.exists():
            members.from_record(connection, record)
        else:
            members.place(settings, connection, audience, checked, pull_id)
        report = count(connection, audience, publication)
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        # What a killed pull left holds contact data; nobody else writes here under the lock.
        for left in folder.glob("*.part*"):
            left.unlink()
        written: dict[str, Path] = {}
        try:
            for form in formats or audience.formats:
                aside = folder / f"{pull_id}{SUFFIXES[form]}.part"
                written[form] = aside
                write_list(connection, audience, checked, form, aside)
            checksums = {form: checksum(aside) for form, aside in written.items()}
            faults.point("pull.before_record")
            if not record.exists():
                _write_record(connection, audience, record, pull_id)
            faults.point("pull.recorded")
            for aside in written.values():
                os.replace(aside, aside.with_suffix(""))
            sync_folder(folder)
        finally:
            for left in folder.glob("*.part*"):
                left.unlink()
        files = {form: str(aside.with_suffix("")) for form, aside in written.items()}
        done = replace(report, files=files, checksums=checksums)
        records.access(
            settings,
            "pull",
            pull_id=done.pull_id,
            publication_id=done.publication_id,
            listed=done.listed,
            checksums=checksums,
        )
        return done


def current_publication(settings: Settings) -> Publication:
    """What lists are pulled from. Raises RefusedByData before the first build."""
    publication = publications.current(settings)
    if publication is None:
        raise RefusedByData("Nothing has been published yet.", fix="Run `cartera build` first.")
    return publication


def id_of(audience: Audience, publication: Publication) -> str:
    """The pull of ``audience``, as it is defined now, from ``publication``."""
    return f"{audience.name}-{publication.publication_id}-{audience.version}"


def count(
    connection: duckdb.DuckDBPyConnection, audience: Audience, publication: Publication
) -> PullReport:
    """How many of the table ``members`` went where, and what is odd about that."""
    buckets = connection.execute(
        "select bucket, coalesce(reason, ''), count(*) from members group by all order by all"
    ).fetchall()
    report = PullReport(
        pull_id=id_of(audience, publication),
        audience=audience.name,
        publication_id=publication.publication_id,
        matched=sum(count for _, _, count in buckets),
        listed=sum(count for bucket, _, count in buckets if bucket == "list"),
        held_out=sum(count for bucket, _, count in buckets if bucket == "holdout"),
        excluded={reason: count for bucket, reason, count in buckets if bucket == "excluded"},
    )
    everybody = connection.execute("select count(*) from warehouse.marts.customer_360").fetchone()
    codes = odd(
        everybody=everybody[0] if everybody else 0,
        matched=report.matched,
        listed=report.listed,
        held_out=report.held_out,
        holdout_percent=audience.holdout_percent,
    )
    return replace(report, odd=codes, notes=tuple(NOTES[code] for code in codes))


def _record(settings: Settings, publication: Publication, pull_id: str) -> Path:
    as_of = publications.facts(publication)["as_of"]
    return lists.record_folder(settings) / f"{as_of:%Y-%m-%d}_{pull_id}.csv"


def _write_record(
    connection: duckdb.DuckDBPyConnection, audience: Audience, target: Path, pull_id: str
) -> None:
    """Leave the record in the inbox, as a source like any other; written once per pull."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    connection.execute(
        """
        create or replace temp table record as
        select
            $pull_id as pull_id, 'cartera' as party_system, customer_id as party_id,
            $audience as audience, $campaign as campaign_id, null as variant, bucket, reason,
            $channel as channel, $purpose as purpose, $pulled_at as pulled_at,
            $pulled_by as pulled_by, $holdout_percent as holdout_percent
        from members order by customer_id
        """,
        {
            "pull_id": pull_id,
            "audience": audience.name,
            "campaign": audience.campaign,
            "channel": audience.channel,
            "purpose": audience.purpose,
            "pulled_at": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "pulled_by": records.user(),
            "holdout_percent": f"{audience.holdout_percent:.12g}",
        },
    )
    columns = ", ".join(lists.RECORD_COLUMNS)
    connection.execute(
        f"copy (select {columns} from record) to {literal(aside)} (format csv, header)"
    )
    sync_file(aside)
    os.replace(aside, target)
    sync_folder(target.parent)
