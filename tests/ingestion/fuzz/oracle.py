"""What is in a file, by readers that share nothing with the one under test.

CSV is read character by character, by the definition that docs/contracts.md gives; JSON lines by
Python's json; Parquet by pyarrow. Each says how many records there are, and whether the file is
well-formed: only one that is not may be refused as a whole.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contract import Contract
from ingestion.recount import longest_fields
from tests.ingestion.fuzz.shapes import Shape

# DuckDB cuts a refused line somewhere above this, and then cannot store what is left.
LONG = 50_000


@dataclass(frozen=True)
class Truth:
    """``records`` below the header, footers among them; None where nobody can say.

    ``why`` says in what the file is malformed; empty if it must be taken.
    """

    records: int | None
    why: str = ""


def truth(shape: Shape, content: bytes) -> Truth:
    """What the delivered bytes hold."""
    forms = shape.contract.forms
    if not content:
        return Truth(None, "empty")
    if forms.type == "parquet":
        return _parquet(content)
    try:
        content = _unpacked(shape, content)
    except (OSError, EOFError, zlib.error) as error:
        return Truth(None, f"broken compression: {error}")
    text, why = _decoded(content, forms.encoding)
    if forms.type == "jsonl":
        found = _json_lines(text, shape.contract)
    else:
        found = csv_records(text, forms.delimiter, forms.quote, forms.skip_rows)
    return Truth(found.records, "; ".join(filter(None, [why, found.why])))


def _unpacked(shape: Shape, content: bytes) -> bytes:
    if shape.ending.endswith(".gz"):
        return _gunzipped(content)
    if shape.ending.endswith(".zst"):
        with pa.input_stream(pa.BufferReader(content), compression="zstd") as stream:
            return bytes(stream.read())
    return content


def _gunzipped(content: bytes) -> bytes:
    """All members of a gzip file. What follows them is damage, zeros included."""
    parts = []
    while content:
        member = zlib.decompressobj(wbits=31)
        parts.append(member.decompress(content))
        if not member.eof:
            raise EOFError("cut short")
        content = member.unused_data
    return b"".join(parts)


def _decoded(content: bytes, encoding: str) -> tuple[str, str]:
    """The text, bytes without a meaning as lone surrogates, and what is wrong with it."""
    if encoding == "latin-1":
        # 0x80 to 0x9F mean nothing that a text has: DuckDB refuses such a file.
        wrong = any(0x80 <= byte < 0xA0 for byte in content)
        return content.decode("latin-1"), "not latin-1" if wrong else ""
    if encoding == "utf-16":
        order = "be" if content[:2] == b"\xfe\xff" else "le"
        why = "half a character" if len(content) % 2 else ""
        text = content.decode(f"utf-16-{order}", "surrogatepass" if not why else "replace")
        return text.removeprefix("\ufeff"), why
    return content.decode(encoding, "surrogateescape").removeprefix("\ufeff"), ""


def _parquet(content: bytes) -> Truth:
    try:
        with pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True) as file:
            read = sum(batch.num_rows for batch in file.iter_batches())
    except (OSError, pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        return Truth(None, f"broken parquet: {error}")
    return Truth(read)


def _line_ends(text: str) -> list[str]:
    """Every line and its end in turn: CR LF, CR or LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _kinds(text: str) -> set[str]:
    bare = text.replace("\r\n", "")
    return {
        kind
        for kind, found in [("\r\n", bare != text), ("\r", "\r" in bare), ("\n", "\n" in bare)]
        if found
    }


def _is_no_text(line: str) -> bool:
    return any("\ud800" <= mark <= "\udfff" for mark in line)


def _is_blank(line: str) -> bool:
    return all(unicodedata.category(mark) == "Zs" for mark in line)


def _json_lines(text: str, contract: Contract) -> Truth:
    why = "lines end in different ways" if len(_kinds(text)) > 1 else ""
    records = 0
    for line in _line_ends(text):
        if len(line) > LONG and _is_no_text(line):
            why = "a long line that is no text"
        if not _is_blank(line):
            records += len(_listed(line, contract.forms.records))
    return Truth(records, why)


def _listed(line: str, path: str) -> list[Any]:
    """The records of a line: the items of its list, or the line where it has no such list."""
    if not path or _is_no_text(line):
        return [line]
    try:
        value = json.loads(line, parse_constant=_no_constant)
        for key in [] if path == "." else path.split("."):
            value = value[key] if isinstance(value, dict) else None
    except (ValueError, KeyError, RecursionError):
        return [line]
    # All pairs, also those that a later one of the same key hides.
    whole = json.loads(line, object_pairs_hook=list)
    if _is_no_text(json.dumps(whole, ensure_ascii=False)):
        # Half of a surrogate pair, as an escape: Python's reader alone takes it.
        return [line]
    return value if isinstance(value, list) else [line]


def _no_constant(word: str) -> None:
    raise ValueError(word)


def csv_records(text: str, delimiter: str, quote: str, skip: int) -> Truth:
    """Count the records below the header.

    A field may stand in quotes, with blanks before the first and after the last; in them a
    doubled quote is one, and a line break is text. Elsewhere a quote within a field is text. A
    line without one character is no record, unless the file has one column only.
    """
    kinds = set()
    position = 0
    for _ in range(skip):
        ends = [text.find(mark, position) for mark in "\r\n"]
        found = [end for end in ends if end >= 0]
        if not found:
            return Truth(None, "titles only")
        position = min(found) + 1 + (text[min(found) : min(found) + 2] == "\r\n")
    kinds |= _kinds(text[:position])
    sizes: list[int] = []
    why = set()
    titles = [f"{line}\n" for line in _line_ends(text[:position])[:skip]]
    with longest_fields():
        try:
            read = list(
                csv.reader([*titles, "x\n"], delimiter=delimiter, quotechar=quote, strict=True)
            )
        except csv.Error:
            why.add("a title with text after a closing quote, or one that opens one")
        else:
            if len(read) != skip + 1:
                why.add("a title that opens a quote")
    while position < len(text):
        start, fields, state = position, 1, "start"
        while position < len(text):
            mark = text[position]
            position += 1
            if state == "quoted":
                if mark == quote:
                    state = "closed"
                continue
            if mark in "\r\n":
                end = mark + "\n" if text[position - 1 : position + 1] == "\r\n" else mark
                position += len(end) - 1
                kinds.add(end)
                break
            if mark == delimiter:
                fields, state = fields + 1, "start"
            elif state == "start" and mark == quote:
                state = "quoted"
            elif state == "start" and mark == " ":
                pass
            elif state == "closed" and mark == quote:
                state = "quoted"
            elif state in ("closed", "after") and mark == " ":
                state = "after"
            elif state in ("closed", "after"):
                why.add("text after a closing quote")
                state = "text"
            elif state == "start":
                state = "text"
        if state == "quoted":
            why.add("a quote that never closes")
        sizes.append(0 if text[start:position].strip("\r\n") == "" and state == "start" else fields)
        if _is_no_text(text[start:position]) and (len(sizes) == 1 or position - start > LONG):
            why.add("a header, or a long line, that is no text")
    if not sizes or sizes[0] == 0:
        return Truth(None, "no header")
    if len(kinds) > 1:
        why.add("lines end in different ways")
    one_column = sizes[0] == 1
    records = sum(1 for size in sizes[1:] if size or one_column)
    return Truth(records, "; ".join(sorted(why)))
