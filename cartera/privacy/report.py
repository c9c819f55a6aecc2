"""All that is held on one person, as plain values: what somebody may ask to see."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from cartera import batches
from cartera.duck import identifier
from cartera.privacy.identifying import slots
from cartera.privacy.people import LEDGER, MAP, People
from cartera.privacy.refused import find_records, kept_files
from cartera.privacy.strip import name_parties, named
from cartera.settings import Settings
from ingestion.contract import load_contracts
from ingestion.inbox import is_of
from ingestion.source import PARTY_KEY, load_source


def describe(
    settings: Settings, connection: duckdb.DuckDBPyConnection, people: People
) -> dict[str, Any]:
    """What every store holds on ``people``. ``contacts`` and ``warehouse`` are attached."""
    names = [f"{system}:{record}" for system, record in people.records]
    ids = [*people.customers, *people.former_ids]
    connection.execute(
        "create or replace temp table ids as select unnest($ids::varchar[]) as customer_id",
        {"ids": ids},
    )
    return {
        "customers": list(people.customers),
        "former_ids": list(people.former_ids),
        "records": names,
        "identity": _identity(connection),
        "delivered": _delivered(settings, connection),
        "refused": _refused(settings, connection, people),
        "warehouse": _warehouse(connection),
        "lists": list(people.lists),
        "also_held_by_others": people.shared,
    }


def _identity(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Who they are taken for, and why."""
    tables = {
        "golden_records": "from contacts.contacts.golden_records semi join ids using (customer_id)",
        "records": f"from {MAP} semi join ids using (customer_id)",
        "pairs": "from contacts.contacts.identity_pairs where customer_id_a in (from ids) "
        "or customer_id_b in (from ids)",
        "ledger": f"from {LEDGER} "
        "where customer_id in (from ids) or other_customer_id in (from ids)",
    }
    return {name: _rows(connection, query) for name, query in tables.items()}


def _delivered(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> dict[str, list[dict[str, Any]]]:
    """Each landed row that is theirs or names them, by source, with the delivery it came in."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in sorted({m.source for m in batches.scan(settings)}):
        source = load_source(name)
        files = {
            str(path): m.delivery
            for m in batches.scan(settings, name)
            if (path := m.data(settings)).exists()
        }
        tests = [_named(slot.system, slot.record) for slot in slots(source)]
        tests += [_named("source_system", PARTY_KEY) for slot in slots(source) if slot.party]
        if source.is_person:
            tests.append(_named("source_system", "record_id"))
        if not files or not tests:
            continue
        paths = [Path(name) for name in files]
        name_parties(settings, connection, source, paths)
        relation = named(connection, source, paths)
        rows = _rows(
            connection,
            f"from {relation} where {' or '.join(tests)} order by filename, file_row_number",
        )
        for row in rows:
            row["delivery"] = files[row.pop("filename")]
            row.pop("file_row_number")
            row.pop(PARTY_KEY, None)
        if rows:
            found[name] = rows
    return found


def _named(system: str, record: str) -> str:
    return (
        f"coalesce(({system}, {record}) in "
        "(select (source_system, source_record_id) from meant), false)"
    )


def _refused(
    settings: Settings, connection: duckdb.DuckDBPyConnection, people: People
) -> list[dict[str, Any]]:
    """The refused records that would go with an erasure, as they came."""
    contracts = load_contracts(settings.contracts)
    found = []
    for manifest in batches.scan(settings):
        kept = kept_files(manifest.refused_folder(settings))
        if not kept:
            continue
        contract = next((c for c in contracts if is_of(manifest, c)), None)
        find_records(settings, connection, contract, manifest.system, kept, people.stones)
        rows = connection.execute(
            "select distinct text from texts join gone_records using (filename, n) "
            "where is_record order by text"
        ).fetchall()
        found += [{"delivery": manifest.delivery, "record": text} for (text,) in rows]
    return found


def _warehouse(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Their rows of every table of the warehouse that knows customers."""
    tables = connection.execute(
        "select schema_name, table_name, list(column_name order by column_name) "
        "from duckdb_columns() where database_name = 'warehouse' "
        "and regexp_matches(column_name, '(^|_)customer_id') group by all order by all"
    ).fetchall()
    found = {}
    for schema, table, columns in tables:
        theirs = " or ".join(f"{identifier(c)} in (from ids)" for c in columns)
        rows = _rows(
            connection,
            f"from warehouse.{identifier(schema)}.{identifier(table)} where {theirs} order by all",
        )
        if rows:
            found[f"{schema}.{table}"] = rows
    return found


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Rows as values without those that are empty."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [_told(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _told(row: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in row if value is not None and value != ""}
