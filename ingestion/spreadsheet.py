"""Refused records in a file for a spreadsheet: written, and read again as corrections.

The file is CSV: a row per record with its line, the rule that it broke, and the export's own
columns (of JSON lines the whole record). A cell that a spreadsheet would take for a formula, or
write in another way (leading zeros, long numbers, decimals, dates), gets a ' before it, and so
does one that begins with it, and within a cell a formula behind a semicolon, tab or line end.
Reading takes them off again, so that what nobody changed is what it was. An empty cell is no value,
a lone ' an empty text.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb

from cartera.batches import Manifest
from cartera.duck import identifier, literal, one_file
from cartera.errors import UsageError
from cartera.formulas import (
    FORMULA,
    MARKED,
    WITHIN,
    is_formula,
    marked_within,
    unmarked_within,
)
from cartera.settings import Settings
from ingestion.again import RAGGED, check_format, field_of, fields_of, kind_of, read_refused
from ingestion.corrections import Corrections, check_no_blanks, check_types, types_of
from ingestion.exact_json import is_nested

LINE, RULE, RECORD = "cartera:line", "cartera:rule", "cartera:record"
# What it keeps as it is, of all that begins with a digit: a whole number, and no long one.
KEPT_NUMBER = "0|[1-9][0-9]{0,14}"
# A number without its leading zeros, or rounded to what fits a cell.
LOST_DIGITS = (
    "(regexp_full_match({was}, '0[0-9]+') "
    "and {now} = regexp_replace({was}, '^0+([0-9])', '\\1')) or "
    "(regexp_full_match({was}, '[0-9]{{12,}}') and "
    "regexp_full_match({now}, '[0-9]([.,][0-9]+)?[Ee][+]?[0-9]+'))"
)
LINE_NUMBER = "[0-9]{1,18}"
MAX_LINE_BYTES = 64 << 20


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
            f"{_safe(_text_of(name))} as {identifier(_safe_name(name))}" for name in types_of(batch)
        ]
    connection.execute(
        f"copy (select {', '.join(shown)} from {_with_fields(settings, batch)} as kept "
        f"order by kept.id) "
        f"to {literal(to)} (format csv, header, force_quote *, use_tmp_file false)"
    )
    return batch.quarantined


def from_file(settings: Settings, path: Path) -> Corrections:
    """The corrections that an edited export holds: what differs from the record as it came."""

    def corrections(connection: duckdb.DuckDBPyConnection, batch: Manifest) -> str:
        given = _header(path)
        is_json = kind_of(batch) == "jsonl"
        types = {} if is_json else types_of(batch)
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
        _check_lines(connection, settings, batch, path, _place(given, LINE))
        if is_json:
            cells = {RECORD: ("record", _plain(_place(given, RECORD)))}
        else:
            cells = {
                name: (_text_of(name), _plain(_place(given, column)))
                for name, column in columns.items()
            }
        changed = ", ".join(
            f"case when {now} is distinct from {was} then {literal(_named(name))} end"
            for name, (was, now) in cells.items()
        )
        record = cells[RECORD][1] if is_json else _record(types, cells)
        line = _line_of(f"edited.{_place(given, LINE)}")
        lines = f"{_with_fields(settings, batch)} as kept join edited on kept.line = {line}"
        _check_digits(connection, lines, cells, path)
        for name in filter(lambda name: is_nested(types.get(name, "")), cells):
            _check_json(connection, lines, name, cells[name][1], path)
        connection.execute(
            "create or replace temp table corrections as "
            f"select kept.line, {record} as record, "
            f"list_filter([{changed}], lambda x: x is not null) as columns from {lines}"
        )
        connection.execute("delete from corrections where len(columns) = 0")
        if is_json:
            check_no_blanks(connection)
        check_types(connection, types)
        return "corrections"

    return corrections


def _with_fields(settings: Settings, batch: Manifest) -> str:
    """The quarantine of a batch with ``_f``, the fields of its records; ragged ones have none."""
    rows = read_refused(batch.rejected(settings))
    if kind_of(batch) == "jsonl":
        return rows
    record = f"case when starts_with(rule, '{RAGGED}') then '{{}}' else record end"
    return f"(select *, {fields_of(record, types_of(batch))} as _f from {rows})"


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
    is_dangerous = (
        f"{value} = '' or starts_with({value}, '''') or {is_formula(value)} or "
        f"(regexp_matches({value}, '^[0-9]') and "
        f"not regexp_full_match({value}, {literal(KEPT_NUMBER)}))"
    )
    marked = marked_within(value)
    return f"case when {is_dangerous} then '''' || {marked} else {marked} end"


def _safe_name(name: str) -> str:
    marked = re.sub(WITHIN, MARKED, name)
    return f"'{marked}" if name.startswith("'") or re.search(FORMULA, name) else marked


def _place(given: list[str], column: str) -> str:
    """What a column of the file is called in the table ``edited``: not like one of ours."""
    return f"e{given.index(column)}"


def _plain(place: str) -> str:
    """A cell as the value that it stands for."""
    cell = f"edited.{place}"
    unmarked = (
        f"case when starts_with({cell}, '''') then substr({cell}, 2) else nullif({cell}, '') end"
    )
    return unmarked_within(unmarked)


def _line_of(cell: str) -> str:
    """The line that a row of the file is for; NULL if it names none."""
    return f"case when regexp_full_match({cell}, '{LINE_NUMBER}') then cast({cell} as BIGINT) end"


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
    columns = ", ".join(f"{_place(names, name)}: 'VARCHAR'" for name in names)
    try:
        connection.execute(
            "create or replace temp table edited as "
            f"select * from read_csv({one_file(path)}, auto_detect = false, header = true, "
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
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    batch: Manifest,
    path: Path,
    place: str,
) -> None:
    """Raise UsageError unless each line of the file is one refused record of the batch."""
    line = _line_of(f"e.{place}")
    wrong = connection.execute(
        f"select any_value(e.{place}) from edited e left join "
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


def _check_json(
    connection: duckdb.DuckDBPyConnection, lines: str, name: str, cell: str, path: Path
) -> None:
    """Raise UsageError where what is to be a list or a struct is no JSON."""
    wrong = connection.execute(
        f"select kept.line from {lines} where {cell} is not null and not json_valid({cell}) "
        "order by kept.line limit 1"
    ).fetchall()
    if wrong:
        raise UsageError(
            f"{path}: line {wrong[0][0]}: the value of {name} is no JSON, and it is a list or a "
            "struct.",
            fix="Write it as it was exported, such as [1, 2].",
        )


def _check_digits(
    connection: duckdb.DuckDBPyConnection, lines: str, cells: dict[str, tuple[str, str]], path: Path
) -> None:
    """Raise UsageError where a number has lost digits, as a spreadsheet would have it."""
    for name, (was, now) in cells.items():
        lost = connection.execute(
            f"select kept.line from {lines} where {LOST_DIGITS.format(was=was, now=now)} "
            "order by kept.line limit 1"
        ).fetchall()
        if lost:
            raise UsageError(
                f"{path}: line {lost[0][0]}, column {name}: its number has lost digits that the "
                "record has, leading zeros or the last ones.",
                fix="Import every column as text or, if it is meant, correct that line with "
                f"`cartera quarantine fix ID {lost[0][0]} --set`.",
            )
