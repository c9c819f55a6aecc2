"""Corrections: refused records as somebody wants them read, from a file or from one command.

The file is CSV, for a spreadsheet: a row per record with its line, the rule that it broke, and
the export's own columns (of JSON lines the whole record). A cell that a spreadsheet would take
for a formula gets a ' before it, and so does one that begins with it; reading takes one off
again, so that what nobody changed is what it was. An empty cell is no value, a lone ' an empty
text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from cartera.batches import Manifest
from cartera.duck import identifier, literal
from cartera.errors import UsageError
from cartera.settings import Settings
from ingestion.again import (
    RAGGED,
    check_format,
    field_of,
    fields_of,
    kind_of,
    read_refused,
)
from ingestion.refused import is_nested

LINE, RULE, RECORD = "cartera:line", "cartera:rule", "cartera:record"
# What makes a spreadsheet take a cell for a formula, and our own mark.
DANGEROUS = "^[=+@\\t\\r\\n'-]"
MAX_LINE_BYTES = 64 << 20

# Makes a relation of (line, record, columns) for a batch.
Corrections = Callable[[duckdb.DuckDBPyConnection, Manifest], str]


def export(
    settings: Settings, connection: duckdb.DuckDBPyConnection, batch: Manifest, to: Path
) -> int:
    """Write the refused records of a batch to ``to``; how many they are."""
    check_format(connection, batch, batch.rejected(settings))
    shown = [f"line as {identifier(LINE)}", f"rule as {identifier(RULE)}"]
    if kind_of(batch) == "jsonl":
        shown.append(f"{_safe('record')} as {identifier(RECORD)}")
    else:
        text = f"case when starts_with(rule, '{RAGGED}') then record end"
        shown.append(f"{_safe(text)} as {identifier(RECORD)}")
        shown += [
            f"{_safe(_text_of(name))} as {identifier(_safe_name(name))}" for name in _types(batch)
        ]
    connection.execute(
        f"copy (select {', '.join(shown)} from {_with_fields(settings, batch)} order by id) "
        f"to {literal(to)} (format csv, header, force_quote *, use_tmp_file false)"
    )
    return batch.quarantined


def from_file(settings: Settings, path: Path) -> Corrections:
    """The corrections that an edited export holds: what differs from the record as it came."""

    def corrections(connection: duckdb.DuckDBPyConnection, batch: Manifest) -> str:
        given = _header(path)
        is_json = kind_of(batch) == "jsonl"
        types = {} if is_json else _types(batch)
        columns = {name: _safe_name(name) for name in types if _safe_name(name) in given}
        missing = {LINE, *([RECORD] if is_json else [])} - set(given)
        strange = set(given) - {LINE, RULE, RECORD, *columns.values()}
        if missing or strange:
            what = f"has no column {min(missing)}" if missing else f"has a column {min(strange)!r}"
            raise UsageError(
                f"{path} {what}, so it is no export of batch {batch.batch_id}.",
                fix="Make one with `cartera quarantine export`, and save it as CSV in UTF-8 with "
                "commas.",
            )
        _read(connection, path, given)
        _check_lines(connection, settings, batch, path)
        if is_json:
            cells = {RECORD: ("record", _plain(RECORD))}
        else:
            cells = {name: (_text_of(name), _plain(column)) for name, column in columns.items()}
        changed = ", ".join(
            f"case when {now} is distinct from {was} then {literal(_named(name))} end"
            for name, (was, now) in cells.items()
        )
        record = cells[RECORD][1] if is_json else _record(types, cells)
        connection.execute(
            "create or replace temp table corrections as "
            f"select line, {record} as record, "
            f"list_filter([{changed}], lambda x: x is not null) as columns "
            f"from {_with_fields(settings, batch)} "
            f"join edited on line = try_cast(edited.{identifier(LINE)} as BIGINT)"
        )
        connection.execute("delete from corrections where len(columns) = 0")
        if is_json:
            _check_no_blanks(connection)
        _check_types(connection, types)
        return "corrections"

    return corrections


def of_line(
    settings: Settings, line: int, values: Mapping[str, str], record: str | None = None
) -> Corrections:
    """The correction of one record: some of its columns, or, of JSON lines, all of it."""

    def corrections(connection: duckdb.DuckDBPyConnection, batch: Manifest) -> str:
        found = connection.execute(
            f"select rule, record from {read_refused(batch.rejected(settings))} where line = ?",
            [line],
        ).fetchall()
        if len(found) != 1:
            raise UsageError(
                f"Batch {batch.batch_id} has {len(found)} refused records on line {line}.",
                fix=f"See `cartera quarantine show {batch.batch_id}`.",
            )
        rule, came = found[0]
        is_json = kind_of(batch) == "jsonl"
        if record is not None and not is_json:
            raise UsageError("--record goes with JSON lines.", fix="Use --set column=value.")
        if record is not None:
            text = record
        elif is_json:
            text = _with_keys(came, values)
        else:
            text = _with_columns(batch, rule, came, values)
        connection.execute(
            "create or replace temp table corrections as select ?::BIGINT as line, "
            "?::VARCHAR as record, ?::VARCHAR[] as columns",
            [line, text, ["record"] if record is not None else list(values)],
        )
        if is_json:
            _check_no_blanks(connection)
        else:
            _check_types(connection, _types(batch))
        return "corrections"

    return corrections


def _types(batch: Manifest) -> dict[str, str]:
    return batch.columns or dict.fromkeys(batch.header, "VARCHAR")


def _with_fields(settings: Settings, batch: Manifest) -> str:
    """The quarantine of a batch with ``_f``, the fields of its records; ragged ones have none."""
    rows = read_refused(batch.rejected(settings))
    if kind_of(batch) == "jsonl":
        return rows
    record = f"case when starts_with(rule, '{RAGGED}') then '{{}}' else record end"
    return f"(select *, {fields_of(record, _types(batch))} as _f from {rows})"


def _record(types: dict[str, str], cells: dict[str, tuple[str, str]]) -> str:
    fields = ", ".join(
        f"{literal(name)}: {_as_json(cells[name][1] if name in cells else _text_of(name), kind)}"
        for name, kind in types.items()
    )
    return f"cast(to_json({{{fields}}}) as VARCHAR)"


def _text_of(name: str) -> str:
    """A field of the kept record, as text; of a nested one as JSON."""
    return f"cast({field_of(name, 'VARCHAR')} as VARCHAR)"


def _as_json(text: str, kind: str) -> str:
    return f"try_cast({text} as JSON)" if is_nested(kind) else text


def _safe(value: str) -> str:
    is_dangerous = f"{value} = '' or regexp_matches({value}, {literal(DANGEROUS)})"
    return f"case when {is_dangerous} then '''' || {value} else {value} end"


def _safe_name(name: str) -> str:
    return f"'{name}" if name[:1] in tuple("=+@\t\r\n'-") else name


def _plain(column: str) -> str:
    """A cell as the value that it stands for."""
    cell = f"edited.{identifier(column)}"
    return f"case when starts_with({cell}, '''') then substr({cell}, 2) else nullif({cell}, '') end"


def _named(name: str) -> str:
    return "record" if name == RECORD else name


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file), [])
    except (OSError, UnicodeError, csv.Error) as error:
        raise UsageError(
            f"{path}: cannot be read ({error}).", fix="Save it as CSV in UTF-8 with commas."
        ) from error
    if len(set(names)) != len(names):
        raise UsageError(f"{path} has a column twice.", fix="Keep the header as it was exported.")
    return names


def _read(connection: duckdb.DuckDBPyConnection, path: Path, names: list[str]) -> None:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    try:
        connection.execute(
            "create or replace temp table edited as "
            f"select * from read_csv({literal(path)}, auto_detect = false, header = true, "
            f"delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}}, "
            f"max_line_size = {MAX_LINE_BYTES}, parallel = false, hive_partitioning = false)"
        )
    except duckdb.Error as error:
        # What DuckDB says of a line would show it.
        raise UsageError(
            f"{path}: a line of it does not have {len(names)} cells, or is no text.",
            fix="Save it as CSV in UTF-8 with commas, with the columns that were exported.",
        ) from error


def _check_lines(
    connection: duckdb.DuckDBPyConnection, settings: Settings, batch: Manifest, path: Path
) -> None:
    """Raise UsageError unless each line of the file is one refused record of the batch."""
    line = f"try_cast({identifier(LINE)} as BIGINT)"
    wrong = connection.execute(
        f"select any_value(e.{identifier(LINE)}) from edited e left join "
        f"(select line, count(*) as times from {read_refused(batch.rejected(settings))} "
        f"group by line) r on {line} = r.line "
        f"group by {line} having count(*) > 1 or coalesce(any_value(r.times), 0) <> 1 "
        "order by 1 limit 3"
    ).fetchall()
    if wrong:
        named = ", ".join(str(value) for (value,) in wrong)
        raise UsageError(
            f"{path}: line {named} is there twice, or is no refused record of {batch.batch_id}.",
            fix="Export again: what has landed since is no longer refused.",
        )


def _check_no_blanks(connection: duckdb.DuckDBPyConnection) -> None:
    blank = connection.execute(
        "select line from corrections where coalesce(trim(record), '') = '' limit 1"
    ).fetchall()
    if blank:
        raise UsageError(
            f"Line {blank[0][0]} would be empty.", fix="A record is corrected, and not deleted."
        )


def _check_types(connection: duckdb.DuckDBPyConnection, types: dict[str, str]) -> None:
    """Raise UsageError where a value is none of its column's type in the file (Parquet)."""
    typed = {name: kind for name, kind in types.items() if kind != "VARCHAR"}
    for name, kind in typed.items():
        value = field_of(name, "VARCHAR")
        wrong = connection.execute(
            f"select line from (select line, {fields_of('record', types)} as _f from corrections) "
            f"where {value} is not null and try_cast({value} as {kind}) is null limit 1"
        ).fetchall()
        if wrong:
            raise UsageError(
                f"Line {wrong[0][0]}: the value of {name} is no {kind}.",
                fix="It is a column of a Parquet file, which has types.",
            )


def _with_columns(batch: Manifest, rule: str, came: str, values: Mapping[str, str]) -> str:
    types = _types(batch)
    unknown = [name for name in values if name not in types]
    if unknown:
        raise UsageError(
            f"The export has no column {unknown[0]!r}.", fix=f"It has: {', '.join(types)}."
        )
    if rule.startswith(RAGGED):
        missing = [name for name in types if name not in values]
        if missing:
            raise UsageError(
                "The record could not be split into its fields, so all of them are needed; "
                f"{', '.join(missing)} are missing.",
                fix="Add --set for each; --set column= leaves it empty.",
            )
        fields: dict[str, Any] = dict.fromkeys(types)
    else:
        fields = _loads(came)
    for name, value in values.items():
        is_json = is_nested(types[name]) and value
        fields[name] = _loads(value) if is_json else value or None
    return _dumps(fields)


def _with_keys(came: str, values: Mapping[str, str]) -> str:
    try:
        record = _loads(came)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise UsageError(
            "The record is no JSON object, so no key of it can be set.",
            fix="Give all of it: --record '{…}'.",
        )
    for name, value in values.items():
        keys = name[2:].split(".") if name.startswith("$.") else [name]
        place = record
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise UsageError(
                    f"{name!r} does not lead through objects alone.",
                    fix="Give the whole record: --record '{…}'.",
                )
        place[keys[-1]] = value or None
    return _dumps(record)


class _Number(str):
    """A number of JSON with the digits that it was written with."""


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=_Number, parse_int=_Number)


def _dumps(value: Any) -> str:
    """JSON, with the numbers as they were."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_dumps(str(k))}: {_dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_dumps, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
