"""A file that is empty, cut short or damaged says so, and nothing of it lands."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingestion.acme import GOOD, HEADER, Acme, contract

AGAIN = "Have it delivered again; it is taken at the next run once it has changed."
PARQUET: dict[str, Any] = {"format": {"type": "parquet"}}
LARGE = HEADER + b"".join(
    b"%d,name %d,%d.5,2026-01-01\n" % (i, i * 7919 % 1000, i) for i in range(20_000)
)


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


PACK = {".gz": gzip.compress, ".zst": zstd}


def parquet(rows: int = 200, **options: Any) -> bytes:
    table = pa.table(
        {
            "id": [str(i) for i in range(rows)],
            "name": [f"name {i * 7919 % 1000}" for i in range(rows)],
            "price": [i + 0.5 for i in range(rows)],
            "day": ["2026-01-01"] * rows,
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def footer_start(content: bytes) -> int:
    return len(content) - 8 - int.from_bytes(content[-8:-4], "little")


def flipped(content: bytes, position: int) -> bytes:
    damaged = bytearray(content)
    damaged[position] ^= 0x10
    return bytes(damaged)


def is_whole(content: bytes) -> bool:
    """Whether pyarrow reads the same rows as from the file without damage."""
    try:
        with pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True) as file:
            return bool(file.read().equals(pq.read_table(io.BytesIO(parquet()))))
    except (OSError, pa.ArrowException):
        return False


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "csv"),
        ("a.csv.gz", "csv"),
        ("a.csv.zst", "csv"),
        ("a.jsonl", "jsonl"),
        ("a.jsonl.gz", "jsonl"),
        ("a.parquet", "parquet"),
    ],
)
def test_an_empty_file_says_so(acme: Acme, name: str, kind: str) -> None:
    said = acme.refuse(b"", name, format={"type": kind})
    assert said == "FILE: empty, not one byte. Have it delivered again."


@pytest.mark.parametrize("content", [b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_a_csv_without_a_header_says_so(acme: Acme, content: bytes) -> None:
    name = "a.csv.gz" if content.startswith(b"\x1f") else "a.csv"
    said = acme.refuse(content, name)
    assert said == "FILE: empty, without even a header line. Have it delivered again."


@pytest.mark.parametrize("ending", PACK)
def test_a_whole_compressed_file_lands(acme: Acme, ending: str) -> None:
    manifest = acme.land(PACK[ending](LARGE), "a.csv" + ending)
    assert (manifest.received, manifest.quarantined) == (20_000, 0)


@pytest.mark.parametrize("ending", PACK)
def test_compressed_files_put_one_after_the_other_land_whole(acme: Acme, ending: str) -> None:
    pack = PACK[ending]
    manifest = acme.land(pack(GOOD) + pack(b"3,glue,3,\n"), "a.csv" + ending.upper())
    assert acme.column(manifest, "product_id") == ["1", "2", "3"]


@pytest.mark.parametrize("ending", PACK)
@pytest.mark.parametrize("content", [GOOD, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("keep", [0.5, 0.9, -8, -1])
def test_a_compressed_file_cut_short_does_not_land(
    acme: Acme, ending: str, content: bytes, keep: float
) -> None:
    """DuckDB alone takes what is there for all there is: half a file would land as whole."""
    packed = PACK[ending](content)
    kept = packed[: int(keep)] if keep < 0 else packed[: int(len(packed) * keep)]
    assert acme.refuse(kept, "a.csv" + ending) == (
        f"FILE: the compressed file is cut short or damaged (Truncated compressed stream). {AGAIN}"
    )


@pytest.mark.parametrize(
    "damaged",
    [
        flipped(gzip.compress(LARGE), 5000),
        flipped(gzip.compress(GOOD), -6),
        flipped(gzip.compress(GOOD), -2),
        gzip.compress(GOOD) + b"more",
        GOOD,
    ],
    ids=["data", "crc", "length", "appended", "not-gzip"],
)
def test_a_damaged_gzip_does_not_land(acme: Acme, damaged: bytes) -> None:
    said = acme.refuse(damaged, "a.csv.gz")
    assert said.startswith("FILE: the compressed file is cut short or damaged (zlib ")
    assert said.endswith(AGAIN)


def test_a_delivery_cut_short_lands_when_it_comes_whole(acme: Acme) -> None:
    acme.refuse(gzip.compress(GOOD)[:-8], "a.csv.gz")
    assert acme.land(gzip.compress(GOOD), "a.csv.gz").received == 2


def test_a_parquet_cut_short_does_not_land(acme: Acme) -> None:
    said = acme.refuse(parquet()[:-20], "a.parquet", **PARQUET)
    assert said.startswith("FILE: cannot be read (Invalid Input Error: No magic bytes found")


def test_a_parquet_that_is_none_does_not_land(acme: Acme) -> None:
    assert "cannot be read" in acme.refuse(GOOD, "a.parquet", **PARQUET)


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_a_flipped_byte_in_a_page_with_a_checksum_does_not_land(
    acme: Acme, compression: str
) -> None:
    content = parquet(compression=compression, write_page_checksum=True)
    assert acme.land(content, "good.parquet", **PARQUET).received == 200
    before = acme.stored()
    for position in range(60, footer_start(content), 97):
        damaged = flipped(content, position)
        # Some flips fall where nobody reads, such as a page header's spare statistics.
        if not is_whole(damaged):
            acme.deliver(damaged, f"{position}.parquet")
    report = acme.ingest(contract(**PARQUET))
    assert report.batches == 0
    assert len(report.problems) > 5
    assert all("cannot be read (" in problem for problem in report.problems)
    assert any("checksum verification failed" in problem for problem in report.problems)
    assert acme.stored() == before


def test_a_flipped_byte_in_a_page_without_checksum_is_noticed_only_where_it_breaks_the_form(
    acme: Acme,
) -> None:
    """What no reader can notice: most writers, pyarrow among them, put no checksum on pages.

    A flip within the values of such a page is another value, for DuckDB and for everybody; the
    delivered file's bytes are what they are. The test shows it, so that nobody relies on it.
    """
    content = parquet(compression="none", use_dictionary=False)
    at = content.index(b"name 919")
    manifest = acme.land(flipped(content, at), "a.parquet", **PARQUET)
    assert acme.column(manifest, "name")[:3] == ["name 0", "~ame 919", "name 838"]


def test_a_flipped_byte_in_the_footer_is_refused_or_changes_no_row(acme: Acme) -> None:
    """Names, types, places and counts stand there; the rest is statistics and who wrote it."""
    content = parquet()
    columns = "product_id, name, list_price, launched_on"
    expected = acme.rows(acme.land(content, "good.parquet", **PARQUET), columns)
    start = footer_start(content)
    for position in [*range(start, len(content) - 8, 23), *range(-8, 0)]:
        acme.deliver(flipped(content, position), f"bad {position}.parquet")
    report = acme.ingest(contract(**PARQUET))
    assert len(report.problems) > 8
    assert all(
        acme.rows(manifest, columns) == expected
        for manifest in acme.batches()
        if manifest.state == "landed"
    )


def test_a_row_count_that_does_not_fit_the_rows_does_not_land(acme: Acme) -> None:
    content = parquet()
    # Thrift writes 200 as 90 03 and 192 as 80 03; the file's own count comes first.
    at = content.index(b"\x90\x03", footer_start(content))
    damaged = content[:at] + b"\x80\x03" + content[at + 2 :]
    said = acme.refuse(damaged, "a.parquet", **PARQUET)
    assert said.startswith("FILE: cannot be read (its footer says 192 rows, and it has 200")
