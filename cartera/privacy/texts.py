"""Every text of a file, decoded: of tables in Parquet, DuckDB and SQLite, the lines of others."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cartera.duck import identifier, literal, one_file

# A place within a file, and texts that stand there, each once as a rule.
Texts = tuple[str, pa.Array]
CHUNK = 8 << 20
ROWS = 100_000
SQLITE = b"SQLite format 3\x00"
# What a column may be of that has text in it, as DuckDB calls it.
TEXTUAL = ("VARCHAR", "JSON", "BLOB", "ENUM", "UUID", "BIT")


def texts_of(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[Texts]:
    """All text of a file, some megabytes at a time; ``connection`` is busy meanwhile.

    Raises one of ``DAMAGED`` for a file that is not what it seems.
    """
    with path.open("rb") as opened:
        head = opened.read(16)
    if path.suffix == ".parquet" or head[:4] == b"PAR1":
        yield from _of_parquet(connection, path)
    elif head[8:12] == b"DUCK":
        yield from _of_database(connection, path)
    elif head == SQLITE:
        yield from _of_sqlite(path)
    else:
        for name, opened_text in _opened(path):
            for chunk in _chunks(opened_text):
                yield name, pa.array(chunk, pa.string()).unique()


DAMAGED = (
    duckdb.Error,
    pa.ArrowException,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    sqlite3.Error,
)


def _of_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[Texts]:
    """Plain texts without a statement for each file, of which a home has thousands."""
    with pq.ParquetFile(path) as opened:
        schema = opened.schema_arrow
        if any(pa.types.is_nested(f.type) or _is_binary(f.type) for f in schema):
            yield from _of_table(connection, f"read_parquet({one_file(path)})", "")
            return
        names = [f.name for f in schema if f.type in (pa.string(), pa.large_string())]
        for batch in opened.iter_batches(ROWS, columns=names) if names else ():
            for name in names:
                yield name, batch.column(name).unique().cast(pa.string())


def _is_binary(kind: pa.DataType) -> bool:
    """Whether it may be a text that is not told to be one."""
    is_plain = pa.types.is_primitive(kind) or kind in (pa.string(), pa.large_string())
    return not (is_plain or pa.types.is_decimal(kind) or pa.types.is_null(kind))


def _of_table(connection: duckdb.DuckDBPyConnection, table: str, named: str) -> Iterator[Texts]:
    for name, kind, *_ in connection.execute(f"describe from {table}").fetchall():
        if any(text in kind for text in TEXTUAL):
            column = identifier(name)
            reader = connection.execute(
                f"select distinct cast({column} as varchar) as text from {table} "
                f"where {column} is not null"
            ).to_arrow_reader(ROWS)
            for batch in reader:
                yield named + name, batch.column(0)


def _of_database(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[Texts]:
    connection.execute(f"attach {literal(path)} as scanned (read_only)")
    try:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'scanned' order by all"
        ).fetchall()
        for schema, name in tables:
            table = f"scanned.{identifier(schema)}.{identifier(name)}"
            yield from _of_table(connection, table, f"{schema}.{name}.")
    finally:
        connection.execute("detach scanned")


def _of_sqlite(path: Path) -> Iterator[Texts]:
    # As a URI, or SQLite would take `#`, `?` and `%41` in the name for more than a name.
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        names = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            cursor = database.execute(f"select * from {identifier(name)}")
            while rows := cursor.fetchmany(10_000):
                texts = [_as_text(value) for row in rows for value in row if _is_text(value)]
                yield name, pa.array(texts, pa.string()).unique()


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes) and bool(value)


def _as_text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _opened(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """A text file unpacked; of a zip file each in it."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                with packed.open(name) as opened:
                    yield name, opened
    elif path.suffix == ".zst":
        with pa.input_stream(str(path), compression="zstd") as opened:
            yield "text", opened
    elif path.suffix == ".gz":
        with pa.input_stream(str(path), compression="gzip") as opened:
            yield "text", opened
    else:
        with path.open("rb") as opened:
            yield "text", opened


def _chunks(opened: IO[bytes]) -> Iterator[list[str]]:
    """The lines of a file, some megabytes of them at a time, in whatever encoding they are."""
    rest = b""
    encoding = ""
    while piece := opened.read(CHUNK):
        encoding = encoding or _wide(piece)
        piece = rest + piece
        # Two bytes a character: a line break is found only after decoding.
        cut = len(piece) // 2 * 2 if encoding else piece.rfind(b"\n") + 1 or len(piece)
        rest = piece[cut:]
        yield _decoded(piece[:cut], encoding).splitlines()
    if rest:
        yield _decoded(rest, encoding).splitlines()


def _wide(piece: bytes) -> str:
    if piece.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if piece.startswith(b"\xff\xfe") else "utf-16-be"
    sample = piece[:4096]
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    return ""


def _decoded(piece: bytes, encoding: str) -> str:
    if encoding:
        return piece.decode(encoding, "replace")
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return piece.decode("latin-1")
