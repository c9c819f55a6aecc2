"""What the prediction step costs: a million buyers summed up, fitted on a sample, and scored.

    python -m benchmarks.clv 1000000

Buyers are drawn from a Pareto/NBD over four years, with a day of orders for each purchase. Prints
a Markdown table of CPU seconds, and how near the fits came to what the buyers were drawn from.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa

from cartera.arrows.building import clv_options
from cartera.duck import connect, create_file
from cartera.prediction.predict import fit_and_factor, write_buyers
from cartera.settings import Settings
from tests.prediction.scoring import score
from tests.prediction.simulation import pareto_nbd_histories

AS_OF = date(2026, 11, 1)
DRAWN = {"r": 0.6, "alpha": 6.0, "s": 0.6, "beta": 20.0}


@contextmanager
def measured(costs: dict[str, float], step: str) -> Iterator[None]:
    start = time.process_time()
    yield
    costs[step] = time.process_time() - start


def fill(connection: duckdb.DuckDBPyConnection, buyers: int) -> None:
    """Orders of ``buyers`` customers, where the step looks for them."""
    rng = np.random.default_rng(1)
    x, recency, age = pareto_nbd_histories(rng, buyers, days=4 * 365, **DRAWN)
    spends = 90.0 / rng.gamma(4.0, 1.0, buyers)
    connection.register(
        "drawn", pa.table({"x": x, "recency": recency, "age": age, "spends": spends})
    )
    connection.execute(
        f"""
        create schema work.staging;
        create schema work.identity;
        create table work.staging.stg_netted_orders as
        select
            'shop' as person_system, 'P' || buyer as person_record_id, false as is_fully_refunded,
            date '{AS_OF}' - 1 - age::int + (recency * k // greatest(x, 1))::int as order_date,
            (spends * (10 + hash(buyer, k) % 90) / 50)::decimal(18, 2) as net_revenue
        from (
            select row_number() over () as buyer, *, unnest(range(x + 1)) as k from drawn
        );
        create table work.identity.bindings as
        select distinct person_system, person_record_id, 'C' || person_record_id as customer_id
        from work.staging.stg_netted_orders
        """
    )


def main(buyers: int) -> None:
    costs: dict[str, float] = {}
    with TemporaryDirectory(prefix="cartera-bench-") as folder:
        home = Path(folder)
        with connect(Settings(home=home)) as connection:
            create_file(connection, home / "work.duckdb", "work")
            fill(connection, buyers)
            connection.execute("create schema work.prediction; create schema work.marts")
            with measured(costs, "sum up orders by buyer"):
                write_buyers(connection, AS_OF)
            with measured(costs, "fit three models, make the factors"):
                fits = fit_and_factor(connection, as_of=AS_OF, options=clv_options())
            with measured(costs, "score in SQL"):
                score(connection)
            orders, scored = connection.execute(
                "select (select count(*) from work.staging.stg_netted_orders), "
                "(select count(clv) from work.marts.customer_clv)"
            ).fetchall()[0]
    print(f"| {scored:,} buyers, {orders:,} days with an order | CPU s |\n| --- | ---: |")
    for step, seconds in [*costs.items(), ("all of it", sum(costs.values()))]:
        print(f"| {step} | {seconds:.1f} |")
    print(f"\nDrawn from Pareto/NBD {DRAWN}\n")
    for fit in fits:
        print(f"- {fit.model}: {fit.status} on {fit.customers:,}, {fit.parameters}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
