"""Writes the exports: DuckDB makes plain text, a worker turns it into what the system delivers.

Transcoding, compressing and slipping in bad rows stream through blocks of a megabyte, so that
the size of an export never matters. The same input gives the same bytes.
"""

from __future__ import annotations

import codecs
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from ingestion.demo.bad_rows import BadRow, bad_rows_for
from ingestion.demo.scratch import Company

BLOCK = 1 << 20


class Exporter:
    """Writes files below ``inbox/<system>/<source>/`` and counts rows and bad rows."""

    def __init__(self, company: Company, inbox: Path, temporary: Path) -> None:
        self.company, self.inbox, self.temporary = company, inbox, temporary
        self.rows: Counter[str] = Counter()
        self.bad: Counter[tuple[str, str]] = Counter()
        self._pool = ThreadPoolExecutor(2)
        self._running: list[Future[None]] = []
        self._files = 0

    def __enter__(self) -> Exporter:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=bool(error[0]))
        if not error[0]:
            self.wait(0)

    def wait(self, allowed: int) -> None:
        """Wait until at most ``allowed`` files are still being finished."""
        while len(self._running) > allowed:
            self._running.pop(0).result()

    def csv(
        self,
        place: str,
        name: str,
        query: str,
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
        turn: tuple[int, int] = (0, 1),
    ) -> None:
        """Write a CSV with a header. ``turn`` = (number of this file, files of the export)."""
        options = f"format csv, header, delimiter '{delimiter}', nullstr ''"
        self._text(place, name, query, options, encoding, turn, has_header=True)

    def jsonl(self, place: str, name: str, query: str, *, turn: tuple[int, int] = (0, 1)) -> None:
        """Write a JSON object a line, compressed if the name ends with .gz."""
        self._text(place, name, query, "format json", "utf-8", turn, has_header=False)

    def parquet(self, place: str, name: str, query: str) -> None:
        """Write a Parquet file; the rows keep the query's order."""
        target = self._target(place, name)
        done = self.company.db.execute(
            f"copy ({self.company.sql(query)}) to '{_quoted(target)}' "
            "(format parquet, compression zstd, row_group_size 122880)"
        ).fetchone()
        self.rows[place] += cast("tuple[int]", done)[0]

    def _target(self, place: str, name: str) -> Path:
        target = self.inbox / place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _text(
        self,
        place: str,
        name: str,
        query: str,
        options: str,
        encoding: str,
        turn: tuple[int, int],
        *,
        has_header: bool,
    ) -> None:
        self.wait(3)
        self._files += 1
        plain = self.temporary / f"{self._files}.txt"
        done = self.company.db.execute(
            f"copy ({self.company.sql(query)}) to '{_quoted(plain)}' ({options})"
        ).fetchone()
        rows = cast("tuple[int]", done)[0]
        bad = bad_rows_for(place, rows, turn)
        self.rows[place] += rows + len(bad)
        self.bad.update((place, row.kind) for row in bad)
        if not (rows or bad or has_header):
            # A file without a byte is a delivery that broke off; who has nothing delivers nothing.
            plain.unlink()
            return
        target = self._target(place, name)
        self._running.append(self._pool.submit(_finish, plain, target, encoding, bad))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _finish(plain: Path, target: Path, encoding: str, bad: list[BadRow]) -> None:
    """Turn DuckDB's plain text into the delivered file, bad rows spread over it."""
    if encoding == "utf-8" and not bad and target.suffix != ".gz":
        plain.replace(target)
        return
    with ExitStack() as stack:
        raw = stack.enter_context(target.open("wb"))
        out: BinaryIO = raw
        if target.suffix == ".gz":
            # No name and no time in the header: the same rows give the same bytes.
            out = cast(
                "BinaryIO",
                stack.enter_context(
                    gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0)
                ),
            )
        encode = _encoder(encoding)
        for piece in _pieces(plain, [row.line for row in bad]):
            out.write(piece if isinstance(piece, bytearray) else encode(piece))
    plain.unlink()


def _encoder(encoding: str) -> Callable[[bytes], bytes]:
    if encoding == "utf-8":
        return bytes
    decoder = codecs.getincrementaldecoder("utf-8")()
    return lambda block: decoder.decode(block).encode(encoding)


def _pieces(plain: Path, extra: list[bytes]) -> Iterator[bytes | bytearray]:
    """The file's blocks, with each extra line (a bytearray) after a line, evenly spread."""
    size = plain.stat().st_size
    targets = [size * (n + 1) // (len(extra) + 1) for n in range(len(extra))]
    position = 0
    with plain.open("rb") as file:
        while block := file.read(BLOCK):
            start = 0
            while targets and targets[0] < position + len(block):
                end = block.find(b"\n", max(targets[0] - position, start)) + 1
                if not end:
                    break
                yield block[start:end]
                yield bytearray(extra.pop(0) + b"\n")
                targets.pop(0)
                start = end
            yield block[start:]
            position += len(block)
    for line in extra:
        yield bytearray(line + b"\n")
