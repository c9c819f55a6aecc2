"""A second count of a CSV file's records, by Python's reader, where its quotes raise doubts.

DuckDB takes what stands beside quotes (``"a"b``, ``"a" "b"``, a quote that never closes) for one
record here and for two there, and of a file larger than its buffer begins anew in the middle of
a quoted text. Most files have nothing of the kind, and are read once.
"""

from __future__ import annotations

import csv
import io
import itertools
import mmap
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from ingestion.forms import Forms
from ingestion.transcode import Text

LAST = "\x00the last line\x00"
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Recount:
    """``records`` below the header; ``is_open`` if the last one is the rest of the file.

    That is so where a quote is opened, a line break follows, and nothing closes it.
    """

    records: int
    is_open: bool


def has_doubtful_quotes(text: Text, quote: str) -> bool:
    """Whether a quote is closed and, after blanks, opened again within one field."""
    mark = quote.encode("utf-8" if text.encoding == "utf-8" else "latin-1", "replace")
    doubt = re.compile(re.escape(mark) + rb" +" + re.escape(mark))
    if text.compression == "none":
        if not text.path.stat().st_size:
            return False
        with (
            text.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole,
        ):
            # To look for one byte is ten times as fast, and many files have no quotes.
            return whole.find(mark) >= 0 and doubt.search(whole) is not None
    with pa.input_stream(str(text.path), compression=text.compression) as stream:
        before = b""
        while block := stream.read(BLOCK_BYTES):
            if mark in block and doubt.search(before + block):
                return True
            # Blanks may fill the end of one block and the beginning of the next.
            before = mark + b" " if re.search(re.escape(mark) + rb" *$", block) else b""
    return False


def recount(text: Text, forms: Forms) -> Recount:
    """Count the records of a file from its first line to its last, in bounded memory."""
    with _lines(text) as lines, longest_fields():
        for _ in range(forms.skip_rows):
            next(lines, "")
        reader = csv.reader(
            itertools.chain(lines, [LAST]),
            delimiter=forms.delimiter,
            quotechar=forms.quote,
            skipinitialspace=True,
        )
        columns = len(next(reader, []))
        # Of one column, a line without a character is an empty value.
        records, length, ended, row = 0, 0, reader.line_num, [""]
        for row in reader:
            records += bool(row) or columns == 1
            length, ended = reader.line_num - ended, reader.line_num
    if row == [LAST]:
        return Recount(records - 1, False)
    # Of its lines, one is that which was added.
    return Recount(records, length > 2)


@contextmanager
def longest_fields() -> Iterator[None]:
    """Python's reader with fields of any length: its limit holds for the whole process."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


@contextmanager
def _lines(text: Text) -> Iterator[Iterator[str]]:
    kind = None if text.compression == "none" else text.compression
    with pa.input_stream(str(text.path), compression=kind) as stream:
        yield io.TextIOWrapper(
            stream,
            encoding="utf-8-sig" if text.encoding == "utf-8" else text.encoding,
            errors="surrogateescape",
            newline="",
        )
