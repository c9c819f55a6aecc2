"""How long the demo company takes to be made, how many rows it has and how much memory it needs.

    python -m benchmarks.demo 2000 100000 1000000

Prints a line per size: people, files, rows, gigabytes written, seconds, CPU seconds, peak memory
in gigabytes. Each size runs in a process of its own, so that its peak is its own.
"""

from __future__ import annotations

import multiprocessing
import re
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from ingestion.demo.company import write_company


def measure(people: int) -> str:
    """Make a demo of ``people`` over 730 days and say what it took."""
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        inbox = Path(folder) / "inbox"
        lines: list[str] = []
        start = time.perf_counter()
        write_company(
            inbox,
            people=people,
            seed=7,
            as_of=date(2026, 11, 1),
            days=730,
            truth=Path(folder) / "truth",
            progress=lines.append,
        )
        seconds = time.perf_counter() - start
        sizes = [path.stat().st_size for path in inbox.rglob("*") if path.is_file()]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    rows = int(re.sub(r"\D", "", lines[-1]))
    cpu = usage.ru_utime + usage.ru_stime
    return (
        f"{people:>10,} {len(sizes):>6} {rows:>13,} {sum(sizes) / 1e9:>7.2f} "
        f"{seconds:>8.1f} {cpu:>8.1f} {usage.ru_maxrss / 1e6:>8.2f}"
    )


def main(sizes: list[int]) -> None:
    """Measure each size and print a table."""
    print("    people  files          rows      GB        s    CPU s  peak GB", flush=True)
    context = multiprocessing.get_context("spawn")
    for people in sizes:
        with context.Pool(1) as pool:
            print(pool.apply(measure, (people,)), flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [2000, 20_000])
