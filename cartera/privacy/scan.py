"""The scan: looks for people in every file of CARTERA_HOME, decoded.

Compressed storage hides a value from a search of bytes, so files are opened as what they are:
every text of every table of DuckDB, SQLite and Parquet files, the lines of text files in their
encoding, packed or not; and every file's own name. A value counts in any case of letters, a phone
in any grouping, with its country's code or without, an address as a run of words.

What cannot tell a person is not looked for: ids of less than six characters or without a digit.
Addresses are, for up to ``MOST_ADDRESSES`` of them: each is compared with each text.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from cartera.duck import connect, first_value, identifier, literal
from cartera.privacy.identifying import DIGITS, folded
from cartera.settings import Settings

RUN = "[a-z0-9][a-z0-9@._%+-]{3,}"
# What a phone may stand between; the digits of an id are none.
NUMBER = f"(?:^|[^0-9A-Za-z+])({DIGITS})(?:$|[^0-9A-Za-z])"
SHORTEST = 6
MOST_ADDRESSES = 500
CHUNK = 8 << 20
# So many texts are looked through at once.
TEXTS = 200_000
# A spill of this process; the values that are looked for.
PASSED_OVER = ("state/tmp/", "state/erasures/", "state/locks/")
SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Finding:
    """How many values of the people looked for stand in a place of a file, by their kind."""

    store: str
    file: str
    place: str
    kind: str
    count: int


@dataclass
class Scanned:
    """What a scan found, and how much it looked through."""

    findings: list[Finding] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    texts: int = 0
    unread: list[str] = field(default_factory=list)

    @property
    def by_store(self) -> dict[str, int]:
        """Values found, by store."""
        found: dict[str, int] = {}
        for finding in self.findings:
            found[finding.store] = found.get(finding.store, 0) + finding.count
        return dict(sorted(found.items()))

    @property
    def held_by(self) -> set[str]:
        """The files, by their path in CARTERA_HOME, that hold anything."""
        return {finding.file for finding in self.findings}


def store_of(file: str) -> str:
    """The part of CARTERA_HOME that a file is in: ``landing``, ``state/logs``, …"""
    first, _, rest = file.partition("/")
    second = rest.split("/")[0]
    return f"{first}/{second}" if first == "state" and second else first


def scan(settings: Settings, values: dict[str, list[str]], below: str = "") -> Scanned:
    """Look for ``values``, by kind as ``People`` has them, in every file, or those ``below``."""
    scanned = Scanned()
    with connect(settings) as connection:
        _write_wanted(connection, values)
        connection.execute("create temp table texts (file varchar, place varchar, text varchar)")
        for path in sorted((settings.home / below).rglob("*")):
            file = path.relative_to(settings.home).as_posix()
            if path.is_symlink() or not path.is_file() or file.startswith(PASSED_OVER):
                continue
            store = store_of(file)
            scanned.files[store] = scanned.files.get(store, 0) + 1
            try:
                for relation in _relations(connection, path, file):
                    connection.execute(
                        f"insert into texts select distinct {literal(file)}, place, text "
                        f"from ({relation}) where text is not null"
                    )
                    _look(connection, scanned, at_least=TEXTS)
            except (duckdb.Error, OSError, EOFError, zipfile.BadZipFile, sqlite3.Error) as error:
                scanned.unread.append(f"{file} ({type(error).__name__})")
        _look(connection, scanned)
    return scanned


def _write_wanted(connection: duckdb.DuckDBPyConnection, values: dict[str, list[str]]) -> None:
    """``wanted`` (kind, token), ``wanted_digits`` and ``wanted_words``: what is compared."""
    tokens: set[tuple[str, str]] = set()
    digits: set[str] = set()
    for kind, found in values.items():
        for value in found:
            if kind == "phone":
                digits |= numbers_of(value)
            elif kind != "address":
                tokens |= {(kind, token) for token in _tokens(value, whole=kind == "email")}
    words = {_folded(value) for value in values.get("address", [])}
    words = {w for w in words if len(w) >= SHORTEST and any(c.isdigit() for c in w)}
    tables = {
        "wanted": [*tokens],
        "wanted_digits": [("phone", number) for number in digits],
        "wanted_words": [("address", w) for w in words] if len(words) <= MOST_ADDRESSES else [],
    }
    for name, rows in tables.items():
        connection.register(
            "wanted_arrow",
            pa.table(
                {
                    "kind": pa.array([kind for kind, _ in rows], pa.string()),
                    "token": pa.array([token for _, token in rows], pa.string()),
                }
            ),
        )
        connection.execute(f"create or replace temp table {name} as from wanted_arrow")
        connection.unregister("wanted_arrow")


def numbers_of(phone: str) -> set[str]:
    """The digits that a phone may be written with: with its country's code and without."""
    # What every command would wait for, and few need.
    import phonenumbers

    digits = re.sub(r"\D", "", phone)
    found = {digits, digits.removeprefix("00")}
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('00')}" if phone[:1] in "+0" else phone)
    except phonenumbers.NumberParseException:
        return {n for n in found if len(n) >= SHORTEST}
    own = str(number.national_number)
    whole = f"{number.country_code}{own}"
    return {n for n in (*found, own, f"0{own}", whole, f"00{whole}") if len(n) >= SHORTEST}


def _tokens(value: str, *, whole: bool) -> list[str]:
    """The runs of characters by which ``value`` is found; the whole of an e-mail."""
    plain = value.strip().lower()
    runs = [run.rstrip(".") for run in re.findall(RUN, plain)]
    if whole:
        return [run for run in runs if "@" in run]
    told = [run for run in runs if len(run) >= SHORTEST and any(c.isdigit() for c in run)]
    return told[-1:]


def _folded(text: str) -> str:
    with duckdb.connect() as connection:
        row = connection.execute(f"select trim({folded('?::varchar')})", [text]).fetchone()
    return str(row[0]) if row else ""


def _look(connection: duckdb.DuckDBPyConnection, scanned: Scanned, at_least: int = 0) -> None:
    """Count the wanted values in ``texts`` once there are so many, and empty it."""
    texts = int(str(first_value(connection, "select count(*) from texts")))
    if texts < at_least:
        return
    scanned.texts += texts
    rows = connection.execute(
        f"""
        with tokens as (
            select file, place,
                rtrim(unnest(regexp_extract_all(lower(text), {literal(RUN)})), '.') as token
            from texts
        ),
        numbers as (
            select file, place, regexp_replace(
                unnest(regexp_extract_all(text, {literal(NUMBER)}, 1)), '[^0-9]', '', 'g'
            ) as token
            from texts
            union all
            select * from tokens
        ),
        folded as (
            select file, place, {folded("text")} as words from texts
            where (select count(*) from wanted_words) > 0
        )
        select file, place, kind, count(distinct token) from (
            select file, place, kind, token from tokens join wanted using (token)
            union all
            select file, place, kind, token from numbers join wanted_digits using (token)
            union all
            select file, place, kind, token from folded join wanted_words
                on contains(words, ' ' || token || ' ')
        ) group by all order by all
        """
    ).fetchall()
    scanned.findings += [Finding(store_of(row[0]), *row) for row in rows]
    connection.execute("truncate texts")


def _relations(connection: duckdb.DuckDBPyConnection, path: Path, file: str) -> Iterator[str]:
    """Queries of (place, text) that together are all text of a file; the first is its name."""
    yield f"select 'its name' as place, {literal(file)} as text"
    with path.open("rb") as opened:
        head = opened.read(16)
    if path.suffix == ".parquet" or head[:4] == b"PAR1":
        yield from _of_table(connection, f"read_parquet({literal(path)})", "")
    elif head[8:12] == b"DUCK":
        yield from _of_database(connection, path)
    elif head == SQLITE:
        yield from _of_sqlite(connection, path)
    else:
        for name, opened_text in _opened(path):
            for chunk in _chunks(opened_text):
                yield _registered(connection, name, chunk)


def _of_table(connection: duckdb.DuckDBPyConnection, table: str, named: str) -> Iterator[str]:
    columns = [
        name
        for name, kind, *_ in connection.execute(f"describe from {table}").fetchall()
        if any(text in kind for text in ("VARCHAR", "JSON", "BLOB", "ENUM", "UUID", "BIT"))
    ]
    if columns:
        yield " union all ".join(
            f"select {literal(named + name)} as place, cast({identifier(name)} as varchar) as text "
            f"from {table}"
            for name in columns
        )


def _of_database(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
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


def _of_sqlite(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        names = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            cursor = database.execute(f"select * from {identifier(name)}")
            while rows := cursor.fetchmany(10_000):
                texts = [_as_text(value) for row in rows for value in row if _is_text(value)]
                yield _registered(connection, name, texts)


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes) and bool(value)


def _as_text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _registered(connection: duckdb.DuckDBPyConnection, place: str, texts: Iterable[str]) -> str:
    connection.register("texts_arrow", pa.table({"text": pa.array(texts, pa.string())}))
    return f"select {literal(place)} as place, text from texts_arrow"


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
