"""How large a delivery is once it is unpacked, and when that is no delivery any more.

A few kilobytes can hold a billion rows. What is packed is read to its end before anything is made
of it, in a block of memory, and no further than the settings allow.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cartera.quantities import size
from cartera.settings import Settings
from ingestion.raw import UnreadableDelivery
from ingestion.transcode import compression

BLOCK_BYTES = 1 << 20
# Up to here nothing is a bomb, however well it was packed.
HARMLESS_BYTES = 100 << 20


# A file that was held for its size is taken again when somebody says so.
_AGAIN = "`cartera batch discard` it with --again and ingest"


def too_large(path: Path, settings: Settings, *, is_parquet: bool) -> str:
    """Why a packed file is held unread, with what to do; empty if it is of a size to be read.

    Raises UnreadableDelivery for one that is cut short or damaged: DuckDB takes it for a shorter
    one.
    """
    if is_parquet:
        return _too_large_by_footer(path, settings)
    kind = compression(path)
    if kind == "none":
        return ""
    most = size(settings.max_inflated)
    ratio = settings.max_inflation
    times = max(HARMLESS_BYTES, ratio * path.stat().st_size)
    inflated = 0
    try:
        with pa.input_stream(str(path), compression=kind) as stream:
            while block := stream.read(BLOCK_BYTES):
                inflated += len(block)
                if inflated > most:
                    return (
                        f"it unpacks to more than {settings.max_inflated}: have it delivered in "
                        f"parts, or raise CARTERA_MAX_INFLATED, {_AGAIN}"
                    )
                if inflated > times:
                    return (
                        f"it unpacks to more than {ratio} times its size, as a bomb does: if it is "
                        f"what it should be, raise CARTERA_MAX_INFLATION, {_AGAIN}"
                    )
    except OSError as error:
        raise UnreadableDelivery(
            f"{path}: the compressed file is cut short or damaged ({error}).",
            fix="Have it delivered again; it is taken at the next run once it has changed.",
        ) from error
    return ""


def _too_large_by_footer(path: Path, settings: Settings) -> str:
    """A page of one value may stand for any number of rows, a byte each at least."""
    try:
        told = pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        # What is wrong with it is said where it is read.
        return ""
    pages = sum(told.row_group(n).total_byte_size for n in range(told.num_row_groups))
    if max(pages, told.num_rows * told.num_columns) <= size(settings.max_inflated):
        return ""
    return (
        f"by its footer it has {told.num_rows} rows and {pages} bytes unpacked, more than "
        f"CARTERA_MAX_INFLATED allows: if it is what it should be, raise that, {_AGAIN}"
    )
