"""How right identity is, and what it costs, on people whose truth is known.

    python -m benchmarks.identity demo:100000 other:100000 febrl:3 febrl:4 demo:1000000

Each argument is a kind of people and how many records. ``demo`` are the people of the demo
company, ``other`` those of the tests' second error model, ``febrl`` two published sets, on which
a model is trained first, without labels. What is measured is the whole step of a build, from
staged people to ids, golden records and links. Of demo and other people ten thousand records are
kept back and added in a build on top of the first, which must find the same clusters and pairs
as one from nothing. Each runs in a process of its own; seconds are of CPU.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow.parquet as pq

from benchmarks._identity_people import write_demo_people
from cartera.duck import attach, connect, create_file, literal
from cartera.identity import resolve as step
from cartera.identity.blocking import Blocked
from cartera.identity.evaluate import as_dict, measure
from cartera.identity.guards import make_comparable
from cartera.identity.ledger import export_ledger
from cartera.identity.link import Linked, link
from cartera.identity.loading import COLUMNS
from cartera.identity.model import load_model
from cartera.identity.training import train
from cartera.settings import Settings
from tests.identity.febrl import febrl
from tests.identity.other_people import make_people

NEW_RECORDS = 10_000
PEOPLE_PER_RECORD = 0.716
STEPS = (
    "load_ledger",
    "standardise",
    "find_near",
    "load_near_ledger",
    "find_renumbered",
    "link",
    "join_up",
    "assign",
    "write_golden",
    "write_links",
    "write_contacts",
    "carry_over",
    "leave",
)
# Who is with whom, by the record of the lowest key; and what was found of pairs.
PARTS = """
    select source_system, source_record_id, min(source_system || ':' || source_record_id)
        over (partition by customer_id) as part from contacts.contacts.identity_map
"""
PAIRS = "select * exclude (customer_id_a, customer_id_b) from contacts.contacts.identity_pairs"


class Company:
    """A home with people's records, and builds of them that end after identity."""

    def __init__(self, home: Path, people: Path) -> None:
        self.people = f"read_parquet({literal(people)})"
        self.settings = Settings(home=home, hash_key="bench", threads=2)
        self.settings.state.mkdir(parents=True)
        self.told: dict[str, Any] = {}
        self.linked = Linked(Blocked(0, 0, 0, 0))

    @contextmanager
    def build(self, what: str, where: str, base: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Resolve the records ``where``, on top of the build ``base``; tells seconds by step."""
        folder = self.settings.publications / what
        folder.mkdir(parents=True)
        with connect(self.settings) as connection:
            for name in ("work", "contacts"):
                create_file(connection, folder / f"{name}.duckdb", name)
            connection.execute(
                "create schema work.staging; create table work.staging.stg_people as "
                f"select {', '.join(COLUMNS)} from {self.people} where {where}"
            )
        with connect(self.settings) as connection:
            for name in ("work", "contacts"):
                attach(connection, folder / f"{name}.duckdb", name, write=True)
            start = time.process_time()
            with self._timed(what):
                step.resolve(
                    self.settings,
                    connection,
                    publication_id=what,
                    as_of=datetime(2026, 11, 1, tzinfo=UTC),
                    base_contacts=self.settings.publications / base / "contacts.duckdb"
                    if base
                    else None,
                    decisions=[],
                )
            self.told[f"{what}_s"] = round(time.process_time() - start, 1)
            export_ledger(self.settings, connection, "contacts")
            yield connection

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                start = time.process_time()
                result = function(*arguments, **named)
                self.told[f"{what}_{name}_s"] = round(time.process_time() - start, 1)
                if name in ("link", "join_up"):
                    self.linked = result
                return result

            return call

        steps = {name: timed(name, getattr(step, name)) for name in STEPS}
        with patch.multiple(step, **steps):
            yield


def run(task: str) -> dict[str, Any]:
    """Resolve one set of people and say how right and how dear it was."""
    kind, _, size = task.partition(":")
    with tempfile.TemporaryDirectory(prefix="cartera-bench-") as folder:
        home = Path(folder)
        file = home / "people.parquet"
        if kind == "demo":
            context = multiprocessing.get_context("spawn")
            process = context.Process(
                target=write_demo_people, args=(file, round(int(size) * PEOPLE_PER_RECORD))
            )
            process.start()
            process.join()
        else:
            pq.write_table(
                febrl(int(size)) if kind == "febrl" else make_people(int(size), 11), file
            )
        company = Company(home, file)
        told = company.told
        told["task"] = task
        with company.build("a_full", "true", None) as connection:
            told["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
            connection.execute(
                "create temp table labels as select source_system, source_record_id, "
                "person::varchar as person, household::varchar as household "
                f"from {company.people}"
            )
            if kind == "febrl":
                link(connection, load_model())
                company.linked = link(connection, train(connection, load_model()))
            make_comparable(connection)
            told |= as_dict(measure(connection, company.linked))
            told["compared"] = company.linked.compared
            connection.execute(
                f"copy ({PARTS}) to {literal(home / 'parts.parquet')}; "
                f"copy ({PAIRS}) to {literal(home / 'pairs.parquet')}"
            )
            total = told["records"]
        if kind != "febrl":
            company = Company(home / "second", file)
            new = f"hash(source_record_id) % {total} < {NEW_RECORDS}"
            with company.build("b_base", f"not ({new})", None):
                pass
            with company.build("c_added", "true", "b_base") as connection:
                company.told["c_added_compared"] = company.linked.compared
                company.told["c_added_differs"] = connection.execute(
                    f"with parts as ({PARTS}), pairs as ({PAIRS}), "
                    f"all_parts as (from {literal(home / 'parts.parquet')}), "
                    f"all_pairs as (from {literal(home / 'pairs.parquet')}) "
                    "select count(*) from ("
                    "(select 'part', parts::varchar from parts except "
                    "select 'part', all_parts::varchar from all_parts) union all "
                    "(select 'part', all_parts::varchar from all_parts except "
                    "select 'part', parts::varchar from parts) union all "
                    "(select 'pair', pairs::varchar from pairs except "
                    "select 'pair', all_pairs::varchar from all_pairs) union all "
                    "(select 'pair', all_pairs::varchar from all_pairs except "
                    "select 'pair', pairs::varchar from pairs))"
                ).fetchall()[0][0]
            told |= company.told
    return told


def main(tasks: list[str]) -> None:
    """Run each task and print a line per measure."""
    context = multiprocessing.get_context("spawn")
    for task in tasks:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            told = pool.submit(run, task).result()
        print(f"\n{told.pop('task')}")
        for name, value in told.items():
            print(f"  {name:28} {value}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["demo:100000", "other:100000", "febrl:3", "febrl:4"])
