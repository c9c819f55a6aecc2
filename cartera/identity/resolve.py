"""The identity step of a build: from staged people to customers, in three moves.

Reads ``work.staging.stg_people``; writes the schema ``contacts`` of ``contacts.duckdb`` and
``work.identity.bindings``, through which facts find their customer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from cartera.duck import attach, literal
from cartera.files import sync_file
from cartera.identity.golden import write_golden
from cartera.identity.link import link
from cartera.identity.model import load_model
from cartera.identity.persist import LEDGER_COLUMNS, assign, merges_sql
from cartera.identity.standardise import standardise
from cartera.keys import hash_key
from cartera.settings import Settings

# Facts that Cartera recorded itself name a customer, not a source record.
OWN_SYSTEM = "cartera"


@dataclass(frozen=True)
class Resolved:
    """What the step came to."""

    source_records: int
    customers: int
    placeholders: dict[str, int]


def resolve(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    *,
    publication_id: str,
    as_of: datetime,
    base_contacts: Path | None,
    progress: Callable[[str], None] | None = None,
) -> Resolved:
    """Resolve all source records. ``work`` and ``contacts`` must be attached for writing.

    The ledger of before is the base publication's; without one, the exported ledger, so that
    a rebuild from nothing gives the same ids.
    """
    tell = progress or (lambda line: None)
    connection.execute("create schema if not exists contacts.contacts")
    placeholders = standardise(connection, settings.default_country)
    tell("identity: records standardised")
    linked = link(connection, load_model(settings.state), state=settings.state)
    for alarm in linked.alarms:
        tell(f"identity: {alarm}")
    tell("identity: records linked")
    _load_ledger(settings, connection, base_contacts)
    assign(connection, hash_key(settings), publication_id, as_of)
    write_golden(connection)
    _write_contacts(connection, as_of)
    counts = connection.execute(
        "select count(*), count(distinct customer_id) from work.identity.assigned"
    ).fetchall()[0]
    tell(f"identity: {counts[0]:,} source records are {counts[1]:,} customers")
    return Resolved(counts[0], counts[1], placeholders)


def exported_ledger(settings: Settings) -> Path:
    """The ledger as it stood at the last publication, outside of it."""
    return settings.state / "identity_ledger.parquet"


def export_ledger(settings: Settings, connection: duckdb.DuckDBPyConnection, contacts: str) -> None:
    """Copy the ledger of the attached file ``contacts`` to ``state/``, whole or not at all."""
    target = exported_ledger(settings)
    aside = target.with_suffix(".tmp")
    connection.execute(
        f"copy (select * from {contacts}.contacts.identity_ledger order by event_id) "
        f"to {literal(aside)} (format parquet, compression zstd)"
    )
    aside.chmod(0o600)
    sync_file(aside)
    aside.replace(target)


def _load_ledger(
    settings: Settings, connection: duckdb.DuckDBPyConnection, base_contacts: Path | None
) -> None:
    connection.execute(f"create or replace table work.identity.ledger ({LEDGER_COLUMNS})")
    if base_contacts:
        attach(connection, base_contacts, "base_contacts", write=False)
        connection.execute(
            "insert into work.identity.ledger "
            "select * from base_contacts.contacts.identity_ledger order by event_id"
        )
        connection.execute("detach base_contacts")
    elif exported_ledger(settings).exists():
        connection.execute(
            "insert into work.identity.ledger "
            f"select * from read_parquet({literal(exported_ledger(settings))}) order by event_id"
        )


def _write_contacts(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """The restricted tables, and the bindings that facts are joined with."""
    connection.execute(
        f"""
        create or replace table contacts.contacts.identity_ledger as
            select * from work.identity.ledger order by event_id;

        create or replace table contacts.contacts.identity_map as
        with linked as (
            select record, arg_min(linked_by, case linked_by
                when 'tax_id' then 1 when 'loyalty_number' then 2
                when 'email' then 3 when 'phone' then 4 else 5 end) as linked_by
            from (
                select record_a as record, linked_by from work.identity.links
                union all
                select record_b, linked_by from work.identity.links
            ) group by record
        ),
        since as (
            select source_system, source_record_id, max(occurred_at) as valid_from
            from work.identity.ledger where source_record_id is not null
            group by source_system, source_record_id
        )
        select
            source_system, source_record_id, customer_id,
            coalesce(linked_by, 'alone') as linked_by, valid_from
        from work.identity.assigned
        join work.identity.records using (record)
        left join linked using (record)
        left join since using (source_system, source_record_id)
        order by source_system, source_record_id;

        create or replace table contacts.contacts.identity_pairs as
        select
            a.source_system as source_system_a, a.source_record_id as source_record_id_a,
            b.source_system as source_system_b, b.source_record_id as source_record_id_b,
            linked_by
        from work.identity.links
        join work.identity.records a on a.record = record_a
        join work.identity.records b on b.record = record_b
        order by all;

        -- Strong keys leave no grey zone: what the guards kept apart stands here for a steward.
        create or replace table contacts.contacts.identity_review as
        with held as (
            select 'email' as kind, email_key as value, customer_id
            from work.identity.assigned join work.identity.records using (record)
            where email_key is not null
            union
            select 'phone', phone_key, customer_id
            from work.identity.assigned join work.identity.records using (record)
            where phone_key is not null
        )
        select
            kind, value, count(distinct customer_id) as customers,
            min(customer_id) as customer_id_a, max(customer_id) as customer_id_b,
            coalesce(any_value(shared.reason), 'names differ') as reason
        from held left join work.identity.shared_identifiers shared using (kind, value)
        group by kind, value having count(distinct customer_id) > 1
        order by kind, value;

        create or replace table work.identity.customer_merges as
            {merges_sql("work.identity.ledger")};

        create or replace table work.identity.bindings as
        select source_system as person_system, source_record_id as person_record_id, customer_id
        from contacts.contacts.identity_map
        union all
        select '{OWN_SYSTEM}', customer_id, customer_id
        from (select distinct customer_id from work.identity.assigned)
        union all
        select '{OWN_SYSTEM}', old_customer_id, current_customer_id
        from work.identity.customer_merges;
        """
    )
