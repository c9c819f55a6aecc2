"""Previewing and pulling a list: every customer that matches is in exactly one bucket.

A pull reads both files of one publication. It writes the list to ``exports/`` and its record,
with everyone who matched, to the inbox: the next build knows who was contacted and who was
held out. A pull's id is its audience, as it is
defined now, and its publication: run again, it is the same pull.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cartera import clock, faults, publications, records
from cartera.activation.audience import CONTACT_FIELDS, Audience
from cartera.duck import attach, connect, identifier, literal, storage_errors
from cartera.errors import RefusedByData, UsageError
from cartera.files import checksum, sync_file, sync_folder
from cartera.lock import hold
from cartera.publications import Publication
from cartera.settings import Settings

RECORD_COLUMNS = (
    "pull_id",
    "party_system",
    "party_id",
    "audience",
    "campaign_id",
    "variant",
    "bucket",
    "reason",
    "channel",
    "purpose",
    "pulled_at",
    "pulled_by",
)


@dataclass(frozen=True)
class PullReport:
    """A pull, or what it would be: ``matched = listed + held_out + excluded``."""

    pull_id: str
    audience: str
    publication_id: str
    matched: int
    listed: int
    held_out: int
    excluded: dict[str, int] = field(default_factory=dict)
    file: str = ""
    checksum: str = ""


def preview(settings: Settings, audience: Audience) -> PullReport:
    """Count what a pull would do; reads no contact data and writes nothing."""
    publication = _current(settings)
    with connect(settings) as connection:
        _open(connection, publication)
        _members(connection, audience)
        return _report(connection, audience, publication)


def pull(settings: Settings, audience: Audience) -> PullReport:
    """Write the list of ``audience`` and its record, both or, after a kill, again.

    Raises RefusedByData without a publication, UsageError for a rule or field that is
    not allowed, LockBusy, StorageFull.
    """
    publication = _current(settings)
    with (
        hold(settings, f"pull-{audience.name}"),
        storage_errors(f"pulling {audience.name}"),
        connect(settings) as connection,
    ):
        _open(connection, publication)
        attach(connection, publication.contacts, "contacts", write=False)
        _members(connection, audience)
        report = _report(connection, audience, publication)
        folder = settings.exports / audience.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        target = folder / f"{report.pull_id}.csv"
        # What a killed pull left holds contact data; nobody else writes here under the lock.
        for left in folder.glob("*.part"):
            left.unlink()
        aside = target.with_suffix(".part")
        try:
            _write_list(connection, audience, aside)
            digest = checksum(aside)
            faults.point("pull.before_record")
            _write_record(settings, connection, audience, publication, report.pull_id)
            faults.point("pull.recorded")
            os.replace(aside, target)
            sync_folder(folder)
        finally:
            aside.unlink(missing_ok=True)
        done = PullReport(**{**report.__dict__, "file": str(target), "checksum": digest})
        records.access(
            settings,
            "pull",
            pull_id=done.pull_id,
            publication_id=publication.publication_id,
            listed=done.listed,
            checksum=digest,
        )
        return done


def _current(settings: Settings) -> Publication:
    publication = publications.current(settings)
    if publication is None:
        raise RefusedByData("Nothing has been published yet.", fix="Run `cartera build` first.")
    return publication


def _open(connection: duckdb.DuckDBPyConnection, publication: Publication) -> None:
    attach(connection, publication.warehouse, "warehouse", write=False)


def _columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    described = connection.execute("describe warehouse.marts.customer_360").fetchall()
    return [row[0] for row in described]


def _members(connection: duckdb.DuckDBPyConnection, audience: Audience) -> None:
    """Temp table ``members``: everyone who matches, with bucket, reason and place in the order."""
    columns = _columns(connection)
    known = [*columns, *CONTACT_FIELDS]
    wrong = [name for name in audience.fields if name not in known]
    if wrong:
        raise UsageError(
            f"The audience {audience.name} lists the field {wrong[0]!r}, which does not exist.",
            fix=f"The fields are: {', '.join(dict.fromkeys(known))}.",
        )
    # The parser is a quarter of what a command would take to start, and few commands have a rule.
    from cartera.activation.rule import compile_order, compile_rule

    rule = compile_rule(audience.rule, columns)
    order = compile_order(audience.order, columns)
    address = "has_email" if audience.channel == "email" else "has_phone"
    reach = f"is_reachable_{audience.channel}"
    # The list takes the first of those who may be contacted and are not held out; the share
    # held out is drawn by a hash of the campaign and the customer, the same at every pull.
    connection.execute(
        f"""
        create or replace temp table members as
        with matched as (
            select * from warehouse.marts.customer_360 where {rule}
        ),
        sorted as (
            select
                matched.*,
                case
                    when not {address} then 'no_address'
                    when not {reach} then 'no_consent'
                end as barred,
                ('0x' || md5($salt || '|' || customer_id)[1:8])::bigint / 4294967296.0
                    < $holdout as is_held_out,
                row_number() over (order by {order}, customer_id) as place
            from matched
            join (select customer_id, has_email, has_phone from warehouse.core.dim_customers)
                using (customer_id)
        ),
        placed as (
            select
                *,
                count(*) filter (barred is null and not is_held_out)
                    over (order by place rows unbounded preceding) as position
            from sorted
        )
        select
            customer_id,
            place,
            case
                when barred is not null then 'excluded'
                when is_held_out then 'holdout'
                when position > $most then 'excluded'
                else 'list'
            end as bucket,
            case
                when barred is not null then barred
                when is_held_out then null
                when position > $most then 'over_limit'
            end as reason
        from placed
        """,
        {
            "salt": audience.salt,
            "holdout": audience.holdout_percent / 100,
            "most": audience.limit or 2**62,
        },
    )


def _report(
    connection: duckdb.DuckDBPyConnection, audience: Audience, publication: Publication
) -> PullReport:
    buckets = connection.execute(
        "select bucket, coalesce(reason, ''), count(*) from members group by all order by all"
    ).fetchall()
    return PullReport(
        pull_id=f"{audience.name}-{publication.publication_id}-{audience.version}",
        audience=audience.name,
        publication_id=publication.publication_id,
        matched=sum(count for _, _, count in buckets),
        listed=sum(count for bucket, _, count in buckets if bucket == "list"),
        held_out=sum(count for bucket, _, count in buckets if bucket == "holdout"),
        excluded={reason: count for bucket, reason, count in buckets if bucket == "excluded"},
    )


def _write_list(connection: duckdb.DuckDBPyConnection, audience: Audience, path: Path) -> None:
    columns = {
        name: kind
        for name, kind, *_ in connection.execute(
            "describe select * from warehouse.marts.customer_360 "
            "left join contacts.contacts.golden_records using (customer_id)"
        ).fetchall()
    }
    fields = ", ".join(
        f"{_safe(name) if columns[name] == 'VARCHAR' else name} as {identifier(name)}"
        for name in audience.fields
    )
    connection.execute(
        f"""
        copy (
            select {fields} from (
                select golden.* exclude (country, language), customers.*, members.place
                from members
                join warehouse.marts.customer_360 customers using (customer_id)
                left join contacts.contacts.golden_records golden using (customer_id)
                where members.bucket = 'list'
            ) order by place
        ) to {literal(path)} (format csv, header)
        """
    )
    path.chmod(0o640)
    sync_file(path)


def _safe(name: str) -> str:
    """Text that a spreadsheet does not take for a formula; a plain phone number stays as it is."""
    column = identifier(name)
    return (
        f"case when regexp_matches({column}, '^[=+@\\t\\r\\n-]') "
        f"and not regexp_full_match({column}, '[+][0-9]+') "
        f"then '''' || {column} else {column} end"
    )


def _write_record(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    audience: Audience,
    publication: Publication,
    pull_id: str,
) -> None:
    """Leave the record in the inbox, as a source like any other; written once per pull."""
    folder = settings.inbox / "cartera" / "audience_pulls"
    folder.mkdir(parents=True, exist_ok=True)
    as_of = publications.facts(publication)["as_of"]
    target = folder / f"{as_of:%Y-%m-%d}_{pull_id}.csv"
    if target.exists():
        return
    aside = target.with_suffix(".part")
    connection.execute(
        """
        create or replace temp table record as
        select
            $pull_id as pull_id, 'cartera' as party_system, customer_id as party_id,
            $audience as audience, $campaign as campaign_id, null as variant, bucket, reason,
            $channel as channel, $purpose as purpose, $pulled_at as pulled_at,
            $pulled_by as pulled_by
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
        },
    )
    columns = ", ".join(RECORD_COLUMNS)
    connection.execute(
        f"copy (select {columns} from record) to {literal(aside)} (format csv, header)"
    )
    sync_file(aside)
    os.replace(aside, target)
    sync_folder(folder)
