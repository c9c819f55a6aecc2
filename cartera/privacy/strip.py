"""One batch without the erased: their own rows go, and facts about them lose who they are about.

Works on the files of a batch that nobody reads yet, one that is being landed or a new version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartera import tombstones
from cartera.duck import first_value, identifier, literal
from cartera.keys import SEPARATOR, hash_key, keyed_hash
from cartera.privacy.identifying import (
    CARTERA,
    DEVICE,
    candidates_sql,
    is_gone,
    mentions,
    of_kind,
    person_is_gone,
    said,
    slot_is_gone,
    slots,
    with_values,
)
from cartera.settings import Settings
from ingestion.refused import PARQUET
from ingestion.rows import EXTRA
from ingestion.source import Source

# What stand-ins are mixed with, so that nobody without this company's key makes them again.
SALT = "stand_in"


@dataclass(frozen=True)
class Rows:
    """What was done to landed rows: persons who went, and facts that nobody is named in now."""

    removed: int = 0
    unidentified: int = 0
    landed: int = 0


def read(paths: Sequence[Path], *, union: bool = True) -> str:
    """Parquet files of one source as a relation with ``filename`` and ``file_row_number``."""
    listed = ", ".join(literal(path) for path in paths)
    return (
        f"read_parquet([{listed}], union_by_name = {str(union).lower()}, filename = true, "
        "file_row_number = true, hive_partitioning = false)"
    )


def find_in_landed(
    settings: Settings, connection: duckdb.DuckDBPyConnection, source: Source, paths: Sequence[Path]
) -> int:
    """Temp table ``gone`` (kind, a, b, value): by what ``paths`` name erased persons."""
    relation = typed(connection, source, paths)
    query = f"from ({candidates_sql(source, relation, True)})"
    values = with_values(connection, query, settings.default_country)
    salt = keyed_hash(hash_key(settings), SALT)
    connection.execute(f"set variable {SALT} = {literal(salt)}")
    return tombstones.find_gone(settings, connection, values, "gone")


def typed(connection: duckdb.DuckDBPyConnection, source: Source, paths: Sequence[Path]) -> str:
    """``paths`` as a relation that has every column of ``source``, ``extra`` among them.

    Batches that landed before a column existed do not have it.
    """
    there = connection.execute(f"describe from {read(paths)}").fetchall()
    names = {row[0] for row in there}
    missing = [n for n in (*source.columns, "source_system", EXTRA) if n not in names]
    nulls = "".join(f", null::varchar as {identifier(name)}" for name in missing)
    return f"(select *{nulls} from {read(paths)})"


def touched(source: Source) -> str:
    """Whether a row of ``source`` has anything of an erased person, in ``gone``."""
    tests = [slot_is_gone(slot) for slot in slots(source)]
    if source.is_person:
        tests.append(person_is_gone())
    if DEVICE in source.columns:
        tests.append(is_gone("device", "source_system", DEVICE))
    for slot in slots(source):
        if slot.email:
            tests.append(of_kind("email", slot.email))
    tests += [mentions(identifier(name)) for name in (*said(source), EXTRA)]
    return f"({' or '.join(tests)})" if tests else "false"


def strip_landed(
    connection: duckdb.DuckDBPyConnection, source: Source, data: Path, target: Path
) -> Rows:
    """Write ``data`` to ``target`` without the erased of the temp table ``gone``.

    Leaves the temp table ``removed``: the numbers of the rows that went.
    """
    there = connection.execute(
        f"describe from read_parquet({literal(data)}, hive_partitioning = false)"
    ).fetchall()
    relation = typed(connection, source, [data])
    leaves = person_is_gone() if source.is_person else "false"
    connection.execute(
        "create or replace temp table removed as "
        f"select file_row_number as n from {relation} where {leaves}"
    )
    unidentified = first_value(
        connection, f"select count(*) from {relation} where not {leaves} and {touched(source)}"
    )
    changed = _changed(source)
    columns = ", ".join(
        f"{changed[name]} as {identifier(name)}" if name in changed else identifier(name)
        for name, *_ in there
    )
    aside = target.with_suffix(".stripped")
    connection.execute(
        f"copy (select {columns} from {relation} where not {leaves} order by file_row_number) "
        f"to {literal(aside)} {PARQUET}"
    )
    aside.replace(target)
    removed = first_value(connection, "select count(*) from removed")
    landed = first_value(connection, f"select count(*) from read_parquet({literal(target)})")
    return Rows(int(str(removed)), int(str(unidentified)), int(str(landed)))


def _changed(source: Source) -> dict[str, str]:
    """The columns that are another in a row about an erased person, as SQL."""
    changed: dict[str, str] = {}
    about = [slot_is_gone(slot) for slot in slots(source)]
    device = is_gone("device", "source_system", DEVICE) if DEVICE in source.columns else ""
    if device:
        about.append(device)
        # One browser stays one, and no longer the one that it was; who shared it keeps theirs.
        changed[DEVICE] = (
            f"case when {' or '.join(about)} then {_stand_in(DEVICE)} else {DEVICE} end"
        )
    for slot in slots(source):
        gone = slot_is_gone(slot)
        for name in slot.columns:
            instead = "null"
            if source.columns[name].required:
                # A record of the system that no source has: nobody, and each a row of its own.
                instead = _stand_in(slot.record, slot.system)
                changed["party_system"] = f"case when {gone} then '{CARTERA}' else party_system end"
            also = f" or {of_kind('email', name)}" if name == slot.email else ""
            changed[name] = f"case when {gone}{also} then {instead} else {identifier(name)} end"
    for name in (*said(source), EXTRA):
        is_about = " or ".join([*about, mentions(identifier(name))])
        changed[name] = f"case when {is_about} then null else {identifier(name)} end"
    return changed


def _stand_in(name: str, system: str = "source_system") -> str:
    """What stands for a value that a row must have: the same for the same, and no way back."""
    mixed = f"getvariable('{SALT}') || {system} || chr({ord(SEPARATOR)}) || {name}"
    return f"'erased-' || left(md5({mixed}), 20)"
