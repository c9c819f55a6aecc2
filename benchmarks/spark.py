"""The models on DuckDB and on Spark: the same work on the same machine, one model at a time.

    make .venv/stamp-spark
    .venv/bin/python -m benchmarks.spark 300 2000 20000 --keep /tmp/companies

Spark runs in dbt's process with two cores and as much memory as DuckDB, as it would on one
machine; its tables are Parquet. Seconds are by the clock and of models alone: neither engine's
start, nor dbt's own time, nor tests. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import warehouse
from cartera.arrows import export_inputs
from cartera.settings import Settings
from tests.spark.running import build_on_spark, failures, in_process

# What Spark's guide advises for a machine of two cores, instead of the tests' least.
CONF = {"spark.sql.shuffle.partitions": "2", "spark.sql.adaptive.enabled": "true"}


def on_spark(home: Path, memory: str) -> float:
    """Seconds that the models take of the company that landed in ``home``."""
    with tempfile.TemporaryDirectory(prefix="spark-", dir=home) as name:
        folder = Path(name)
        export_inputs(Settings(home=home), folder / "inputs", as_of=warehouse.AS_OF)
        environment = in_process(folder / "tables", memory, CONF)
        left_out = ("test", "unit_test")
        results = build_on_spark(folder, folder / "inputs", environment, *left_out, threads=1)
    failed = failures(results)
    if failed:
        raise SystemExit(f"{len(failed)} models failed on Spark, such as {next(iter(failed))}.")
    models = [found for found in results if found["unique_id"].startswith("model.")]
    return float(sum(found["execution_time"] for found in models))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("people", nargs="*", type=int, default=[300, 2_000])
    parser.add_argument("--keep", type=Path, help="folder of companies that landed")
    parser.add_argument("--memory", type=int, default=6, help="GB that either engine may use")
    given = parser.parse_args()
    print("| people | orders | DuckDB s | Spark s | ratio |\n| ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        for people in sorted(given.people):
            home = (given.keep or Path(folder)) / str(people)
            costs = warehouse.measure(people, home, f"{given.memory}GB")
            spark = on_spark(home, f"{given.memory}g")
            row = (f"{people:,}", f"{costs.rows['fct_orders']:,}", f"{costs.wall:.1f}")
            print(f"| {' | '.join(row)} | {spark:.1f} | {spark / costs.wall:.1f} |", flush=True)


if __name__ == "__main__":
    main()
