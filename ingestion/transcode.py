"""Files in an encoding that DuckDB does not read whole: a copy in UTF-8, block by block.

DuckDB reads UTF-8 and true latin-1. Its latin-1 stops at 0x80 to 0x9F, where windows-1252 has
the euro sign and the curly quotes, and its UTF-16 knows one byte order.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ingestion.forms import Forms

BLOCK_BYTES = 1 << 20
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True)
class Text:
    """A text file as DuckDB is to read it."""

    path: Path
    encoding: str
    compression: str


def compression(path: Path) -> str:
    """DuckDB's name of the compression that the file's ending tells."""
    return COMPRESSIONS.get(path.suffix.lower(), "none")


def readable_text(path: Path, forms: Forms, copy: Path) -> Text:
    """``path`` if DuckDB reads its encoding, else ``copy``, into which it is rewritten.

    Bytes that mean nothing in the encoding stay as they are: they are no UTF-8, so that the
    record that holds them is refused, and no other. Raises UnicodeError where a UTF-16 file
    is cut short, OSError.
    """
    if forms.encoding in ("utf-8", "latin-1"):
        return Text(path, forms.encoding, compression(path))
    kind = compression(path)
    with (
        pa.input_stream(str(path), compression=None if kind == "none" else kind) as source,
        copy.open("wb") as target,
    ):
        block = source.read(BLOCK_BYTES)
        if forms.encoding == "cp1252":
            while block:
                text = block.decode("cp1252", "surrogateescape")
                target.write(text.encode("utf-8", "surrogateescape"))
                block = source.read(BLOCK_BYTES)
        else:
            order = "be" if block.startswith(codecs.BOM_UTF16_BE) else "le"
            decoder = codecs.getincrementaldecoder(f"utf-16-{order}")("surrogatepass")
            if block.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
                block = block[2:] or source.read(BLOCK_BYTES)
            while block:
                target.write(decoder.decode(block).encode("utf-8", "surrogatepass"))
                block = source.read(BLOCK_BYTES)
            target.write(decoder.decode(b"", final=True).encode("utf-8", "surrogatepass"))
    return Text(copy, "utf-8", "none")


def without_mark(text: Text, copy: Path) -> Text:
    """``text`` without its byte order mark, copied into ``copy``; as it is if it has none."""
    kind = None if text.compression == "none" else text.compression
    with pa.input_stream(str(text.path), compression=kind) as source:
        if text.encoding != "utf-8" or source.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            return text
        with copy.open("wb") as target:
            while block := source.read(BLOCK_BYTES):
                target.write(block)
    return Text(copy, "utf-8", "none")
