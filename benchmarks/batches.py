"""What a long history costs: planning a build, and landing one more file.

    python -m benchmarks.batches 100000

Makes a home with that many manifests (half of them of one source, a batch a day and a system;
the rest over the other sources) and prints a Markdown table: the seconds to look at all of them
without and with the index, to freeze a build's inputs, and to ingest one new file, by contract,
into the source with half of them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from cartera import batches
from cartera.arrows.inputs import freeze
from cartera.batches import Manifest
from cartera.settings import Settings
from ingestion.contract import Contract, source_names
from ingestion.landing import ingest_contract

SETTLED = 1_000_000_000
SYSTEMS = 10
LONG = "products"
LAST = date(2026, 11, 1)
CONTRACT = Contract.model_validate(
    {
        "system": "system0",
        "source": LONG,
        "about": "Products.",
        "format": {"type": "csv"},
        "delivery": "increment",
        "columns": {"product_id": "id", "name": "name"},
        "expected_volume": False,
    }
)


def manifest(source: str, number: int) -> Manifest:
    """The n-th batch of a source: one a day of each system, back from LAST."""
    system = f"system{number % SYSTEMS}"
    day = (LAST - timedelta(days=number // SYSTEMS)).isoformat()
    delivery = f"{system}/{source}/{day}.csv"
    checksum = f"{number:064x}"
    return Manifest(
        batch_id=batches.batch_id(system, source, delivery, 1, checksum),
        system=system,
        source=source,
        partition=day,
        delivery=delivery,
        ordinal=1,
        checksum=checksum,
        delivery_kind="increment",
        state="landed",
        received=1000,
        accepted=998,
        quarantined=2,
        erased=0,
        landed_rows=998,
        landed_at="2026-11-01T03:00:00+00:00",
        rejects={"unreadable:list_price": 2},
        contract="0123456789abcdef",
        header=["id", "name"],
        file={"size": 40_000, "mtime_ns": SETTLED, "ctime_ns": SETTLED},
    )


def make(settings: Settings, count: int) -> None:
    others = [name for name in source_names() if name != LONG]
    for number in range(count):
        source = LONG if number < count // 2 else others[number % len(others)]
        position = number if source == LONG else (number - count // 2) // len(others)
        one = manifest(source, position)
        folder = one.folder(settings)
        folder.mkdir(parents=True)
        (folder / batches.MANIFEST).write_text(json.dumps(asdict(one)))


def timed(what: str, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {what} | {wall:.2f} | {cpu:.2f} |", flush=True)


def deliver(settings: Settings, name: str) -> None:
    path = settings.inbox / CONTRACT.system / CONTRACT.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id,name\n1,anvil\n")
    os.utime(path, (SETTLED, SETTLED))


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        settings = Settings(home=Path(folder), hash_key="k")
        make(settings, count)
        # An index does not trust what is younger than two seconds.
        time.sleep(2.5)
        print(f"| {count:,} batches | wall s | CPU s |\n| --- | ---: | ---: |")
        timed("every manifest read, the index written", lambda: batches.scan(settings))
        timed("all batches, by the index", lambda: batches.scan(settings))
        timed("a build's inputs: scan, readable, freeze, hash", lambda: freeze(settings, LAST).hash)
        deliver(settings, "2026-11-02.csv")
        landed = f"one new file into a source with {count // 2:,} batches"
        timed(landed, lambda: ingest_contract(settings, CONTRACT))
        timed("the same ingest again: a repeat", lambda: ingest_contract(settings, CONTRACT))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
