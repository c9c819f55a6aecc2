"""The ledger of customer ids: append-only, inside each publication, exported beside them.

A line is one event: ``mint``, ``join``, ``merge``, ``split``, ``move``, ``link``, ``unlink`` or
``erase``. Events with a source record say to which customer it belongs from then on; ``merge``,
and ``move`` without a record, say to which customer an id leads that nobody bears any more.
``link`` and ``unlink`` tell what stewards decided.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from cartera import publications
from cartera.duck import attach, literal, one_file
from cartera.files import sync_file
from cartera.settings import Settings

LEDGER_COLUMNS = """
    event_id bigint, event varchar, customer_id varchar, other_customer_id varchar,
    source_system varchar, source_record_id varchar, reason varchar, evidence varchar,
    publication_id varchar, occurred_at timestamp
"""
# Events that say to whom a source record belongs.
MEMBERSHIP = "('mint', 'join', 'split', 'move')"
FOUNDING = "founding"
# The founding of an id by a publication that was rolled back: it counts, so that the id is not
# given twice, and says nothing about where the record belongs.
ABANDONED = "founding in a publication rolled back"


def exported_ledger(settings: Settings) -> Path:
    """The ledger as it stood at the last publication, outside of it."""
    return settings.state / "identity_ledger.parquet"


def exported_records(settings: Settings) -> Path:
    """The source records of the last publication, their customers and fingerprints."""
    return settings.state / "identity_records.parquet"


def export_ledger(settings: Settings, connection: duckdb.DuckDBPyConnection, contacts: str) -> None:
    """Copy ledger and records of the attached file ``contacts`` to ``state/``, each whole."""
    schema = f"{contacts}.contacts"
    for target, query in [
        (exported_ledger(settings), f"from {schema}.identity_ledger order by event_id"),
        (
            exported_records(settings),
            "select source_system, source_record_id, fingerprint "
            f"from {schema}.identity_map order by all",
        ),
    ]:
        aside = target.with_suffix(".tmp")
        connection.execute(f"copy ({query}) to {literal(aside)} (format parquet, compression zstd)")
        aside.chmod(0o600)
        sync_file(aside)
        aside.replace(target)


def load_ledger(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    base_contacts: Path | None,
    tell: Callable[[str], None],
) -> None:
    """Write ``work.identity.ledger``, ``elsewhere`` and ``fingerprints_before``.

    The ledger of before is the base publication's; without one, the exported ledger, so that
    a rebuild from nothing gives the same ids. ``elsewhere`` holds the events of ids that only
    other publications know: those that were rolled back.
    """
    make_tables(connection)
    exported = exported_ledger(settings)
    if base_contacts:
        attach(connection, base_contacts, "base_contacts", write=False)
        schema = "base_contacts.contacts"
        _insert(connection, "ledger", f"from {schema}.identity_ledger order by event_id")
        columns = connection.execute(f"describe {schema}.identity_map").fetchall()
        if "fingerprint" in {column[0] for column in columns}:
            _insert(connection, "fingerprints_before", _fingerprints(f"{schema}.identity_map"))
        connection.execute("detach base_contacts")
    elif exported.exists():
        _insert(connection, "ledger", f"from read_parquet({one_file(exported)}) order by event_id")
        if exported_records(settings).exists():
            kept = f"read_parquet({one_file(exported_records(settings))})"
            _insert(connection, "fingerprints_before", _fingerprints(kept))
    load_elsewhere(settings, connection, base_contacts, tell)


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """``work.identity.ledger``, ``elsewhere`` and ``fingerprints_before``, empty."""
    connection.execute(
        f"""
        create or replace table work.identity.ledger ({LEDGER_COLUMNS});
        create or replace table work.identity.elsewhere (
            event varchar, customer_id varchar, source_system varchar, source_record_id varchar,
            reason varchar
        );
        create or replace table work.identity.fingerprints_before (
            source_system varchar, source_record_id varchar, fingerprint varchar
        );
        """
    )


def load_elsewhere(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    base_contacts: Path | None,
    tell: Callable[[str], None],
    ledger: str = "work.identity.ledger",
) -> None:
    """Events of ids that the table ``ledger``, the base publication's, does not know."""
    exported = exported_ledger(settings)
    if base_contacts and exported.exists():
        _insert(connection, "elsewhere", _unknown(f"read_parquet({one_file(exported)})", ledger))
    for contacts in _rolled_back(settings, base_contacts):
        try:
            attach(connection, contacts, "rolled_back", write=False)
        except duckdb.Error as error:
            # A damaged file may be why it was rolled back; its ids are in the export as a rule.
            tell(f"identity: the ledger of {contacts.parent.name} cannot be read ({error})")
            continue
        source = "rolled_back.contacts.identity_ledger"
        _insert(connection, "elsewhere", _unknown(source, ledger))
        connection.execute("detach rolled_back")


def merges_sql(ledger: str) -> str:
    """(old_customer_id, current_customer_id, valid_from): where each id of before leads now."""
    pointers = f"""
        select
            other_customer_id as old,
            arg_max(customer_id, event_id) as current,
            max_by(occurred_at, event_id) as occurred_at
        from {ledger}
        where event in ('merge', 'move') and source_record_id is null
        group by other_customer_id
    """
    return _chains(pointers)


def members_sql(ledger: str) -> str:
    """(source_system, source_record_id, customer_id): to whom each record belonged last.

    Merges are followed as they were made: all records of the one went to the other.
    """
    merges = f"""
        select other_customer_id as old, customer_id as current, occurred_at
        from {ledger} where event = 'merge'
    """
    return f"""
        select
            last_event.source_system,
            last_event.source_record_id,
            coalesce(merged.current_customer_id, last_event.customer_id) as customer_id
        from (
            select source_system, source_record_id, arg_max(customer_id, event_id) as customer_id
            from {ledger}
            where source_record_id is not null and event in {MEMBERSHIP}
                and reason is distinct from '{ABANDONED}'
            group by source_system, source_record_id
        ) as last_event
        left join ({_chains(merges)}) as merged
            on merged.old_customer_id = last_event.customer_id
    """


def _chains(pointers: str) -> str:
    """Follow ``pointers`` (old, current, occurred_at) to where they end."""
    return f"""
        with recursive pointers as materialized ({pointers}),
        chain as (
            select old as old_customer_id, current as current_customer_id, occurred_at
            from pointers
            union all
            select chain.old_customer_id, pointers.current, chain.occurred_at
            from chain join pointers on pointers.old = chain.current_customer_id
        )
        select old_customer_id, current_customer_id, occurred_at as valid_from
        from chain
        where current_customer_id not in (select old from pointers)
    """


def _insert(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    connection.execute(f"insert into work.identity.{table} by name {query}")


def _fingerprints(source: str) -> str:
    return f"select source_system, source_record_id, fingerprint from {source}"


def _unknown(others: str, ledger: str) -> str:
    """The events of ``others`` about ids that the ledger of before does not know."""
    return f"""
        select event, customer_id, source_system, source_record_id, reason
        from {others}
        where source_record_id is not null and event in {MEMBERSHIP}
            and customer_id not in (select customer_id from {ledger} where customer_id is not null)
    """


def _rolled_back(settings: Settings, base_contacts: Path | None) -> list[Path]:
    """Publications newer than the base: a kill may have come before their ledger was exported."""
    if base_contacts is None:
        return []
    return [
        publication.contacts
        for publication in publications.listed(settings)
        if publication.publication_id > base_contacts.parent.name
    ]
