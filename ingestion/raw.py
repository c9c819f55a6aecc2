"""Opening a delivered file: which columns it has and the SQL relation that reads it.

Everything is read by DuckDB. CSV rows with the wrong number of fields, or with bytes that are
not text, go to DuckDB's reject tables. JSON lines are read as lines, so that a broken one
keeps its text.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cartera.duck import identifier, literal
from cartera.errors import RefusedByData
from ingestion.contract import Contract, Forms

# A separator that no text file holds: a line is read whole, into one column.
NO_DELIMITER = "\x01"
CHUNK_BYTES = 1 << 20
PAGE_BYTES = 64 << 20
JSON_LINE = "_line"


class UnreadableDelivery(RefusedByData):
    """A delivery that cannot be read to its end; nothing of it has landed."""


@dataclass(frozen=True)
class Raw:
    """A delivered file as SQL: ``relation`` yields ``columns`` (name to type) in file order."""

    relation: str
    columns: dict[str, str]
    is_text: bool


def open_raw(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Raw:
    """Look into ``path``. Raises UnreadableDelivery if it is empty or broken."""
    if path.stat().st_size == 0:
        raise UnreadableDelivery(f"{path}: empty, not one byte.", fix="Have it delivered again.")
    _check_compression(path)
    try:
        match contract.forms.type:
            case "csv":
                return _csv(connection, path, contract.forms)
            case "jsonl":
                return _jsonl(path, contract)
            case "parquet":
                return _parquet(connection, path)
    except duckdb.Error as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> UnreadableDelivery:
    """The error of a file that could not be read."""
    reason = str(error).strip().splitlines()[0][:300].rstrip(".")
    if "invalid state" in reason:
        reason = "its lines end in different ways: CR LF here, LF or CR alone there"
    return UnreadableDelivery(
        f"{path}: cannot be read ({reason}).",
        fix="Have it delivered again; it is taken at the next run once it has changed.",
    )


def compression(path: Path) -> str:
    """DuckDB's name of the compression that the file's ending tells."""
    return {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower(), "none")


def _check_compression(path: Path) -> None:
    """Read a compressed file to its end: DuckDB takes one that is cut short for a shorter one."""
    kind = compression(path)
    if kind == "none":
        return
    try:
        with pa.input_stream(str(path), compression=kind) as stream:
            while stream.read(CHUNK_BYTES):
                pass
    except OSError as error:
        raise UnreadableDelivery(
            f"{path}: the compressed file is cut short or damaged ({error}).",
            fix="Have it delivered again; it is taken at the next run once it has changed.",
        ) from error


def _check_pages(path: Path) -> None:
    """Compare a Parquet file's counts, and its pages with their checksums where it has them.

    DuckDB does neither, and takes damaged values for values.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            told = file.metadata.num_rows
            read = sum(batch.num_rows for batch in file.iter_batches())
    except (OSError, pa.ArrowException) as error:
        # What else pyarrow cannot read may be a form that only DuckDB knows.
        if "checksum" in str(error):
            raise unreadable(path, error) from error
        return
    if told != read:
        raise unreadable(path, ValueError(f"its footer says {told} rows, and it has {read}"))


def _read_text(
    path: Path,
    columns: list[str],
    forms: Forms,
    *,
    header: bool,
    lines: bool,
    strict: bool = True,
) -> str:
    struct = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    delimiter = NO_DELIMITER if lines else forms.delimiter
    # A line that holds a whole page of records is longer than any record.
    longest = f"max_line_size = {PAGE_BYTES}, " if forms.records else ""
    quote = "" if lines else forms.quote
    return (
        f"read_csv({literal(path)}, auto_detect = false, header = {str(header).lower()}, "
        f"delim = {literal(delimiter)}, quote = {literal(quote)}, escape = {literal(quote)}, "
        f"columns = {{{struct}}}, encoding = {literal(forms.encoding)}, "
        f"compression = {literal(compression(path))}, {longest}store_rejects = true, "
        f"strict_mode = {str(strict).lower()})"
    )


def _csv(connection: duckdb.DuckDBPyConnection, path: Path, forms: Forms) -> Raw:
    # Not strict: below the header a quoted value may hold a line break of another kind.
    lines = _read_text(path, ["line"], forms, header=False, lines=True, strict=False)
    first = connection.execute(f"select line from {lines} limit 1").fetchone()
    if first is None or not first[0]:
        raise UnreadableDelivery(
            f"{path}: empty, without even a header line.", fix="Have it delivered again."
        )
    text = first[0].lstrip("\ufeff")
    names = next(csv.reader([text], delimiter=forms.delimiter, quotechar=forms.quote))
    columns = _distinct([name.strip() for name in names])
    relation = _read_text(path, columns, forms, header=True, lines=False)
    return Raw(relation, dict.fromkeys(columns, "VARCHAR"), is_text=True)


def _jsonl(path: Path, contract: Contract) -> Raw:
    lines = _read_text(path, [JSON_LINE], contract.forms, header=False, lines=True)
    if contract.forms.records:
        lines = _records_of(lines, contract.forms.records)
    names = contract.raw_columns
    paths = ", ".join(literal("$." + identifier(name)) for name in names)
    values = ", ".join(f"_values[{i}] as {identifier(n)}" for i, n in enumerate(names, start=1))
    # One list of paths parses a line once, however many columns are read.
    relation = (
        f"(select {JSON_LINE}, {values} from (select {JSON_LINE}, "
        f"case when json_valid({JSON_LINE}) then json_extract_string({JSON_LINE}, [{paths}]) end "
        f"as _values from {lines} where trim({JSON_LINE}) <> ''))"
    )
    return Raw(relation, dict.fromkeys([JSON_LINE, *names], "VARCHAR"), is_text=True)


def _records_of(lines: str, records: str) -> str:
    """Lines that each hold a list, as an API hands out pages, as the records of those lists.

    A line without the list stays as it is: it is one record that does not fit.
    """
    keys = [] if records == "." else records.split(".")
    path = "$" + "".join("." + identifier(key) for key in keys)
    return (
        f"(select unnest(case when json_valid({JSON_LINE}) "
        f"and json_type({JSON_LINE}, {literal(path)}) = 'ARRAY' "
        f"then json_extract({JSON_LINE}, {literal(path + '[*]')})::varchar[] "
        f"else [{JSON_LINE}] end) as {JSON_LINE} from {lines})"
    )


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Raw:
    _check_pages(path)
    relation = f"read_parquet({literal(path)})"
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return Raw(relation, {row[0]: row[1] for row in described}, is_text=False)


def _distinct(names: list[str]) -> list[str]:
    """Headers given twice get a number, as DuckDB reads columns by distinct names."""
    seen: set[str] = set()
    result = []
    for position, name in enumerate(names, start=1):
        base = name or f"column{position}"
        unique, number = base, 1
        while unique.casefold() in seen:
            number += 1
            unique = f"{base}_{number}"
        seen.add(unique.casefold())
        result.append(unique)
    return result
