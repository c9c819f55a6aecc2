"""Corrections: refused records as somebody wants them read.

Of one record by a command, here; of many in a file, ``ingestion.spreadsheet``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from cartera.batches import Manifest
from cartera.errors import UsageError
from cartera.settings import Settings
from ingestion.again import RAGGED, field_of, fields_of, kind_of, read_refused
from ingestion.exact_json import is_nested
from ingestion.raw import MISFITS

# Makes a relation of (line, record, columns) for a batch.
Corrections = Callable[[duckdb.DuckDBPyConnection, Manifest], str]


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
            check_no_blanks(connection)
        else:
            check_types(connection, types_of(batch))
        return "corrections"

    return corrections


def types_of(batch: Manifest) -> dict[str, str]:
    return batch.columns or dict.fromkeys(batch.header, "VARCHAR")


def check_no_blanks(connection: duckdb.DuckDBPyConnection) -> None:
    blank = connection.execute(
        "select line from corrections where coalesce(trim(record), '') = '' limit 1"
    ).fetchall()
    if blank:
        raise UsageError(
            f"Line {blank[0][0]} would be empty.", fix="A record is corrected, and not deleted."
        )


def check_types(connection: duckdb.DuckDBPyConnection, types: dict[str, str]) -> None:
    """Raise UsageError where a value is none of its column's type in the file (Parquet)."""
    fields = f"(select line, {fields_of('record', types)} as _f from corrections)"
    for name, kind in types.items():
        if kind == "VARCHAR":
            continue
        # A cast that only tries makes a list of empty values out of one of wrong ones.
        value = f"cast({field_of(name, 'VARCHAR')} as {kind})"
        ask = f"select count(*) from {fields} where {value} is not null"
        try:
            connection.execute(ask)
        except MISFITS as error:
            lines = connection.execute("select line from corrections order by line").fetchall()
            line = next(n for (n,) in lines if not _is_typed(connection, f"{ask} and line = {n}"))
            raise UsageError(
                f"Line {line}: the value of {name} is no {kind}.",
                fix="It is a column of a Parquet file, which has types.",
            ) from error


def _is_typed(connection: duckdb.DuckDBPyConnection, ask: str) -> bool:
    try:
        connection.execute(ask)
    except MISFITS:
        return False
    return True


def _with_columns(batch: Manifest, rule: str, came: str, values: Mapping[str, str]) -> str:
    types = types_of(batch)
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
        fields[name] = _nested(name, value) if is_nested(types[name]) else value or None
    return _dumps(fields)


def _nested(name: str, value: str) -> Any:
    try:
        # As texts, the numbers in it keep their digits.
        return json.loads(value, parse_float=str, parse_int=str) if value else None
    except ValueError as error:
        raise UsageError(
            f"The value of {name} is no JSON, and it is a list or a struct.",
            fix='Give it as JSON, such as [1, 2] or {"a": 1}.',
        ) from error


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
