"""The statements of a replay: from refused records to the rows and the quarantine of a batch.

They work on tables of the connection: ``again_refused`` (all that was refused), ``again_given``
(what is parsed once more, numbered), ``again_outcome`` (the rule that each of it broke) and
``again_landed`` (the rows that come of it, and where they stand).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from cartera.batches import CORRECTED, GROUPS, Manifest
from cartera.duck import first_value, identifier, literal, one_file
from cartera.errors import CarteraError, UsageError
from ingestion.contract import Contract
from ingestion.exact_json import exact, is_nested
from ingestion.header import spelt_otherwise
from ingestion.json_lines import JSON_LINE, json_path, json_rows, keys_of_sample
from ingestion.parse import count_rows, spread_over_groups, write_accepted
from ingestion.raw import Raw, name_of
from ingestion.refused import PARQUET, with_last_rows_skipped
from ingestion.rows import SKIPPED, LookupTable, typed_rows

GROUP_LANDED = "group:landed"
RAGGED = "ragged:"
PARSED, ROWS = "again.parsed", "again.rows"
SHOWN = 100
# A refused record, before and after its correction.
KEPT = ("came", "record")


@dataclass
class Outcome:
    """What a replay came to, in records; ``failed`` are corrected ones that do not fit."""

    landed: int
    corrected: int
    skipped: dict[str, int] = field(default_factory=dict)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def remove_scratch(self, folder: Path) -> None:
        for name in (PARSED, ROWS):
            (folder / name).unlink(missing_ok=True)


def read_refused(path: Path) -> str:
    """A batch's quarantine as a relation with ``id``, the record's number in it."""
    return (
        "(select file_row_number as id, line, rule, record, place from "
        f"read_parquet({one_file(path)}, file_row_number = true, hive_partitioning = false))"
    )


def check_format(connection: duckdb.DuckDBPyConnection, batch: Manifest, rejected: Path) -> None:
    """Raises UsageError for a quarantine that was written before replays were known."""
    described = connection.execute(
        f"describe from read_parquet({one_file(rejected)}, hive_partitioning = false)"
    ).fetchall()
    if "place" not in {row[0] for row in described}:
        raise UsageError(
            f"Batch {batch.batch_id} was landed by an earlier version, which kept too little of "
            "its refused records.",
            fix='Have the file read again: `cartera batch discard --again --reason "…"`.',
        )


def check_groups_stay(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Raises UsageError for a correction that takes a record of ``again_given`` to another group.

    If it did not fit, the group that it came from would land without it.
    """
    moves = []
    for name in contract.group_by:
        came, now = (f"json_extract_string({x}, {literal(json_path(name))})" for x in KEPT)
        moves.append(f"(trim({came}) <> '' and {now} is distinct from {came})")
    if not moves:
        return
    # A record that came without its group, or without fields, may be given to one.
    moved = connection.execute(
        f"select line from again_given where is_corrected and json_valid(came) "
        f"and ({' or '.join(moves)}) order by line limit 1"
    ).fetchall()
    if moved:
        raise UsageError(
            f"The correction of line {moved[0][0]} changes what its group is known by "
            f"({', '.join(contract.group_by)}).",
            fix="Deliver the file again with the line corrected.",
        )


def put_together(connection: duckdb.DuckDBPyConnection, rejected: Path, corrections: str) -> None:
    """Fill ``again_refused``, ``again_corrected`` and ``again_given``.

    Of a ragged record nobody knows the fields: only a corrected one is parsed.
    """
    none = "(select null::BIGINT as line, null::VARCHAR as record, null::VARCHAR[] as columns)"
    made = [
        f"again_refused as from {read_refused(rejected)}",
        f"again_corrected as select * from {corrections or none} where line is not null",
        "again_given as select row_number() over (order by id) - 1 as n, r.id, r.line, r.place, "
        "coalesce(c.record, r.record) as record, r.record as came, c.columns, "
        "c.line is not null as is_corrected "
        "from again_refused r left join again_corrected c using (line) "
        f"where c.line is not null or not starts_with(r.rule, '{RAGGED}') order by id",
    ]
    for table in made:
        connection.execute(f"create or replace temp table {table}")


def again_as_raw(connection: duckdb.DuckDBPyConnection, contract: Contract, batch: Manifest) -> Raw:
    """``again_given`` as a file that the contract may parse.

    Raises UsageError if it is of another type than the file was.
    """
    was = kind_of(batch)
    if contract.forms.type != was:
        raise UsageError(
            f"Batch {batch.batch_id} came as {was}, and its contract now says "
            f"{contract.forms.type}.",
            fix='Have the file read again: `cartera batch discard --again --reason "…"`.',
        )
    file = name_of(Path(batch.delivery))
    if was == "jsonl":
        lines = f"(select record as {JSON_LINE} from again_given)"
        names = [JSON_LINE, *contract.raw_columns]
        keys = tuple(keys_of_sample(connection, lines))
        rows = json_rows(lines, contract)
        return Raw(rows, dict.fromkeys(names, "VARCHAR"), False, is_json=True, keys=keys, file=file)
    types = batch.columns or dict.fromkeys(batch.header, "VARCHAR")
    respelt = spelt_otherwise(contract.named_columns, types)
    meant = {column: name for name, column in respelt.items()}
    columns = ", ".join(
        f"{field_of(name, kind)} as {identifier(meant.get(name, name))}"
        for name, kind in types.items()
    )
    rows = f"(select {columns} from (select {fields_of('record', types)} as _f from again_given))"
    columns_meant = {meant.get(n, n): k for n, k in types.items()}
    return Raw(rows, columns_meant, False, respelt=respelt, file=file)


def kind_of(batch: Manifest) -> str:
    """The type of the file that a batch with refused records came as."""
    return "parquet" if batch.columns else "csv" if batch.header else "jsonl"


def fields_of(record: str, types: dict[str, str]) -> str:
    """The fields of a kept record as a struct of texts; of nested columns as JSON."""
    shape = {name: "JSON" if is_nested(kind) else "VARCHAR" for name, kind in types.items()}
    return f"from_json({record}, {literal(json.dumps(shape, ensure_ascii=False))})"


def field_of(name: str, kind: str) -> str:
    """One field of the struct ``_f``, of the type that it had in the file."""
    value = f"struct_extract(_f, {literal(name)})"
    if is_nested(kind) and exact(kind) != kind:
        value = f"try_cast({value} as {exact(kind)})"
    return value if kind == "VARCHAR" else f"try_cast({value} as {kind})"


def parse_again(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    raw: Raw,
    folder: Path,
    refused: Path,
    lookups: dict[str, LookupTable],
    unknown: Sequence[str],
    groups: Path | None,
) -> Outcome:
    """Parse ``again_given``: rows into ``folder``, groups that land into ``refused``.

    Fills ``again_outcome`` and ``again_landed``.
    """
    aside = folder / PARSED
    statement = typed_rows(contract, raw, lookups, unknown)
    connection.execute(f"copy ({statement}) to {literal(aside)} {PARQUET}")
    if count_rows(connection, aside) != first_value(connection, "select count(*) from again_given"):
        raise CarteraError("A replay did not read every record that it was given.")
    relation = with_last_rows_skipped(aside)
    keys = [f"_group{i}" for i in range(len(contract.group_by))]
    if keys:
        if groups:
            relation = _groups_refused(contract, relation, groups)
        spread_over_groups(connection, contract, relation, aside)
        relation = with_last_rows_skipped(aside)
        _write_groups(connection, contract, relation, groups, refused / GROUPS)
    write_accepted(connection, contract, relation, folder / ROWS, bool(unknown))
    connection.execute(
        "create or replace temp table again_outcome as "
        "select g.n, g.id, g.line, g.place, g.is_corrected, r._reject as rule "
        f"from {relation} r join again_given g on g.n = r.file_row_number"
    )
    firsts = "select n from again_outcome where rule is null"
    if keys:
        of_groups = f"from {relation} where _reject is null group by {', '.join(keys)}"
        firsts = f"select min(_row) as n {of_groups}"
    connection.execute(
        "create or replace temp table again_landed as "
        "select row_number() over (order by n) - 1 as j, g.id, g.place "
        f"from ({firsts}) join again_given g using (n)"
    )
    return _told(connection)


def _told(connection: duckdb.DuckDBPyConnection) -> Outcome:
    is_skipped = f"starts_with(rule, '{SKIPPED}')"
    landed, corrected = connection.execute(
        "select count(*), count(*) filter (is_corrected) from again_outcome where rule is null"
    ).fetchall()[0]
    skipped = connection.execute(
        f"select substr(rule, {len(SKIPPED) + 1}), count(*) from again_outcome "
        f"where {is_skipped} group by 1 order by 1"
    ).fetchall()
    failed = connection.execute(
        f"select line, rule from again_outcome where is_corrected and not {is_skipped} "
        f"order by id limit {SHOWN}"
    ).fetchall()
    return Outcome(landed, corrected, dict(skipped), [{"line": n, "rule": r} for n, r in failed])


def _groups_refused(contract: Contract, relation: str, groups: Path) -> str:
    """Refuse what belongs to a group that has landed without it: its total would be another."""
    same = " and ".join(
        f"cast(p._group{i} as VARCHAR) is not distinct from l.{identifier(name)}"
        for i, name in enumerate(contract.group_by)
    )
    return (
        f"(select p.* replace (case when p._reject is null and l._is_there then '{GROUP_LANDED}' "
        f"else p._reject end as _reject) from {relation} p left join (select *, true as _is_there "
        f"from read_parquet({one_file(groups)}, hive_partitioning = false)) l on {same})"
    )


def _write_groups(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    relation: str,
    groups: Path | None,
    target: Path,
) -> None:
    """The groups of the batch that have landed by now."""
    names = ", ".join(
        f"cast(_group{i} as VARCHAR) as {identifier(name)}"
        for i, name in enumerate(contract.group_by)
    )
    before = (
        f" union from read_parquet({one_file(groups)}, hive_partitioning = false)" if groups else ""
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"copy (select distinct {names} from {relation} where _reject is null{before}) "
        f"to {literal(target)} {PARQUET}"
    )


def merge(
    connection: duckdb.DuckDBPyConnection, landed: Path | None, folder: Path, to: Path
) -> int:
    """Write the rows of a batch with those that ``folder`` has of a replay; how many there are.

    A replayed row stands before the first landed row that came after it in the file.
    """
    rows = (
        "select n.* exclude (file_row_number), l.place as _place, 0 as _kind, l.id as _number "
        f"from {_rows(folder / ROWS)} n join again_landed l on n.file_row_number = l.j"
    )
    if landed:
        rows = (
            "select * exclude (file_row_number), file_row_number as _place, 1 as _kind, "
            f"file_row_number as _number from {_rows(landed)} union all by name {rows}"
        )
    connection.execute(
        f"copy (select * exclude (_place, _kind, _number) from ({rows}) "
        f"order by _place, _kind, _number) to {literal(to)} {PARQUET}"
    )
    return count_rows(connection, to)


def _rows(path: Path) -> str:
    return f"read_parquet({one_file(path)}, file_row_number = true, hive_partitioning = false)"


def keep_what_stays(
    connection: duckdb.DuckDBPyConnection, refused: Path, target: Path
) -> dict[str, int]:
    """Write the records that are still refused, with the rule of today; counts them by rule.

    Beside them the corrected records that landed, as they came and as they are now.
    """
    refused.mkdir(parents=True, exist_ok=True)
    connection.execute(
        "create or replace temp table again_stays as "
        "with stays as (select r.id, r.line, r.record, r.place, "
        "coalesce(case when not o.is_corrected then o.rule end, r.rule) as rule "
        "from again_refused r left join again_outcome o using (id) "
        f"where o.id is null or (o.rule is not null and not starts_with(o.rule, '{SKIPPED}'))), "
        "numbered as (select id, row_number() over (order by id) as before from again_landed) "
        "select stays.id, line, rule, record, cast(place + coalesce(before, 0) as BIGINT) as place "
        "from stays asof left join numbered on stays.id >= numbered.id"
    )
    rejects = connection.execute(
        "select rule, count(*) from again_stays group by rule order by rule"
    ).fetchall()
    if rejects:
        connection.execute(
            "copy (select line, rule, record, place from again_stays order by id) "
            f"to {literal(target)} {PARQUET}"
        )
    corrected = (
        "from again_given g join again_outcome o using (id) where g.is_corrected and o.rule is null"
    )
    if first_value(connection, f"select count(*) {corrected}"):
        connection.execute(
            f"copy (select g.line, g.columns, g.came, g.record {corrected} order by id) "
            f"to {literal(refused / CORRECTED)} {PARQUET}"
        )
    return dict(rejects)
