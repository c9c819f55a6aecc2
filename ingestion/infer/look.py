"""Looking into an export that no contract describes: its encoding, its kind and its first rows."""

from __future__ import annotations

import codecs
import csv
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cartera.duck import literal
from cartera.errors import UsageError
from ingestion.transcode import compression

LOOKED_AT_BYTES = 32 << 20
SAMPLE_ROWS = 2000
TOTALS = ("total", "totales", "suma", "subtotal", "sum", "grand total")


@dataclass
class Look:
    """What an export is like. ``columns`` has the sampled values, as text, of each column."""

    path: Path
    kind: Literal["csv", "jsonl", "parquet"]
    columns: dict[str, list[str]]
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    skip_rows: int = 0
    footers: tuple[str, ...] = ()
    unsure: list[str] = field(default_factory=list)


def look_at(path: Path) -> Look:
    """Raises UsageError if it is no file, is empty, or is of a kind that no contract reads."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file.", fix="Give the path of an export.")
    try:
        top, is_whole = _top(path)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error}).", fix="Have it exported anew."
        ) from error
    if not top.strip(b"\0 \r\n\t"):
        raise UsageError(f"{path}: empty.", fix="Give an export with some rows.")
    if top.startswith(b"PAR1"):
        return _parquet(path)
    encoding, unsure = _encoding(top)
    text = top.decode("utf-16" if encoding == "utf-16" else encoding, "replace").lstrip("\ufeff")
    lines = text.splitlines() if is_whole else text.splitlines()[:-1]
    found = _jsonl(path, lines) if lines and lines[0].lstrip()[:1] in "{[" else None
    look = found or _csv(path, text if is_whole else "\n".join(lines), is_whole)
    look.encoding = encoding
    look.unsure = unsure + look.unsure
    return look


def _unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path}: cannot be read ({error}).", fix="Have it exported anew.")


def _top(path: Path) -> tuple[bytes, bool]:
    kind = compression(path)
    with pa.input_stream(str(path), compression=None if kind == "none" else kind) as stream:
        top = stream.read(LOOKED_AT_BYTES)
        return top, not stream.read(1)


def _encoding(top: bytes) -> tuple[str, list[str]]:
    if top.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", []
    if top[:2000].count(0) > len(top[:2000]) // 3:
        return "utf-16", ["encoding: every other byte is empty, so it was taken for utf-16"]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(top)
        return "utf-8", []
    except UnicodeDecodeError:
        pass
    if any(0x80 <= byte <= 0x9F for byte in set(top)):
        return "cp1252", ["encoding: not utf-8; cp1252 is what Windows writes in western Europe"]
    return "latin-1", ["encoding: not utf-8; latin-1 fits, and so may others: look at the accents"]


def _csv(path: Path, text: str, is_whole: bool) -> Look:
    unsure: list[str] = []
    delimiter, quote, skip = _dialect(text)
    body = "\n".join(text.split("\n")[skip:]) if skip else text
    reader = csv.reader(body.splitlines(keepends=True), delimiter=delimiter, quotechar=quote)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise UsageError(f"{path}: cannot be split into fields ({error}).") from error
    header = [name.strip() for name in rows[0]]
    footers: list[str] = []
    rows = rows[1:]
    while is_whole and rows and rows[-1][0].strip().lower().startswith(TOTALS):
        footers.append(rows.pop()[0].strip())
    if footers:
        unsure.append("format.footer: the last lines look like totals")
    if all(_is_number(name) for name in header if name):
        unsure.append("the first line looks like data: contracts need a header line")
    names = list(dict.fromkeys(name for name in header if name))
    sample = [row for row in rows if len(row) == len(header)][:SAMPLE_ROWS]
    columns = {name: [row[header.index(name)] for row in sample] for name in names}
    prefix = next((w for w in sorted(TOTALS) if all(f.lower().startswith(w) for f in footers)), "")
    starts = (prefix,) if footers and prefix else tuple(footers)
    return Look(path, "csv", columns, "", delimiter, quote, skip, starts, unsure)


def _dialect(text: str) -> tuple[str, str, int]:
    """Delimiter, quote and lines above the header, as DuckDB's sniffer finds them.

    It takes a file of one column for what it likes, so a delimiter that the header does not
    hold is passed over for the one that it holds most of.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        file.write(text[: 4 << 20])
        file.flush()
        try:
            found = duckdb.execute(
                f"select Delimiter, Quote, SkipRows from sniff_csv({literal(file.name)})"
            ).fetchone()
        except duckdb.Error:
            found = None
    delimiter, quote, skip = found or (",", '"', 0)
    quote = quote if quote in ('"', "'") else '"'
    lines = text.split("\n")
    header = lines[skip] if skip < len(lines) else lines[0]
    if delimiter not in header:
        delimiter = max(",;\t|", key=header.count)
    return delimiter, quote, int(skip)


def _is_number(text: str) -> bool:
    return text.strip().replace(",", "").replace(".", "").lstrip("+-").isdigit()


def _jsonl(path: Path, lines: list[str]) -> Look | None:
    columns: dict[str, list[str]] = {}
    for line in [line for line in lines if line.strip()][:SAMPLE_ROWS]:
        try:
            record = json.loads(line)
        except ValueError:
            if columns:
                continue
            if line.lstrip().startswith("["):
                raise UsageError(
                    f"{path}: one JSON array over many lines.",
                    fix="Write one object per line, for example with `jq -c '.[]'`.",
                ) from None
            return None
        if not isinstance(record, dict):
            raise UsageError(
                f"{path}: its first line is JSON, and no object.", fix="Write one object per line."
            )
        for name, value in _flat(record):
            columns.setdefault(name, []).append(value)
    return Look(path, "jsonl", columns)


def _flat(record: dict[str, object], above: str = "$") -> list[tuple[str, str]]:
    """Keys and values of an object; those of objects inside it by their paths."""
    found: list[tuple[str, str]] = []
    for key, value in record.items():
        simple = key.replace("_", "a").replace("-", "a").isalnum() and key.isascii()
        path = f"{above}.{key}" if simple else f'{above}."{key}"'
        if isinstance(value, dict) and '"' not in key and "\\" not in key:
            found += _flat(value, path)
        else:
            text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
            found.append((key if above == "$" else path, text))
    return found


def _parquet(path: Path) -> Look:
    try:
        table = next(pq.ParquetFile(path).iter_batches(SAMPLE_ROWS), None)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(
            f"{path}: cannot be read ({error}).", fix="Have it exported anew."
        ) from error
    if table is None:
        raise UsageError(f"{path}: no rows.", fix="Give an export with some rows.")
    columns = {
        name: ["" if value is None else str(value) for value in table.column(name).to_pylist()]
        for name in table.schema.names
    }
    return Look(path, "parquet", columns)
