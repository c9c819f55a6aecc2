"""Cases: an export that somebody or something damaged, and the name that it was delivered by."""

from __future__ import annotations

import codecs
from dataclasses import asdict, dataclass
from typing import Any

from hypothesis import strategies as st

from tests.ingestion.fuzz.shapes import Shape

# Replaced by a path outside of the home; nothing may ever be there.
CANARY = "CANARY-PATH"
SCALE = 1_000_000
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE)
TEXTS = (
    '"', '""', '"""', '",', ',"', '" "', "'", "\n", "\r", "\r\n", "\n\n", "\n \n", "\n\t\n",
    ",", ",,,,,,", ";", "\t", " ", "\\", "\\n", "\x00", "\x01", "\x1a", "\x0b", "\x0c", "\x85",
    "\u2028", "\u00a0", "\ufeff", "\u200f", "🦄", "שלום", "e\u0301", "ﬀ", "Total", "{", "}", "[",
    "]", "null", "[null]", "[]", "{}", "NaN", "1e999", "9" * 400, "-", "(1)", "0x10", "\\ud800",
    "'; drop table rows; --", f"'; copy (select 1) to '{CANARY}'; --",
    f'"; copy (select 1) to \'{CANARY}\'; --', f"'||read_text('{CANARY}')||'",
    f"=HYPERLINK(\"{CANARY}\")", "=cmd|'/c touch'!A1", "+1+1", "@SUM(1)", "%s%n%d", "{0.__class__}",
    "{}", "$(touch x)", "`touch x`", "../../../etc/passwd", "_reject", "_line", "skipped:only",
    "extra", "source_system", "file_row_number", '{"data": {"items": null}}\n', "[[],[1]]\n",
    '{"id": "1"}\n', "null\n", '""\n', "''\n",
)  # fmt: skip
BYTES = (b"\xff", b"\xfe\xff", b"\xc3", b"\xe2\x82", b"\x80", b"\x81", b"\xed\xa0\x80", b"\xf0\x9f")
PIECES = tuple(text.encode() for text in TEXTS) + BYTES
HEADERS = (
    "id", "name", "price", "day", "kind", "ID", " id ", "Id", "id_2", "name_2", "ñame", "nam\u00e9",
    "name\u0301", "", " ", "column1", "_reject", "_row", "_line", "_is_json", "extra",
    "source_system",
    "c0", "v0", "u0", "select", "../../x", f"'; copy (select 1) to '{CANARY}'; --", '"quoted"',
    '"two\nlines"', "=cmd()", "{}", "%s", "*", "$.id", "id[0]", "x" * 3000, "🦄", "עברית", "a\x00b",
    "rowid", "file_row_number", "filename",
)  # fmt: skip
NAMES = (
    "a", "a b", "  a  ", "*", "?", "[a]", "[!a]", "a*b?c[d]", "..a", "a..", "a..b", "...", "-rf",
    "a\nb", "a\tb", "a\rb", "'", '"', "';drop table x;--", "$(touch x)", "`x`", "%s%n", "{}", "{0}",
    "=cmd()", "&", "|", "\\", "a\\b", "~", "#", "é", "e\u0301", "ﬀ", "🦄", "\u202egpj", "x" * 200,
    "é" * 100, "2026-02-30", "2026-01-02", "9999-12-31", "0000-00-00", "year=2026", "con", "\x7f",
    "id=7/a", "year=2026/month=1/a", "partition=2026-01-01/batch=x/a", "a/b/c/d/e", "..x/..y/a",
    "manifest.json/a", "*/a", "a b/[c]/a", "s3:x", "http:x", "file:x", "a.csv", "a.parquet", "a.gz",
    "data.parquet", ".hidden", "a.part", "a\udcff",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One damage. ``at`` and ``size`` are millionths of what is damaged; ``n`` picks the detail."""

    op: str
    at: int = 0
    size: int = 0
    n: int = 0


@dataclass(frozen=True)
class Case:
    """``edits`` are made to the export, ``packed`` to the file that is delivered."""

    name: str
    edits: tuple[Edit, ...] = ()
    packed: tuple[Edit, ...] = ()
    linked: bool = False

    def content(self, shape: Shape, canary: str) -> bytes:
        """The bytes of the delivery."""
        content = damaged(shape.content, self.edits, shape)
        encoding = shape.contract.forms.encoding
        # What is written in the encoding of the file is text of it.
        content = content.replace(CANARY.encode(), canary.encode())
        if encoding == "utf-16":
            content = content.replace(CANARY.encode("utf-16-le"), canary.encode("utf-16-le"))
        return damaged(shape.packed(content), self.packed, shape)

    def as_json(self) -> dict[str, Any]:
        """As plain values; ``from_json`` reads them."""
        return asdict(self) | {"name": self.name.encode("utf-8", "surrogateescape").hex()}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Case:
        """The case that ``as_json`` told."""
        return cls(
            name=bytes.fromhex(told["name"]).decode("utf-8", "surrogateescape"),
            edits=tuple(Edit(**edit) for edit in told["edits"]),
            packed=tuple(Edit(**edit) for edit in told["packed"]),
            linked=told["linked"],
        )


def damaged(content: bytes, edits: tuple[Edit, ...], shape: Shape) -> bytes:
    """``content`` after all ``edits``, in order."""
    for edit in edits:
        content = _damage(content, edit, shape)
    return content


def _damage(content: bytes, edit: Edit, shape: Shape) -> bytes:
    at = edit.at * (len(content) + 1) // SCALE
    end = min(len(content), at + 1 + edit.size * 80 // SCALE)
    match edit.op:
        case "flip":
            return (
                content[:at]
                + bytes(b ^ (1 << edit.n % 8) for b in content[at : at + 1])
                + content[at + 1 :]
            )
        case "cut":
            return content[:at]
        case "insert":
            return content[:at] + PIECES[edit.n % len(PIECES)] + content[at:]
        case "text":
            piece = TEXTS[edit.n % len(TEXTS)]
            encoding = shape.contract.forms.encoding.replace("utf-16", "utf-16-le")
            if encoding == "utf-16-le":
                at -= at % 2
            return content[:at] + piece.encode(encoding, "replace") + content[at:]
        case "delete":
            return content[:at] + content[end:]
        case "double":
            return content[:end] + content[at:end] + content[end:]
        case "lines":
            lines = content.splitlines(keepends=True)
            line = edit.at * len(lines) // SCALE
            return b"".join(
                lines[: line + 1] + lines[line : line + 1 + edit.n % 40] + lines[line + 1 :]
            )
        case "mark":
            return MARKS[edit.n % len(MARKS)] + content
        case "recode":
            declared = shape.contract.forms.encoding
            text = content.decode(declared, "replace")
            return text.encode(ENCODINGS[edit.n % len(ENCODINGS)], "replace")
        case "ends":
            end = (b"\r\n", b"\r", b"\n\n", b"\n\r", b"")[edit.n % 5]
            return content[:at].replace(b"\n", end) + content[at:]
        case "big":
            return (
                content[:at]
                + (b"y", b'"', b"0", b" ", b"\xc3\xb1")[edit.n % 5] * SCALE
                + content[at:]
            )
        case "header":
            return _with_header(content, edit, shape)
        case "nothing":
            return (b"", b"\n", b" ", b"\x00", b"\n\n\n")[edit.n % 5]
    raise ValueError(edit.op)


def _with_header(content: bytes, edit: Edit, shape: Shape) -> bytes:
    """One name of the header replaced by another, or one more of them."""
    header, end, rest = content.partition(b"\n")
    mark = shape.contract.forms.delimiter.encode()
    names = header.split(mark)
    place = edit.at * len(names) // SCALE
    new = HEADERS[edit.n % len(HEADERS)].encode()
    names = [*names[:place], new, *names[place + edit.size % 2 :]]
    return mark.join(names) + end + rest


# Hypothesis likes small numbers and its own earlier ones; places should be everywhere.
numbers = st.integers(0, SCALE - 1).map(lambda n: n * 617_453 % SCALE)
picks = st.integers(0, 2**31).map(lambda n: n * 2_654_435_761 >> 7)
OPS = ("flip", "cut", "insert", "text", "delete", "double", "lines", "mark", "recode", "ends")
# A megabyte is slow to make and to read: one damage in forty or so is one.
OFTEN = (*OPS * 3, *("insert", "text", "header") * 3, "nothing", "big")
edits = st.builds(Edit, op=st.sampled_from(OFTEN), at=numbers, size=numbers, n=picks)
packed_edits = st.builds(Edit, op=st.sampled_from(OPS[:6]), at=numbers, size=numbers, n=picks)


def _cases(shape: Shape) -> st.SearchStrategy[Case]:
    is_binary = shape.ending.endswith((".gz", ".zst", ".parquet"))
    inside = st.just(()) if shape.ending == ".parquet" else st.lists(edits, max_size=4).map(tuple)
    packed = st.one_of(st.just(()), st.lists(packed_edits, max_size=2).map(tuple))
    return st.builds(
        Case,
        name=st.sampled_from(NAMES),
        edits=inside,
        packed=packed if is_binary else st.just(()),
        linked=st.integers(0, 49).map(lambda n: n == 49),
    )


def rounds(shape: Shape, size: int) -> st.SearchStrategy[list[Case]]:
    """``size`` deliveries of a shape, that one ingest takes."""
    return st.lists(_cases(shape), min_size=size, max_size=size)
