"""One path from a delivered file to typed rows and the rows that were refused.

The file is parsed once, into a Parquet file with the source's columns and the rule that
each row broke. Only where a row broke one is the file read a second time, to keep the
refused rows as they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cartera.duck import first_value, identifier, literal
from ingestion.contract import Contract, Mapping, SourceColumn
from ingestion.expressions import clean, typed
from ingestion.raw import JSON_LINE, Raw, unreadable

PARQUET = "(format parquet, compression zstd)"
TAKES = {"sum": "sum", "min": "min", "max": "max", "first": "arg_min", "last": "arg_max"}


@dataclass(frozen=True)
class Parsed:
    """What a file came to, in records of the file; ``rows`` are those that landed."""

    received: int
    accepted: int
    quarantined: int
    rows: int
    rejects: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LookupTable:
    """The key and value columns of a looked-up source, as a relation, and its batches."""

    relation: str
    batches: list[str]


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
) -> Parsed:
    """Parse a file into accepted rows and, where there are any, refused ones.

    Rows keep the order of the file. Raises UnreadableDelivery if the file breaks off.
    """
    seen, refused, ragged = _read_once(
        connection, contract, raw, target, _typed_rows(contract, raw, lookups)
    )
    rows = seen - refused
    if contract.group_by or refused:
        _write_accepted(connection, contract, target.aside, target.data)
        rows = count_rows(connection, target.data)
        target.aside.unlink()
    else:
        target.aside.rename(target.data)
    return Parsed(
        received=seen + ragged,
        accepted=seen - refused,
        quarantined=refused + ragged,
        rows=rows,
        rejects=_reject_counts(connection, target.rejected) if refused or ragged else {},
    )


def refuse_all(
    connection: duckdb.DuckDBPyConnection, contract: Contract, raw: Raw, target: Target
) -> Parsed:
    """Quarantine every record of a file whose columns do not fit its contract."""
    # Every column is read, so that a record with bytes that are no text counts as what it is.
    rows = f"select if(strlen({_record(raw)}) < 0, null, 'schema') as _reject from {raw.relation}"
    seen, _, ragged = _read_once(connection, contract, raw, target, rows)
    target.aside.unlink()
    rejects = _reject_counts(connection, target.rejected) if seen or ragged else {}
    return Parsed(seen + ragged, 0, seen + ragged, 0, rejects)


def count_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Rows of a Parquet file."""
    return int(str(first_value(connection, f"select count(*) from read_parquet({literal(path)})")))


def _read_once(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: Raw,
    target: Target,
    rows: str,
) -> tuple[int, int, int]:
    """Write ``rows`` aside and the refused ones to quarantine; counts seen, refused, ragged."""
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    try:
        connection.execute(f"copy ({rows}) to {literal(target.aside)} {PARQUET}")
    except duckdb.Error as error:
        if "No space left" in str(error):
            raise
        raise unreadable(target.path, error) from error
    if contract.group_by and "_group0" in rows:
        _spread_over_groups(connection, contract, target.aside)
    seen, refused = connection.execute(
        f"select count(*), count(_reject) from read_parquet({literal(target.aside)})"
    ).fetchall()[0]
    ragged = _ragged(connection) if raw.is_text else 0
    if refused or ragged:
        _keep_refused(connection, contract, raw, target)
    return seen, refused, ragged


def _typed_rows(contract: Contract, raw: Raw, lookups: dict[str, LookupTable]) -> str:
    """The statement that yields the source's columns, group keys and ``_reject``."""
    names = [name for name in contract.raw_columns if name in raw.columns]
    place = {name: f"c{i}" for i, name in enumerate(names)}
    cleaned = ", ".join(
        f"{clean(identifier(name), raw.columns[name], contract.forms)} as {place[name]}"
        for name in names
    )
    # A column that nobody reads is not checked either. Bytes in it that are no text would refuse
    # their record only when it is read again, whole, and shift the numbers of the others.
    unread = [n for n in raw.columns if n not in names and n != JSON_LINE] if raw.is_text else []
    cleaned += "".join(f", strlen({identifier(n)}) as u{i}" for i, n in enumerate(unread))
    joins = ""
    values = []
    broken = [f"when u{i} < 0 then 'unread'" for i in range(len(unread))]
    if JSON_LINE in raw.columns:
        cleaned += f", json_valid({JSON_LINE}) as _is_json"
        broken.append("when not _is_json then 'invalid_json'")
    outputs = []
    for number, (name, column) in enumerate(contract.model.columns.items()):
        mapping = contract.columns.get(name)
        if mapping is None:
            outputs.append(f"cast(null as {column.sql_type}) as {identifier(name)}")
            continue
        if mapping.lookup:
            table = lookups[name]
            joins += (
                f" left join {table.relation} l{number} "
                f"on cast({place[str(mapping.from_)]} as VARCHAR) = l{number}.k"
            )
        value = _value(mapping, column, contract, place, raw, f"l{number}.v")
        values.append(f"{value} as v{number}")
        outputs.append(f"v{number} as {identifier(name)}")
        broken += _rules(name, column, mapping, place, raw, contract, f"v{number}")
    order = ""
    if joins:
        # A join keeps no order, and the order of rows tells versions and line numbers.
        cleaned += ", row_number() over () as _place"
        order = " order by _place"
    groups = [f", {place[key]} as _group{i}" for i, key in enumerate(contract.group_by)]
    reject = f"case {' '.join(broken)} end" if broken else "cast(null as VARCHAR)"
    return (
        f"with cleaned as (select {cleaned} from {raw.relation}), "
        f"valued as (select cleaned.*, {', '.join(values)} from cleaned{joins}) "
        f"select {', '.join(outputs)}, {literal(contract.system)} as source_system, "
        f"{reject} as _reject{''.join(groups)} from valued{order}"
    )


def _value(
    mapping: Mapping,
    column: SourceColumn,
    contract: Contract,
    place: dict[str, str],
    raw: Raw,
    looked_up: str,
) -> str:
    if mapping.constant is not None:
        return f"cast({literal(mapping.constant)} as {column.sql_type})"
    if mapping.lookup:
        return f"cast({looked_up} as {column.sql_type})"
    if mapping.join:
        parts = " || '|' || ".join(f"cast({place[name]} as VARCHAR)" for name in mapping.join)
        return f"cast({parts} as {column.sql_type})"
    parts_typed = [
        typed(place[name], raw.columns[name], column, mapping, contract.forms)
        for name in mapping.raw_columns
    ]
    if mapping.add:
        total = " + ".join(f"coalesce({part}, 0)" for part in parts_typed)
        return f"cast({total} as {column.sql_type})"
    return parts_typed[0]


def _rules(
    name: str,
    column: SourceColumn,
    mapping: Mapping,
    place: dict[str, str],
    raw: Raw,
    contract: Contract,
    value: str,
) -> list[str]:
    """The rules of one column, as branches of a ``case`` that names the first one broken."""
    rules = []
    if mapping.add:
        unread = " or ".join(
            f"({place[part]} is not null and "
            f"({typed(place[part], raw.columns[part], column, mapping, contract.forms)}) is null)"
            for part in mapping.add
        )
        rules.append(f"when {unread} then {literal(f'unreadable:{name}')}")
    elif mapping.from_:
        rule = "lookup" if mapping.lookup else "unknown" if mapping.values else "unreadable"
        given = f"{place[mapping.from_]} is not null"
        rules.append(f"when {value} is null and {given} then {literal(f'{rule}:{name}')}")
    if column.required and mapping.constant is None:
        rules.append(f"when {value} is null then {literal(f'missing:{name}')}")
    if column.values and not mapping.values and mapping.constant is None:
        allowed = ", ".join(literal(code) for code in column.values)
        rules.append(f"when {value} not in ({allowed}) then {literal(f'unknown:{name}')}")
    return rules


def _ragged(connection: duckdb.DuckDBPyConnection) -> int:
    """How many records DuckDB could not split into fields. A record may have several errors."""
    return int(str(first_value(connection, "select count(distinct line) from reject_errors")))


def _spread_over_groups(
    connection: duckdb.DuckDBPyConnection, contract: Contract, aside: Path
) -> None:
    """Refuse all rows of a group that lost one: what is left would sum to a wrong total."""
    keys = ", ".join(f"_group{i}" for i in range(len(contract.group_by)))
    whole = aside.with_suffix(".groups")
    connection.execute(
        f"copy (select * exclude (file_row_number) replace (coalesce(_reject, "
        f"case when bool_or(_reject is not null) over (partition by {keys}) then 'group' end) "
        f"as _reject), file_row_number as _row "
        f"from read_parquet({literal(aside)}, file_row_number = true) order by file_row_number) "
        f"to {literal(whole)} {PARQUET}"
    )
    whole.replace(aside)


def _write_accepted(
    connection: duckdb.DuckDBPyConnection, contract: Contract, aside: Path, data: Path
) -> None:
    source = f"read_parquet({literal(aside)})"
    if not contract.group_by:
        select = f"select * exclude (_reject) from {source} where _reject is null"
    else:
        keys = [f"_group{i}" for i in range(len(contract.group_by))]
        outputs = []
        for name, column in contract.model.columns.items():
            mapping = contract.columns.get(name)
            take = TAKES[mapping.take if mapping and mapping.take else "first"]
            ordered = ", _row" if take.startswith("arg") else ""
            taken = f"{take}({identifier(name)}{ordered})"
            outputs.append(f"cast({taken} as {column.sql_type}) as {identifier(name)}")
        select = (
            f"select {', '.join(outputs)}, any_value(source_system) as source_system "
            f"from {source} where _reject is null group by {', '.join(keys)} order by min(_row)"
        )
    connection.execute(f"copy ({select}) to {literal(data)} {PARQUET}")


def _keep_refused(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: Raw,
    target: Target,
) -> None:
    """Write the refused records as they came, with their line and the rule that they broke.

    ``line`` counts the file's lines, a quoted line break as part of its record.
    """
    ragged = (
        "select null::BIGINT as line, null::VARCHAR as rule, null::VARCHAR as record where false"
    )
    if raw.is_text:
        connection.execute("create or replace temp table ragged as select * from reject_errors")
        ragged = (
            "select line, 'ragged:' || lower(replace(min(error_type::VARCHAR), ' ', '_')) as rule, "
            "min(csv_line) as record from ragged group by line"
        )
    header = 1 if contract.forms.type == "csv" else 0
    record = _record(raw)
    target.rejected.parent.mkdir(parents=True, exist_ok=True)
    # The n-th record that was read stands n - 1 lines below the header, plus the ragged
    # ones before it.
    connection.execute(
        f"copy (with ragged_lines as ({ragged}), "
        f"bad as (select file_row_number + 1 as n, _reject as rule "
        f"from read_parquet({literal(target.aside)}, file_row_number = true) "
        f"where _reject is not null), "
        f"numbered as (select row_number() over () as n, {record} as record from {raw.relation}), "
        f"shifts as (select line, line - {header} - row_number() over (order by line) as before "
        f"from ragged_lines) "
        f"select cast(line as BIGINT) as line, rule, record from ("
        f"select n + {header} + (select count(*) from shifts where before < n) as line, rule, "
        f"cast(record as VARCHAR) as record from bad join numbered using (n) "
        f"union all by name select line, rule, record from ragged_lines) order by line) "
        f"to {literal(target.rejected)} {PARQUET}"
    )


def _record(raw: Raw) -> str:
    """A whole record as text: a JSON line as it came, else its columns as a JSON object."""
    if JSON_LINE in raw.columns:
        return JSON_LINE
    fields = ", ".join(f"{literal(name)}: {identifier(name)}" for name in raw.columns)
    return f"cast(to_json({{{fields}}}) as VARCHAR)"


def _reject_counts(connection: duckdb.DuckDBPyConnection, rejected: Path) -> dict[str, int]:
    counts = connection.execute(
        f"select rule, count(*) from read_parquet({literal(rejected)}) group by rule order by rule"
    ).fetchall()
    return dict(counts)
