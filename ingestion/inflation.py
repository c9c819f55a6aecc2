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


def check_inflation(path: Path, settings: Settings, *, is_parquet: bool) -> None:
    """Raise UnreadableDelivery for a packed file that is too large, cut short or damaged.

    The end counts too: DuckDB takes a file that is cut short for a shorter one.
    """
    most = size(settings.max_inflated)
    if is_parquet:
        _check_parquet(path, most)
        return
    kind = compression(path)
    if kind == "none":
        return
    ratio = settings.max_inflation
    times = max(HARMLESS_BYTES, ratio * path.stat().st_size)
    inflated = 0
    try:
        with pa.input_stream(str(path), compression=kind) as stream:
            while block := stream.read(BLOCK_BYTES):
                inflated += len(block)
                if inflated > most:
                    raise _too_large(path, settings)
                if inflated > times:
                    raise UnreadableDelivery(
                        f"{path}: it unpacks to more than {ratio} times its size, as a bomb does.",
                        fix="If it is what it should be, raise CARTERA_MAX_INFLATION for this "
                        "ingest.",
                    )
    except OSError as error:
        raise UnreadableDelivery(
            f"{path}: the compressed file is cut short or damaged ({error}).",
            fix="Have it delivered again; it is taken at the next run once it has changed.",
        ) from error


def _check_parquet(path: Path, most: int) -> None:
    """By its footer: a page of one value may stand for any number of rows, a byte each at least."""
    try:
        told = pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        # What is wrong with it is said where it is read.
        return
    pages = sum(told.row_group(n).total_byte_size for n in range(told.num_row_groups))
    if max(pages, told.num_rows * told.num_columns) > most:
        raise UnreadableDelivery(
            f"{path}: by its footer it has {told.num_rows} rows and {pages} bytes unpacked, more "
            "than CARTERA_MAX_INFLATED allows.",
            fix="If it is what it should be, raise CARTERA_MAX_INFLATED for this ingest.",
        )


def _too_large(path: Path, settings: Settings) -> UnreadableDelivery:
    return UnreadableDelivery(
        f"{path}: it unpacks to more than {settings.max_inflated}.",
        fix="Have it delivered in parts, or raise CARTERA_MAX_INFLATED for this ingest.",
    )
