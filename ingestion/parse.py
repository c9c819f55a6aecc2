"""One path from a delivered file to typed rows and the rows that were refused.

The file is parsed once, into a Parquet file with the source's columns and the rule that
each row broke. Only where a row broke one is the file read a second time, to keep the
refused rows as they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cartera.duck import first_value, identifier, is_of_storage, literal, one_file
from ingestion.contract import Contract, Forms
from ingestion.raw import Raw, unreadable
from ingestion.recount import recount
from ingestion.refused import (
    OPEN_QUOTE,
    PARQUET,
    collect_ragged,
    keep_refused,
    record_text,
    with_last_rows_skipped,
)
from ingestion.rows import EXTRA, SKIPPED, LookupTable, typed_rows

TAKES = {"sum": "sum", "min": "min", "max": "max", "first": "arg_min", "last": "arg_max"}


@dataclass(frozen=True)
class Parsed:
    """What a file came to, in records of the file; ``rows`` are those that landed."""

    received: int
    accepted: int
    quarantined: int
    rows: int
    rejects: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A delivered file, and where its accepted and its refused rows go."""

    path: Path
    data: Path
    rejected: Path

    @property
    def aside(self) -> Path:
        """All parsed rows with the rule that each broke, until they are told apart."""
        return self.data.with_suffix(".parsed")


def parse(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: Raw,
    target: Target,
    lookups: dict[str, LookupTable],
    unknown: Sequence[str] = (),
) -> Parsed:
    """Parse a file into accepted rows and, where there are any, refused ones.

    Rows keep the order of the file. Raises UnreadableDelivery if the file breaks off.
    """
    read = _read_once(
        connection, contract, raw, target, typed_rows(contract, raw, lookups, unknown)
    )
    if contract.group_by or read.refused or read.skipped_rows:
        write_accepted(connection, contract, read.relation, target.data, bool(unknown))
        rows = count_rows(connection, target.data)
        target.aside.unlink()
    else:
        target.aside.rename(target.data)
        rows = read.seen
    return Parsed(
        received=read.received,
        accepted=read.received - read.refused - read.ragged,
        quarantined=read.refused + read.ragged,
        rows=rows,
        rejects=read.rejects,
        skipped=read.skipped,
    )


def refuse_all(
    connection: duckdb.DuckDBPyConnection, contract: Contract, raw: Raw, target: Target
) -> Parsed:
    """Quarantine every record of a file whose columns do not fit its contract."""
    # Every column is read, so that a record with bytes that are no text counts as what it is.
    text = record_text(raw)
    rows = f"select if(strlen({text}) < 0, null, 'schema') as _reject from {raw.relation}"
    read = _read_once(connection, contract, raw, target, rows)
    target.aside.unlink()
    return Parsed(read.received, 0, read.received, 0, read.rejects, read.skipped)


def count_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Rows of a Parquet file."""
    return int(str(first_value(connection, f"select count(*) from read_parquet({one_file(path)})")))


@dataclass(frozen=True)
class _Read:
    """What one reading found. Ragged records never became rows; of the rows, some are skipped."""

    relation: str
    seen: int
    refused: int
    ragged: int
    skipped_rows: int
    skipped: dict[str, int]
    rejects: dict[str, int]

    @property
    def received(self) -> int:
        return self.seen - self.skipped_rows + self.ragged


def _read_once(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: Raw,
    target: Target,
    rows: str,
) -> _Read:
    """Write ``rows`` aside and the refused ones to quarantine."""
    for table in ("reject_errors", "reject_scans", "ragged"):
        connection.execute(f"drop table if exists {table}")
    try:
        connection.execute(f"copy ({rows}) to {literal(target.aside)} {PARQUET}")
    except duckdb.Error as error:
        if is_of_storage(error):
            raise
        raise unreadable(target.path, error) from error
    seen = count_rows(connection, target.aside)
    ragged = collect_ragged(connection, contract.forms, raw, seen)
    _check_quotes(connection, contract.forms, raw, target.path, seen + ragged.records)
    relation = with_last_rows_skipped(
        target.aside, seen - ragged.last_rows if ragged.last_rows else None
    )
    if contract.group_by and "_group0" in rows:
        spread_over_groups(connection, contract, relation, target.aside)
        relation = with_last_rows_skipped(target.aside)
    broken, skipped_rows = connection.execute(
        f"select count(_reject), count(*) filter (starts_with(_reject, '{SKIPPED}')) "
        f"from {relation}"
    ).fetchall()[0]
    skipped = _skipped(connection, relation) if skipped_rows else {}
    if ragged.footers:
        skipped["footer"] = skipped.get("footer", 0) + ragged.footers
    refused = broken - skipped_rows
    rejects = {}
    if refused or ragged.refused:
        groups = contract.group_by if "_group0" in rows else ()
        keep_refused(connection, raw, relation, target.rejected, groups)
        rejects = _reject_counts(connection, target.rejected)
    return _Read(relation, seen, refused, ragged.refused, skipped_rows, skipped, rejects)


def _check_quotes(
    connection: duckdb.DuckDBPyConnection, forms: Forms, raw: Raw, path: Path, records: int
) -> None:
    """Raise UnreadableDelivery if quotes leave it open where records begin and end.

    The last record, if it is the rest of the file, gets a rule of its own.
    """
    if not raw.text:
        return
    misquoted = first_value(
        connection,
        "select count(*) from reject_errors where error_type::VARCHAR = 'UNQUOTED VALUE'",
    )
    # Lines that end in LF CR have given no record at all.
    if records and not raw.is_doubtful and not misquoted:
        return
    again = recount(raw.text, forms)
    if again.records != records or (again.is_open and not misquoted):
        raise unreadable(
            path,
            ValueError(
                f"it has {records} records by one reading and {again.records} by another: quotes "
                "that are not closed, text after a closing one, or odd line ends"
            ),
        )
    if again.is_open:
        connection.execute(
            f"update ragged set rule = {literal(OPEN_QUOTE)} "
            "where line = (select max(line) from ragged)"
        )


def _skipped(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, int]:
    counts = connection.execute(
        f"select substr(_reject, {len(SKIPPED) + 1}), count(*) from {relation} "
        f"where starts_with(_reject, '{SKIPPED}') group by 1 order by 1"
    ).fetchall()
    return dict(counts)


def spread_over_groups(
    connection: duckdb.DuckDBPyConnection, contract: Contract, relation: str, aside: Path
) -> None:
    """Refuse all rows of a group that lost one: what is left would sum to a wrong total."""
    keys = ", ".join(f"_group{i}" for i in range(len(contract.group_by)))
    whole = aside.with_suffix(".groups")
    connection.execute(
        f"copy (select * exclude (file_row_number) replace (coalesce(_reject, "
        f"case when bool_or(_reject is not null and not starts_with(_reject, '{SKIPPED}')) "
        f"over (partition by {keys}) then 'group' end) as _reject), file_row_number as _row "
        f"from {relation} order by file_row_number) "
        f"to {literal(whole)} {PARQUET}"
    )
    whole.replace(aside)


def write_accepted(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    relation: str,
    data: Path,
    has_extra: bool,
) -> None:
    """Write the rows of ``relation`` that broke no rule; of a contract that groups, the groups."""
    if not contract.group_by:
        select = (
            f"select * exclude (_reject, file_row_number) from {relation} where _reject is null"
        )
    else:
        keys = [f"_group{i}" for i in range(len(contract.group_by))]
        outputs = []
        for name, column in contract.model.columns.items():
            mapping = contract.columns.get(name)
            take = TAKES[mapping.take if mapping and mapping.take else "first"]
            ordered = ", _row" if take.startswith("arg") else ""
            taken = f"{take}({identifier(name)}{ordered})"
            outputs.append(f"cast({taken} as {column.sql_type}) as {identifier(name)}")
        if has_extra:
            outputs.append(f"arg_min({identifier(EXTRA)}, _row) as {identifier(EXTRA)}")
        select = (
            f"select {', '.join(outputs)}, any_value(source_system) as source_system "
            f"from {relation} where _reject is null group by {', '.join(keys)} order by min(_row)"
        )
    connection.execute(f"copy ({select}) to {literal(data)} {PARQUET}")


def _reject_counts(connection: duckdb.DuckDBPyConnection, rejected: Path) -> dict[str, int]:
    counts = connection.execute(
        f"select rule, count(*) from read_parquet({one_file(rejected)}) group by rule order by rule"
    ).fetchall()
    return dict(counts)
