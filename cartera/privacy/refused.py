"""Refused records of the erased: kept as they came, so each is looked into as text.

A record goes whole if it has an erased person's e-mail, or their phone and no e-mail, or if a
column that its contract reads an id from names them. Of a record that could not be split into
fields every word may be such an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera import tombstones
from cartera.batches import CORRECTED, GROUPS, REJECTED
from cartera.duck import first_value, literal, one_file
from cartera.privacy.identifying import (
    JOINED,
    found_in,
    in_text_sql,
    of_kind,
    slots,
    with_values,
)
from cartera.settings import Settings
from ingestion.contract import Contract
from ingestion.json_lines import json_path
from ingestion.refused import PARQUET

# Shorter words of a record without fields are no id: a quantity would be one.
SHORTEST = 5
WORD = r'[^,;|\t\r\n"\\{}\[\]]{' + f"{SHORTEST},}}"
NUMBERS = ("tax_id", "loyalty_number")


def find_in_refused(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract | None,
    system: str,
    paths: list[Path],
) -> int:
    """Temp table ``gone_records`` (filename, n): the records of ``paths`` that go."""
    values = _candidates(settings, connection, contract, system, paths)
    tombstones.find_gone(settings, connection, values, "gone")
    return _mark(connection, contract, system)


def find_records(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract | None,
    system: str,
    paths: list[Path],
    stones: Sequence[tuple[str, str]],
) -> int:
    """As ``find_in_refused``, of people who have no tombstones but would have ``stones``."""
    values = _candidates(settings, connection, contract, system, paths)
    connection.register(
        "stones_arrow",
        pa.table(
            {
                "kind": pa.array([kind for kind, _ in stones], pa.string()),
                "value": pa.array([value for _, value in stones], pa.string()),
            }
        ),
    )
    connection.execute(
        f"create or replace temp table gone as select told.* from ({values}) as told "
        "semi join stones_arrow using (kind, value)"
    )
    connection.unregister("stones_arrow")
    return _mark(connection, contract, system)


def _candidates(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract | None,
    system: str,
    paths: list[Path],
) -> str:
    """What the records of ``paths`` may be known by, as ``with_values`` has it; fills ``texts``."""
    connection.execute(f"create or replace temp table texts as {_texts(paths)}")
    queries = [
        *in_text_sql("text", "texts"),
        *(
            f"select 'record' as kind, {literal(s)} as a, name as b from ({_ids(contract)})"
            for s in _systems(contract, system)
        ),
        *(
            f"select '{kind}' as kind, name as a, null as b from ({_values(contract, kind)})"
            for kind in NUMBERS
            if contract and kind in contract.columns
        ),
    ]
    return with_values(connection, f"from ({' union '.join(queries)})", settings.default_country)


def _mark(connection: duckdb.DuckDBPyConnection, contract: Contract | None, system: str) -> int:
    """``gone_records``: the records of ``texts`` that have something of ``gone``."""
    named = " or ".join(
        f"coalesce({literal(s)} || {JOINED} || name in "
        "(select value from gone where kind = 'record'), false)"
        for s in _systems(contract, system)
    )
    numbered = " ".join(
        f"union select filename, n from ({_values(contract, kind)}) where {of_kind(kind, 'name')}"
        for kind in NUMBERS
        if contract and kind in contract.columns
    )
    emails, phones = (
        f"list_has_any(found_{kind}, (select coalesce(list(a), []) from gone "
        f"where kind = '{kind}'))"
        for kind in ("email", "phone")
    )
    connection.execute(
        f"""
        create or replace temp table gone_records as
        with looked_into as (
            select filename, n, {found_in("email", "text")} as found_email,
                {found_in("phone", "text")} as found_phone
            from texts
        )
        select filename, n from looked_into
        where {emails} or (len(found_email) = 0 and {phones})
        union
        select filename, n from ({_ids(contract)}) where {named}
        {numbered}
        """
    )
    return int(str(first_value(connection, "select count(*) from gone_records")))


def strip_refused(connection: duckdb.DuckDBPyConnection, path: Path, target: Path) -> int:
    """Write ``path`` to ``target`` without ``gone_records``; returns how many records stay.

    Where landed rows went (the temp table ``removed``), the places of the others move up.
    """
    place = ""
    if path.name == REJECTED:
        place = (
            " replace (cast(place - (select count(*) from removed where removed.n < place) "
            "as BIGINT) as place)"
        )
    aside = target.with_suffix(".stripped")
    connection.execute(
        f"copy (select * exclude (file_row_number){place} from read_parquet({one_file(path)}, "
        "file_row_number = true, hive_partitioning = false) where file_row_number not in "
        f"(select n from gone_records where filename = {literal(path)}) order by file_row_number) "
        f"to {literal(aside)} {PARQUET}"
    )
    aside.replace(target)
    left = first_value(
        connection,
        f"select count(*) from read_parquet({one_file(target)}, hive_partitioning = false)",
    )
    return int(str(left))


def rejects_of(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """The refused records of ``path`` by rule."""
    rows = connection.execute(
        f"select rule, count(*) from read_parquet({one_file(path)}, hive_partitioning = false) "
        "group by rule order by rule"
    ).fetchall()
    return dict(rows)


def kept_files(folder: Path) -> list[Path]:
    """What a batch has in quarantine that may hold somebody's record."""
    return [folder / n for n in (REJECTED, GROUPS, CORRECTED) if (folder / n).exists()]


def _texts(paths: list[Path]) -> str:
    """(filename, n, text, is_record): a refused record as it came, any other row as JSON."""
    parts = []
    for name in (REJECTED, GROUPS, CORRECTED):
        for path in (path for path in paths if path.name == name):
            rows = f"read_parquet({one_file(path)}, hive_partitioning = false)"
            text = "record" if name == REJECTED else "cast(to_json(kept) as varchar)"
            parts.append(
                f"select {literal(path)} as filename, row_number() over () - 1 as n, "
                f"{text} as text, {str(name == REJECTED).lower()} as is_record from {rows} as kept"
            )
    return " union all ".join(parts)


def _systems(contract: Contract | None, system: str) -> list[str]:
    """The systems whose records a refused record may name."""
    systems = {system}
    for slot in slots(contract.model) if contract else []:
        mapping = contract.columns.get(slot.record.replace("_id", "_system")) if contract else None
        if mapping and mapping.constant:
            systems.add(mapping.constant)
        if mapping and mapping.values:
            systems |= set(mapping.values.values())
    return sorted(systems)


def _ids(contract: Contract | None) -> str:
    """(filename, n, name): what may be the id of a person in each text."""
    words = (
        "select filename, n, trim(unnest(regexp_extract_all(text, "
        f"{literal(WORD)}))) as name from texts"
    )
    if contract is None:
        return words
    columns = ["record_id"] if contract.model.is_person else []
    columns += [slot.record for slot in slots(contract.model)]
    read = [_values(contract, name) for name in columns if name in contract.columns]
    # What is no JSON could not be split into fields.
    return " union ".join([*read, f"{words} where not (is_record and json_valid(text))"])


def _values(contract: Contract | None, column: str) -> str:
    """(filename, n, name): what each text has in the raw columns of ``column``."""
    mapping = contract.columns[column] if contract else None
    read = [
        f"trim(json_extract_string(text, {literal(json_path(name))}))"
        for name in (mapping.raw_columns if mapping else ())
    ]
    if mapping and mapping.join:
        read = [f"concat_ws('|', {', '.join(read)})"]
    parts = [
        f"select filename, n, {value} as name from texts where is_record and json_valid(text)"
        for value in read
    ]
    return " union ".join(parts) or "select filename, n, null::varchar as name from texts"
