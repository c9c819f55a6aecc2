"""Opening a delivered file: which columns it has and the SQL relation that reads it.

Everything is read by DuckDB. CSV rows with the wrong number of fields, or with bytes that are
not text, go to DuckDB's reject tables. JSON lines are read as lines, so that a broken one
keeps its text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cartera.duck import first_value, identifier, literal, one_file
from cartera.errors import RefusedByData
from ingestion.contract import Contract, Forms
from ingestion.header import spelt_otherwise
from ingestion.json_lines import JSON_LINE, json_rows, keys_of_sample, records_of
from ingestion.recount import has_doubtful_quotes, longest_fields
from ingestion.transcode import Text, compression, readable_text, without_mark

# A separator that no file holds, even one with bytes that are no text: a line is read whole, into
# one column.
NO_DELIMITER = "\x01\x02\x03\x04"
# A line may hold a few fields of a megabyte. The buffer is DuckDB's own: its default grows with
# the longest line, and would take sixteen of them for each thread.
MAX_LINE_BYTES = 8 << 20
# A line that holds a whole page of records is longer than any record.
MAX_PAGE_BYTES = 64 << 20
BUFFER_BYTES = 32 << 20
HEADER_LINES = 50


# Errors whose text shows the value; what is said instead.
MISFITS = (duckdb.ConversionException, duckdb.OutOfRangeException)
MISFIT = "a value does not fit its column, alone or in the sum of its group"


class UnreadableDelivery(RefusedByData):
    """A delivery that cannot be read to its end; nothing of it has landed."""


@dataclass(frozen=True)
class Raw:
    """A delivered file as SQL: ``relation`` yields ``columns`` (name to type) in file order.

    The columns have the contract's names: ``respelt`` holds those that the file spells
    otherwise. ``first_line`` counts the lines above the first record. Of JSON lines,
    ``keys`` are those that a sample has. ``file`` is the file's name without its endings.
    ``text`` is the file of CSV, with ``is_doubtful`` where its quotes need a second look.
    """

    relation: str
    columns: dict[str, str]
    is_text: bool
    first_line: int = 0
    respelt: dict[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    file: str = ""
    is_json: bool = False
    text: Text | None = None
    is_doubtful: bool = False


def open_raw(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, scratch: Path
) -> Raw:
    """Look into ``path``. Raises UnreadableDelivery if it is empty or broken.

    In an encoding that DuckDB does not read, a copy of the file is written to ``scratch``.
    """
    if path.stat().st_size == 0:
        raise UnreadableDelivery(f"{path}: empty, not one byte.", fix="Have it delivered again.")
    try:
        raw = _open(connection, path, contract, scratch)
    except (duckdb.Error, UnicodeError) as error:
        raise unreadable(path, error) from error
    return replace(raw, file=name_of(path))


def name_of(path: Path) -> str:
    """A delivered file's name without its endings, as ``_file`` gives it."""
    return Path(path.stem if compression(path) != "none" else path.name).stem


def _open(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, scratch: Path
) -> Raw:
    if contract.forms.type == "parquet":
        return _parquet(connection, path, contract)
    text = readable_text(path, contract.forms, scratch)
    if contract.forms.type == "jsonl":
        return _jsonl(connection, text, contract)
    return _csv(connection, path, text, contract, scratch)


def unreadable(path: Path, error: Exception) -> UnreadableDelivery:
    """The error of a file that could not be read."""
    said = MISFIT if isinstance(error, MISFITS) else str(error).strip().splitlines()[0]
    reason = said[:300].rstrip(".")
    if "invalid state" in reason:
        reason = "its lines end in different ways: CR LF here, LF or CR alone there"
    fix = "Have it delivered again; it is taken at the next run once it has changed."
    if "segment statistics" in reason:
        reason = "a line of some 100 KB has bytes that are no text in its encoding"
    if "not latin-1" in reason:
        fix = "If it has euro signs or curly quotes, its contract's encoding is cp1252."
    return UnreadableDelivery(f"{path}: cannot be read ({reason}).", fix=fix)


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
    text: Text,
    columns: list[str],
    forms: Forms,
    *,
    header: bool,
    lines: bool,
    strict: bool = True,
    skip: int | None = None,
) -> str:
    struct = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    delimiter = NO_DELIMITER if lines else forms.delimiter
    longest = MAX_PAGE_BYTES if forms.records else MAX_LINE_BYTES
    quote = "" if lines else forms.quote
    return (
        f"read_csv({one_file(text.path)}, hive_partitioning = false, auto_detect = false, "
        f"header = {str(header).lower()}, "
        f"delim = {literal(delimiter)}, quote = {literal(quote)}, escape = {literal(quote)}, "
        f"columns = {{{struct}}}, encoding = {literal(text.encoding)}, "
        f"compression = {literal(text.compression)}, store_rejects = true, "
        f"skip = {forms.skip_rows if skip is None else skip}, max_line_size = {longest}, "
        f"buffer_size = {max(BUFFER_BYTES, longest)}, strict_mode = {str(strict).lower()})"
    )


def _csv(
    connection: duckdb.DuckDBPyConnection, path: Path, text: Text, contract: Contract, scratch: Path
) -> Raw:
    _check_titles(connection, path, text, contract.forms)
    # Not strict: below the header a quoted value may hold a line break of another kind.
    lines = _read_text(text, ["line"], contract.forms, header=False, lines=True, strict=False)
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    top = connection.execute(f"select line from {lines} limit {HEADER_LINES}").fetchall()
    _check_header(connection, path, contract.forms, bool(top and top[0][0]))
    names = header_names([line or "" for (line,) in top], contract.forms)
    given = _distinct(names, contract.named_columns)
    respelt = spelt_otherwise(contract.named_columns, given)
    meant = {column: name for name, column in respelt.items()}
    columns = [meant.get(name, name) for name in given]
    breaks = any(mark in name for name in names for mark in "\r\n")
    if breaks:
        # After a byte order mark DuckDB takes the quote of such a name for text.
        text = without_mark(text, scratch)
    relation = _read_text(text, columns, contract.forms, header=True, lines=False)
    above = contract.forms.skip_rows + 1
    doubtful = breaks or has_doubtful_quotes(text, contract.forms.quote)
    return Raw(
        relation,
        dict.fromkeys(columns, "VARCHAR"),
        is_text=True,
        first_line=above,
        respelt=respelt,
        text=text,
        is_doubtful=doubtful,
    )


def _check_titles(
    connection: duckdb.DuckDBPyConnection, path: Path, text: Text, forms: Forms
) -> None:
    """Raise UnreadableDelivery if a title opens a quote: the lines below would be part of it."""
    if not forms.skip_rows:
        return
    lines = _read_text(text, ["line"], forms, header=False, lines=True, strict=False, skip=0)
    top = connection.execute(f"select line from {lines} limit {forms.skip_rows}").fetchall()
    # The header after them: the last title, too, may open a quote that it does not close.
    lines_read = [*(f"{line or ''}\n" for (line,) in top), "header\n"]
    with longest_fields():
        read = list(csv.reader(lines_read, quotechar=forms.quote, delimiter=forms.delimiter))
    if len(read) != len(lines_read):
        raise UnreadableDelivery(
            f"{path}: a line above its header opens a quote that it does not close.",
            fix="Have it delivered without that quote.",
        )


def _check_header(
    connection: duckdb.DuckDBPyConnection, path: Path, forms: Forms, is_there: bool
) -> None:
    """Raise UnreadableDelivery if the first line below the titles is empty or is no text."""
    first = forms.skip_rows + 1
    if first_value(connection, "select count(*) from reject_errors where line = ?", first):
        raise UnreadableDelivery(
            f"{path}: its header has bytes that are no {forms.encoding}, or is too long.",
            fix="Correct the encoding in its contract, or have it delivered again.",
        )
    if not is_there:
        raise UnreadableDelivery(
            f"{path}: empty, without even a header line.", fix="Have it delivered again."
        )


def header_names(top: list[str], forms: Forms) -> list[str]:
    """The names of a header, which may hold line breaks in quotes, from a file's first lines."""
    top = [top[0].lstrip("\ufeff"), *top[1:]]
    lines = io.StringIO("\n".join(top), newline="")
    with longest_fields():
        names = next(csv.reader(lines, delimiter=forms.delimiter, quotechar=forms.quote))
    # No name in SQL may hold a NUL.
    return [name.replace("\x00", "").strip() for name in names]


def _jsonl(connection: duckdb.DuckDBPyConnection, text: Text, contract: Contract) -> Raw:
    lines = _read_text(text, [JSON_LINE], contract.forms, header=False, lines=True)
    if contract.forms.records:
        lines = records_of(lines, contract.forms.records)
    names = contract.raw_columns
    return Raw(
        json_rows(lines, contract),
        dict.fromkeys([JSON_LINE, *names], "VARCHAR"),
        is_text=True,
        is_json=True,
        keys=tuple(keys_of_sample(connection, lines)),
    )


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Raw:
    _check_pages(path)
    relation = f"read_parquet({one_file(path)}, hive_partitioning = false)"
    described = connection.execute(f"describe select * from {relation}").fetchall()
    types = {row[0]: row[1] for row in described}
    respelt = spelt_otherwise(contract.named_columns, types)
    if respelt:
        meant = {column: name for name, column in respelt.items()}
        renamed = ", ".join(f"{identifier(c)} as {identifier(n)}" for c, n in meant.items())
        relation = f"(select * rename ({renamed}) from {relation})"
        types = {meant.get(name, name): kind for name, kind in types.items()}
    return Raw(relation, types, is_text=False, respelt=respelt)


def _distinct(names: list[str], wanted: Sequence[str]) -> list[str]:
    """Headers given twice get a number, as DuckDB reads columns by distinct names.

    Case alone tells no two of them apart; one that is ``wanted`` to the letter keeps its name.
    """
    seen = {name.casefold() for name in names if name in wanted}
    claimed: set[str] = set()
    result = []
    for position, name in enumerate(names, start=1):
        base = name or f"column{position}"
        if base in wanted and base not in claimed:
            claimed.add(base)
            result.append(base)
            continue
        unique, number = base, 1
        while unique.casefold() in seen:
            number += 1
            unique = f"{base}_{number}"
        seen.add(unique.casefold())
        result.append(unique)
    return result
