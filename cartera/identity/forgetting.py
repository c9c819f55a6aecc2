"""What the ledger forgets: the records of those who were erased, wherever a ledger comes from.

The ledger is append-only but for this. Of an erased person's id there stays one ``erase`` event,
so that it is nobody else's ever; which records it stood for is not told any more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from cartera import tombstones
from cartera.duck import literal, one_file
from cartera.files import sync_file
from cartera.identity.ledger import MEMBERSHIP, exported_ledger, exported_records
from cartera.keys import SEPARATOR
from cartera.party_keys import rename_former
from cartera.settings import Settings

JOINED = f"chr({ord(SEPARATOR)})"
REASON = "erased"
# Takes the erased out of a table; returns how many rows went.
Forget = Callable[[Settings, duckdb.DuckDBPyConnection, str], int]


def forget(settings: Settings, connection: duckdb.DuckDBPyConnection, ledger: str) -> int:
    """Take the erased out of the table ``ledger``; returns how many events went."""
    # What an event tells of others stands in its evidence: names of records, or keys alone.
    if not tombstones.find_gone(
        settings,
        connection,
        f"""
        select event_id, is_own, 'record' as kind,
            system || {JOINED} || name as value
        from (
            select event_id, true as is_own, source_system as system, source_record_id as name
            from {ledger} where source_record_id is not null
            union all
            select event_id, false, split_part(told, ':', 1), substr(told, instr(told, ':') + 1)
            from ({_told(ledger)}) where contains(told, ':')
            union all
            select event_id, false, source_system, told
            from ({_told(ledger)}) where source_system is not null
        )
        """,
        "forgotten",
    ):
        return 0
    connection.execute(
        f"""
        create or replace temp table erased_ids as
        select distinct customer_id from {ledger} where event in {MEMBERSHIP}
            and event_id in (select event_id from forgotten where is_own)
        """
    )
    rows = connection.execute(
        f"""
        delete from {ledger} where event_id in (select event_id from forgotten where is_own)
            or (event in ('link', 'unlink') and event_id in (select event_id from forgotten))
        """
    ).fetchall()
    connection.execute(
        f"""
        update {ledger} set evidence = null where event_id in (select event_id from forgotten);
        insert into {ledger} by name
            select (select coalesce(max(event_id), 0) from {ledger})
                + row_number() over (order by customer_id) as event_id,
                'erase' as event, customer_id, '{REASON}' as reason
            from erased_ids where customer_id not in (
                select customer_id from {ledger}
                where event in {MEMBERSHIP} and customer_id is not null
            );
        """
    )
    return int(rows[0][0])


def forget_records(settings: Settings, connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Take the erased out of ``table``, of which each row names a record."""
    tombstones.find_gone(
        settings,
        connection,
        "select distinct 'record' as kind, source_system, source_record_id, "
        f"source_system || {JOINED} || source_record_id as value from {table}",
        "forgotten",
    )
    rows = connection.execute(
        f"delete from {table} where (source_system, source_record_id) in "
        "(select (source_system, source_record_id) from forgotten)"
    ).fetchall()
    return int(rows[0][0])


def forget_the_erased(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Take the erased out of all that ``load_ledger`` wrote; the others get their names of now."""
    for table in ("ledger", "elsewhere", "fingerprints_before"):
        clean = forget if table == "ledger" else forget_records
        _clean(settings, connection, f"work.identity.{table}", clean)


def _clean(
    settings: Settings, connection: duckdb.DuckDBPyConnection, table: str, forget_in: Forget
) -> int:
    """Take the erased out of ``table`` by their names of before and of now; returns how many rows.

    Whom it keeps has the name of now.
    """
    went = forget_in(settings, connection, table) if tombstones.are_there(settings) else 0
    there = {row[0] for row in connection.execute(f"describe {table}").fetchall()}
    columns = [name for name in ("source_record_id", "evidence") if name in there]
    renamed = [rename_former(settings, connection, table, name) for name in columns]
    if any(renamed) and tombstones.are_there(settings):
        went += forget_in(settings, connection, table)
    return went


def forget_in_exports(settings: Settings, connection: duckdb.DuckDBPyConnection) -> int:
    """Take the erased out of what stands beside the publications; each file is whole at all times.

    Returns how many rows went.
    """
    went = 0
    for path, clean in (
        (exported_ledger(settings), forget),
        (exported_records(settings), forget_records),
    ):
        if not path.exists():
            continue
        connection.execute(
            f"create or replace temp table exported as from read_parquet({one_file(path)})"
        )
        gone = _clean(settings, connection, "exported", clean)
        if gone:
            _write(connection, path)
        went += gone
    return went


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    aside = path.with_suffix(".tmp")
    connection.execute(
        f"copy (from exported order by all) to {literal(aside)} (format parquet, compression zstd)"
    )
    aside.chmod(0o600)
    sync_file(aside)
    aside.replace(path)


def _told(ledger: str) -> str:
    """(event_id, source_system, told): each text in an event's evidence."""
    return f"""
        select event_id, source_system,
            unnest(regexp_extract_all(evidence, '"((?:[^"\\\\]|\\\\.)*)"', 1)) as told
        from {ledger} where evidence is not null
    """
