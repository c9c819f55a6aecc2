"""One batch without the erased: their own rows go, and facts about them lose who they are about.

Works on the files of a batch that nobody reads yet, one that is being landed or a new version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cartera import tombstones
from cartera.duck import identifier, literal, one_file
from cartera.keys import SEPARATOR, hash_key, keyed_hash
from cartera.party_keys import party, write_party_keys
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
from ingestion.source import PARTY_KEY, Source

# What stand-ins are mixed with, so that nobody without this company's key makes them again.
SALT = "stand_in"


@dataclass(frozen=True)
class Rows:
    """What was done to landed rows: persons who went, and facts that nobody is named in now."""

    removed: int = 0
    unidentified: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.removed or self.unidentified)


def read(paths: Sequence[Path], *, union: bool = True) -> str:
    """Parquet files of one source as a relation with ``filename`` and ``file_row_number``."""
    listed = ", ".join(map(one_file, paths))
    return (
        f"read_parquet([{listed}], union_by_name = {str(union).lower()}, filename = true, "
        "file_row_number = true, hive_partitioning = false)"
    )


def find_in_landed(
    settings: Settings, connection: duckdb.DuckDBPyConnection, source: Source, paths: Sequence[Path]
) -> int:
    """Temp table ``gone`` (kind, a, b, value): by what ``paths`` name erased persons."""
    name_parties(settings, connection, source, paths)
    relation = named(connection, source, paths)
    query = f"from ({candidates_sql(source, relation, True)})"
    values = with_values(connection, query, settings.default_country)
    salt = keyed_hash(hash_key(settings), SALT)
    connection.execute(f"set variable {SALT} = ?", [salt])
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


def name_parties(
    settings: Settings, connection: duckdb.DuckDBPyConnection, source: Source, paths: Sequence[Path]
) -> None:
    """A temp table of the names that ``named`` gives to whom rows of ``paths`` name by no id."""
    if source.names_without_id:
        parties = f"select {party()} as party from {typed(connection, source, paths)}"
        write_party_keys(settings, connection, parties, _party_keys(source))


def named(connection: duckdb.DuckDBPyConnection, source: Source, paths: Sequence[Path]) -> str:
    """As ``typed``, with ``party_key`` where rows may name somebody without an id.

    Needs ``name_parties``.
    """
    relation = typed(connection, source, paths)
    if not source.names_without_id:
        return relation
    return (
        f"(select told.*, {PARTY_KEY} from {relation} as told "
        f"left join {_party_keys(source)} on party = {party()})"
    )


def _party_keys(source: Source) -> str:
    return f"party_keys_{source.source}"


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


def mark(
    connection: duckdb.DuckDBPyConnection, source: Source, paths: Sequence[Path]
) -> dict[Path, Rows]:
    """Temp table ``marked``: each row of ``paths`` with something of the erased in ``gone``.

    With its file, its number ``n``, whether it ``leaves``, and what its columns become. Looks at
    each row once, however many files are written by it. Returns what is marked, by file. Needs
    ``find_in_landed`` of the same paths.
    """
    relation = named(connection, source, paths)
    leaves = person_is_gone() if source.is_person else "false"
    become = "".join(f", {sql} as {identifier(name)}" for name, sql in _changed(source).items())
    connection.execute(
        "create or replace temp table marked as select filename as file, file_row_number as n, "
        f"{leaves} as leaves{become} from {relation} where {leaves} or {touched(source)}"
    )
    rows = connection.execute(
        "select file, count(*) filter (leaves), count(*) filter (not leaves) from marked group by 1"
    ).fetchall()
    return {Path(file): Rows(removed, unidentified) for file, removed, unidentified in rows}


def strip_landed(
    connection: duckdb.DuckDBPyConnection, source: Source, data: Path, marked_as: Path
) -> None:
    """Write ``data`` anew as ``marked`` says of ``marked_as``, of which it may be a copy."""
    here = f"(select * from marked where file = {literal(marked_as)})"
    there = connection.execute(
        f"describe from read_parquet({one_file(data)}, hive_partitioning = false)"
    ).fetchall()
    changed = _changed(source)
    columns = ", ".join(
        f"if(here.n is null, landed.{identifier(name)}, here.{identifier(name)}::{kind}) "
        f"as {identifier(name)}"
        if name in changed
        else f"landed.{identifier(name)}"
        for name, kind, *_ in there
    )
    aside = data.with_suffix(".stripped")
    connection.execute(
        f"copy (select {columns} from {read([data])} as landed left join {here} as here "
        f"on n = file_row_number where leaves is not true order by file_row_number) "
        f"to {literal(aside)} {PARQUET}"
    )
    aside.replace(data)


def list_removed(connection: duckdb.DuckDBPyConnection, marked_as: Path) -> None:
    """Temp table ``removed``: the numbers of the rows that went of ``marked_as``."""
    connection.execute(
        "create or replace temp table removed as select n from marked "
        f"where leaves and file = {literal(marked_as)}"
    )


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
