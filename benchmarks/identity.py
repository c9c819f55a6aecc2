"""How right identity is, and what it costs, on people whose truth is known.

    python -m benchmarks.identity demo:100000 other:100000 febrl:3 febrl:4 demo:1000000

Each argument is a kind of people and how many records. ``demo`` are the people of the demo
company, ``other`` those of the tests' second error model, ``febrl`` two published sets, on which
a model is trained first, without labels. Of demo and other people ten thousand records are kept
back and added in a second run, which must find the same clusters as one from nothing. Each runs
in a process of its own; seconds are of CPU.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.identity_people import write_demo_people
from cartera.duck import connect, literal
from cartera.identity.evaluate import COLUMNS, as_dict, measure
from cartera.identity.link import link
from cartera.identity.model import load_model
from cartera.identity.standardise import standardise
from cartera.identity.training import train
from cartera.settings import Settings
from tests.identity.febrl import febrl
from tests.identity.other_people import make_people

NEW_RECORDS = 10_000
PEOPLE_PER_RECORD = 0.716


def run(task: str) -> dict[str, Any]:
    """Resolve one set of people and say how right and how dear it was."""
    kind, _, size = task.partition(":")
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        home = Path(folder)
        file = home / "people.parquet"
        if kind == "demo":
            write_demo_people(file, round(int(size) * PEOPLE_PER_RECORD))
        else:
            pq.write_table(
                febrl(int(size)) if kind == "febrl" else make_people(int(size), 11), file
            )
        settings = Settings(home=home, hash_key="bench", threads=2)
        settings.state.mkdir()
        told: dict[str, Any] = {"task": task}
        model = load_model()
        with connect(settings) as connection:
            connection.execute("attach ':memory:' as work; create schema work.staging")
            people = f"read_parquet({literal(file)})"
            columns = ", ".join(f'"{name}"' for name in COLUMNS)
            connection.execute(
                "create temp table labels as select source_system, source_record_id, "
                f"person::varchar as person, household::varchar as household from {people}"
            )

            def resolve(where: str, state: Path | None, what: str) -> Any:
                connection.execute(
                    "create or replace table work.staging.stg_people as "
                    f"select {columns} from {people} where {where}"
                )
                start = time.process_time()
                standardise(connection, "ES")
                told[f"{what}_standardise_s"] = round(time.process_time() - start, 1)
                start = time.process_time()
                linked = link(connection, model, state=state)
                told[f"{what}_link_s"] = round(time.process_time() - start, 1)
                return linked

            linked = resolve("true", None, "full")
            told["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
            if kind == "febrl":
                model = train(connection, model)
                linked = resolve("true", None, "trained")
            told |= as_dict(measure(connection, linked))
            told["compared"] = linked.compared
            if kind != "febrl":
                connection.execute("create table work.full_clusters as from work.identity.clusters")
                total = told["records"]
                new = f"hash(source_record_id) % {total} < {NEW_RECORDS}"
                resolve(f"not ({new})", settings.state, "base")
                again = resolve("true", settings.state, "added")
                told["added_compared"] = again.compared
                different = connection.execute(
                    "select count(*) from work.full_clusters a join work.identity.clusters b "
                    "using (record) where a.cluster <> b.cluster"
                ).fetchall()[0][0]
                told["added_differs"] = different
    return told


def main(tasks: list[str]) -> None:
    """Run each task and print a line per measure."""
    context = multiprocessing.get_context("spawn")
    for task in tasks:
        with context.Pool(1) as pool:
            told = pool.apply(run, (task,))
        print(f"\n{told.pop('task')}")
        for name, value in told.items():
            print(f"  {name:28} {value}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["demo:100000", "other:100000", "febrl:3", "febrl:4"])
