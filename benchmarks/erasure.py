"""What the erasure of many people costs: finding them, the scan, the sweep, each in CPU-s.

    python -m benchmarks.erasure [people of the demo] [how many are erased]
    python -m benchmarks.erasure whole HOME [how many are erased]

The company is landed and built once. The rebuild and a second scan come on top: the one is a build
like any other, the other costs what the first does. ``whole`` measures all of `cartera erase
--file`, each of its steps, on a copy of a home that was built.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import duckdb

from cartera import batches, tombstones
from cartera.arrows import build, erase, ingest, systems_with_inbox
from cartera.duck import literal
from cartera.identity.lookup import open_contacts
from cartera.lock import hold
from cartera.privacy.people import Wanted, find_people, read_names
from cartera.privacy.scan import scan
from cartera.privacy.sweep import sweep_stores
from cartera.settings import Settings, load_settings
from ingestion.contract import load_contracts
from ingestion.demo.company import write_company

AS_OF = date(2026, 11, 1)
Answer = TypeVar("Answer")


def measured(name: str, step: Callable[[], Answer]) -> Answer:
    started, used = time.monotonic(), sum(os.times()[:4])
    answer = step()
    cpu = sum(os.times()[:4]) - used
    print(f"{name:<32} {cpu:8.1f} CPU-s {time.monotonic() - started:8.1f} s", flush=True)
    return answer


def landed_and_built(home: Path, people: int) -> Settings:
    settings = Settings(home=home, hash_key="of the benchmark")
    write_company(settings.inbox, people=people, seed=7, as_of=AS_OF, days=730)
    for system in systems_with_inbox(settings):
        ingest(settings, system)
    build(settings, as_of=AS_OF)
    return settings


def some(settings: Settings, how_many: int) -> Wanted:
    with duckdb.connect() as connection:
        contacts = settings.publications / "current" / "contacts.duckdb"
        connection.execute(f"attach {literal(contacts)} as contacts (read_only)")
        rows = connection.execute(
            "select distinct customer_id from contacts.contacts.identity_map "
            "order by md5(customer_id) limit ?",
            [how_many],
        ).fetchall()
    return Wanted(customers=tuple(customer for (customer,) in rows))


def main(people: int = 3000, how_many: int = 1000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = measured("landing and a build", lambda: landed_and_built(Path(folder), people))
        wanted = some(settings, how_many)
        with open_contacts(settings, "erase", []) as connection:
            meant = measured(
                f"who {len(wanted.customers)} of them are",
                lambda: find_people(settings, connection, wanted),
            )
        measured("the scan", lambda: scan(settings, meant.values))
        tombstones.add(settings, "benchmark", meant.stones)
        with hold(settings, "build"):
            contracts = load_contracts(settings.contracts)
            swept, _ = measured("the sweep", lambda: sweep_stores(settings, contracts))
        every = len(batches.scan(settings))
        print(f"{swept.batches} of {every} batches, {len(meant.stones)} tombstones")


def whole(home: str, how_many: int = 1000) -> None:
    """All of an erasure, from a file of ids to the certificate."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cp", "-a", home, f"{folder}/home"], check=True)
        settings = load_settings(home=Path(folder) / "home")
        asked = Path(folder) / "asked-for.txt"
        asked.write_text("\n".join(some(settings, how_many).customers))
        before = started = sum(os.times()[:4])

        def tell(line: str) -> None:
            nonlocal before
            now = sum(os.times()[:4])
            print(f"{now - before:8.1f} CPU-s  {line}", flush=True)
            before = now

        done = erase(settings, read_names(asked), progress=tell)
        print(f"{sum(os.times()[:4]) - started:8.1f} CPU-s in all; {done.erasure.state}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["whole"]:
        whole(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        main(*map(int, sys.argv[1:]))
