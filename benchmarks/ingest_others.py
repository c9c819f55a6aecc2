"""Landing beside pandas and dlt, each as its users would write it: one CSV of orders to Parquet.

    python -m benchmarks.ingest_others 2000000

Each runs in a process of its own on the same file; prints a Markdown table of CPU seconds, elapsed
seconds and the peak memory of the process. pandas reads the file whole, with its types; dlt reads
it in chunks (its own ``read_csv``) and loads Parquet into a folder. Neither checks a value.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.ingest import ORDERS, SETTLED, plain_orders
from cartera.duck import connect, literal
from cartera.settings import Settings
from ingestion.landing import ingest_contract

FILE = "2026-01-01.csv"


def cartera(inbox: Path, home: Path) -> int:
    """Land the file by its contract; the accepted rows."""
    home.mkdir()
    (home / "inbox").symlink_to(inbox)
    return ingest_contract(Settings(home=home, hash_key="k"), plain_orders()).accepted


def pandas(inbox: Path, home: Path) -> int:
    """Read the file into a frame and write that."""
    import pandas as pd

    home.mkdir()
    frame = pd.read_csv(
        inbox / "till" / "orders" / FILE, parse_dates=["fecha"], dtype_backend="pyarrow"
    )
    frame.to_parquet(home / "orders.parquet", compression="zstd")
    return len(frame)


def dlt(inbox: Path, home: Path) -> int:
    """Run dlt's filesystem source into its filesystem destination."""
    import dlt as library
    from dlt.sources.filesystem import filesystem, read_csv

    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
    pipeline = library.pipeline(
        "orders",
        pipelines_dir=str(home / "state"),
        destination=library.destinations.filesystem(str(home / "lake")),
        dataset_name="raw",
    )
    files = filesystem(bucket_url=inbox.as_uri(), file_glob=f"till/orders/{FILE}")
    reader = (files | read_csv()).with_name("orders")
    pipeline.run(reader, loader_file_format="parquet")
    return int(pipeline.last_trace.last_normalize_info.row_counts["orders"])


def measured(work: Callable[[Path, Path], int], inbox: Path, home: Path, rows: int) -> str:
    """One row of the table. Raises SystemExit if not every row came through."""
    start = time.perf_counter()
    came = work(inbox, home)
    elapsed = time.perf_counter() - start
    if came != rows:
        raise SystemExit(f"{work.__name__}: {came} of {rows} rows came through")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(used.ru_utime + used.ru_stime for used in usage)
    memory = max(used.ru_maxrss for used in usage) / 1024
    return f"| {work.__name__} | {cpu:.1f} | {elapsed:.1f} | {memory:,.0f} |"


def main(rows: int) -> None:
    """Measure each on a file of ``rows`` orders."""
    print("| | CPU s | elapsed s | peak MB |")
    print("| --- | ---: | ---: | ---: |")
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        inbox = Path(folder) / "inbox"
        path = inbox / "till" / "orders" / FILE
        path.parent.mkdir(parents=True)
        with connect(Settings(home=Path(folder), hash_key="k")) as connection:
            connection.execute(
                f"copy ({ORDERS.format(rows=rows)}) to {literal(path)} (format csv, header)"
            )
        os.utime(path, (SETTLED, SETTLED))
        for work in (cartera, pandas, dlt):
            home = Path(folder) / work.__name__
            with context.Pool(1) as pool:
                print(pool.apply(measured, (work, inbox, home, rows)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000)
