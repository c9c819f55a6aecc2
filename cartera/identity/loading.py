"""A stranger's records, and whose they are, from files; what does not fit is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cartera.duck import identifier, one_file
from cartera.errors import UsageError

_KEY = ["source_system", "source_record_id", "source"]
_TEXTS = [
    *_KEY,
    "given_name",
    "surname",
    "second_surname",
    "full_name",
    "email",
    "phone",
    "tax_id",
    "loyalty_number",
    "address",
    "postal_code",
    "city",
    "region",
    "country",
    "language",
    "home_store_id",
    "account_owner",
]
COLUMNS = {
    **dict.fromkeys(_TEXTS, "varchar"),
    "birth_date": "date",
    "created_at": "timestamp",
    "updated_at": "timestamp",
}
_OF_LABELS = {"person": ("person_id", "person"), "household": ("household_id", "household")}
# So many of what does not fit are named.
_NAMED = 5


def load_people(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str]
) -> list[str]:
    """Fill ``work.staging.stg_people`` from a file, columns by name or as ``columns`` says.

    Returns what of it was not used, in sentences. Raises UsageError for a file that does not fit.
    """
    with _readable(path, "Save it as UTF-8, or say in a contract how to read it (--contract)."):
        file = _file(path)
        there = {row[0] for row in connection.execute(f"describe from {file}").fetchall()}
        used = {name: name for name in COLUMNS if name in there} | columns
        _refuse_columns(path, there, columns, used)
        parts = []
        for name, kind in COLUMNS.items():
            value = f"null::{kind}"
            if name in used:
                value = f"try_cast({identifier(used[name])} as {kind})"
            if name == "source_system":
                value = f"coalesce({value}, 'records')"
            elif name == "source":
                value = f"coalesce({value}, 'crm_contacts')"
            parts.append(f"{value} as {identifier(name)}")
        connection.execute(
            f"create table work.staging.stg_people as select {', '.join(parts)} from {file}"
        )
        _refuse_repeated(connection, path, "work.staging.stg_people", "records")
        # A contract names what it uses: the rest is not forgotten.
        ignored = [] if columns else sorted(there - set(used))
        return [
            *([f"columns not used: {', '.join(ignored)}"] if ignored else []),
            *_unread(connection, file, used),
        ]


def load_labels(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Temp table ``labels``: source_system, source_record_id, person, household.

    Raises UsageError unless each record that is there has one.
    """
    with _readable(path, "Save it as UTF-8."):
        _load_labels(connection, path)
    _refuse_repeated(connection, path, "labels", "labels")
    unlabelled = connection.execute(
        "select count(*) from work.staging.stg_people "
        "anti join labels using (source_system, source_record_id)"
    ).fetchall()[0][0]
    if unlabelled:
        raise UsageError(
            f"{path}: {unlabelled:,} records have no label.",
            fix="Label every record, or leave the others out of the records.",
        )


def _load_labels(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    file = _file(path)
    there = {row[0] for row in connection.execute(f"describe from {file}").fetchall()}
    found = {
        kind: next((name for name in names if name in there), None)
        for kind, names in _OF_LABELS.items()
    }
    if "source_record_id" not in there or not found["person"]:
        raise UsageError(
            f"{path} has no columns source_record_id and person_id.",
            fix="Labels are a file with source_system, source_record_id, person_id and, where "
            "known, household_id.",
        )
    system = "source_system::varchar" if "source_system" in there else "'records'"
    household = f"{identifier(found['household'])}::varchar" if found["household"] else "null"
    connection.execute(
        f"create temp table labels as select {system} as source_system, "
        f"source_record_id::varchar as source_record_id, "
        f"{identifier(found['person'])}::varchar as person, {household} as household from {file}"
    )


def _refuse_columns(
    path: Path, there: set[str], columns: dict[str, str], used: dict[str, str]
) -> None:
    """Raises UsageError where a column is named that is not there, or none is known."""
    unknown = sorted(set(columns) - set(COLUMNS)) + sorted(set(columns.values()) - there)
    if unknown:
        raise UsageError(
            f"{path}: no column {unknown[0]!r}.", fix=f"There are: {', '.join(sorted(there))}."
        )
    if "source_record_id" not in used:
        raise UsageError(
            f"{path} has no column source_record_id.",
            fix="Name the column that is each record's key, in the contract or in the file; "
            f"there are: {', '.join(sorted(there))}.",
        )
    if not set(used) - set(_KEY):
        told = [name for name in COLUMNS if name not in _KEY]
        raise UsageError(
            f"{path}: no column says who anybody is; there are: {', '.join(sorted(there))}.",
            fix=f"Give --contract, or name the columns as Cartera does: {', '.join(told)}.",
        )


def _refuse_repeated(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, what: str
) -> None:
    """Raises UsageError where a record's key is on several lines, or missing."""
    rows = connection.execute(
        f"""
        select coalesce(source_system || ':' || source_record_id, 'no key') as name, count(*)
        from {table} group by source_system, source_record_id
        having count(*) > 1 or name = 'no key' order by name
        """
    ).fetchall()
    if rows:
        named = ", ".join(f"{name} ({count:,})" for name, count in rows[:_NAMED])
        more = ", …" if len(rows) > _NAMED else ""
        raise UsageError(
            f"{path}: {len(rows):,} records are on several lines or without a key, such as "
            f"{named}{more}.",
            fix=f"Leave one line per record in the {what}.",
        )


def _unread(connection: duckdb.DuckDBPyConnection, file: str, used: dict[str, str]) -> list[str]:
    """Values that are no date, by column, in sentences."""
    told = []
    for name, kind in COLUMNS.items():
        if kind == "varchar" or name not in used:
            continue
        column = identifier(used[name])
        wrong, first = connection.execute(
            f"select count(*), min({column}::varchar) from {file} "
            f"where trim({column}::varchar) <> '' and try_cast({column} as {kind}) is null"
        ).fetchall()[0]
        if wrong:
            told.append(
                f"{wrong:,} values of {used[name]} are no dates such as 1980-05-31 and count as "
                f"not told ({first}); a contract says how dates are written (--contract)"
            )
    return told


@contextmanager
def _readable(path: Path, fix: str) -> Iterator[None]:
    """Say of what DuckDB cannot read which file it is, and what to do."""
    try:
        yield
    except duckdb.InvalidInputException as error:
        first = str(error).partition("\n")[0].removeprefix("Invalid Input Error: ").rstrip(".")
        why = "it is not UTF-8" if "not utf-8" in str(error) else first
        raise UsageError(f"{path} cannot be read: {why}.", fix=fix) from error


def _file(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", fix="Give the path of a CSV or Parquet file.")
    if path.suffix == ".parquet":
        return f"read_parquet({one_file(path)})"
    return f"read_csv({one_file(path)}, all_varchar = true, header = true)"
