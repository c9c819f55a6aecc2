"""A warehouse in memory: a company's rows go in, every model's rows come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from cartera import clock
from cartera.duck import identifier
from cartera.identity.golden import ATTRIBUTES
from ingestion.contract import load_source, source_names
from ingestion.source import PARTY_KEY
from tests.oracle.company import OWN_SYSTEM, Company, Row
from tests.oracle.compiled import Model, Project
from tests.oracle.laboratory import Laboratory

# What identity leaves for the models.
INPUTS = {
    "identity.bindings": "person_system varchar, person_record_id varchar, customer_id varchar",
    "identity.customer_merges": "old_customer_id varchar, current_customer_id varchar, "
    "valid_from timestamp",
    "identity.customer_links": "customer_id_a varchar, customer_id_b varchar, kind varchar, "
    "evidence varchar, members bigint",
    "contacts.identity_map": "source_system varchar, source_record_id varchar, "
    "customer_id varchar, linked_by varchar, valid_from timestamp, fingerprint varchar",
    "contacts.golden_records": "customer_id varchar, "
    + ", ".join(
        f"{name} {'date' if name == 'birth_date' else 'varchar'}, {name}_source varchar"
        for name in ATTRIBUTES
    ),
}


class Warehouse:
    """All models of a project over one company at a time.

    Each model is planned once, while its inputs are empty, so plans must not lean on statistics.
    """

    def __init__(self, project: Project, as_of: date, zone: ZoneInfo) -> None:
        self.project = project
        self.as_of = as_of
        self.loaded = 0
        as_of_at = clock.midnight_utc(as_of, zone.key)
        self.moments = (as_of.isoformat(), as_of_at.strftime("%Y-%m-%d %H:%M:%S"))
        self.db = duckdb.connect(config={"threads": 1})
        self.db.execute("attach ':memory:' as work")
        self.db.execute("set TimeZone = 'UTC'")
        self.db.execute(
            "set disabled_optimizers = 'statistics_propagation,compressed_materialization'"
        )
        self._make_inputs()
        # Emptying what is empty takes as long as a query.
        self.empty = {model.name for model in project.models}
        self.staging = [model for model in project.models if model.schema == "staging"]
        self.others = [model for model in project.models if model.schema != "staging"]
        for model in self.staging:
            self._make(model)
        self.laboratory = Laboratory()
        for name, scores in self.laboratory.predict(self.db, as_of).items():
            self._copy(f"create table work.prediction.{name} as", scores)
        for model in self.others:
            self._make(model)
        # A plan holds as long as nothing is made after it.
        for model in project.models:
            insert = model.insert(model.sql_as_of(*self.moments))
            self.db.execute(f"prepare {identifier('run ' + model.name)} as {insert}")

    def load(self, company: Company) -> None:
        """Replace all rows of all inputs by the company's."""
        assert company.as_of == self.as_of
        self.loaded += 1
        if self.loaded % 10 == 0:
            # Until then the rows of companies before stay, in memory and in every scan.
            self.db.execute("checkpoint work")
        for name in source_names():
            rows = company.landed.get(name, [])
            if load_source(name).names_without_id:
                rows = [{**row, PARTY_KEY: _party_key(row)} for row in rows]
            self._fill(f"landing.{name}", reversed(rows))
        self._fill("identity.customer_merges", company.merges)
        self._fill("identity.customer_links", company.links)
        self.company = company

    def run(self) -> None:
        """Every model, in order."""
        for model in self.staging:
            self._run(model)
        self._after_staging()
        for model in self.others:
            self._run(model)

    def run_again(self, name: str, sql: str, ran: set[str] | None = None) -> Iterator[str]:
        """One model with other SQL, and what reads it, one by one; each is told when it has run.

        ``ran`` gets the names of those that were begun.
        """
        changed = self.project.descendants([name])
        restages = any(model.name in changed for model in self.staging)
        for staged, models in ((True, self.staging), (False, self.others)):
            if restages and not staged:
                self._after_staging()
            for model in models:
                if model.name in changed or (restages and not staged):
                    if ran is not None:
                        ran.add(model.name)
                    self._run(model, sql if model.name == name else None)
                    yield model.name

    def _after_staging(self) -> None:
        """What identity and prediction make of the staged people and orders."""
        self._identify()
        for name, scores in self.laboratory.predict(self.db, self.as_of).items():
            self.db.execute(f"truncate work.prediction.{name}")
            self._copy(f"insert into work.prediction.{name}", scores)

    def _identify(self) -> None:
        """What the identity step would leave of the staged people, if it knew the truth."""
        company = self.company
        people = self.db.execute(
            "select source_system, source_record_id from work.staging.stg_people"
        ).fetchall()
        who = {person: company.truth[person] for person in people}
        here = set(who.values())
        self._fill(
            "contacts.identity_map",
            (
                {"source_system": system, "source_record_id": record, "customer_id": customer}
                for (system, record), customer in who.items()
            ),
        )
        self._fill(
            "contacts.golden_records",
            ({"customer_id": key, **row} for key, row in company.golden.items() if key in here),
        )
        self._fill(
            "identity.bindings",
            (
                {"person_system": system, "person_record_id": record, "customer_id": customer}
                for (system, record), customer in {
                    **who,
                    **{(OWN_SYSTEM, customer): customer for customer in here},
                    **{
                        (OWN_SYSTEM, row["old_customer_id"]): row["current_customer_id"]
                        for row in company.merges
                        if row["current_customer_id"] in here
                    },
                }.items()
            ),
        )

    def _copy(self, into: str, arrow_rows: pa.Table) -> None:
        """``arrow_rows`` into a table; DuckDB finds them by their name here."""
        self.db.execute(f"{into} from arrow_rows")

    def rows(self, model: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """The rows of a model's table."""
        wanted = ", ".join(identifier(column) for column in columns)
        relation = self.project.model(model).relation
        return self.db.execute(f"select {wanted} from {relation}").fetchall()

    def _run(self, model: Model, sql: str | None = None) -> None:
        if model.name not in self.empty:
            self.db.execute(f"truncate {model.relation}")
        query = model.insert(sql) if sql else f"execute {identifier('run ' + model.name)}"
        self.empty.discard(model.name)
        ((rows,),) = self.db.execute(query).fetchall()
        if not rows:
            self.empty.add(model.name)

    def _make(self, model: Model) -> None:
        self.db.execute(model.table(model.sql_as_of(*self.moments)))

    def _fill(self, table: str, rows: Iterable[Row]) -> None:
        """``rows`` may lack columns, which are NULL then."""
        self.db.execute(f"truncate work.{table}")
        rows = list(rows)
        if not rows:
            return
        columns = list(dict.fromkeys(name for row in rows for name in row))
        names = ", ".join(identifier(name) for name in columns)
        marks = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(rows))
        self.db.execute(
            f"insert into work.{table} ({names}) values {marks}",
            [row.get(name) for row in rows for name in columns],
        )

    def _make_inputs(self) -> None:
        schemas = {model.schema for model in self.project.models}
        for schema in sorted({*schemas, "landing", "seeds", "identity", "contacts", "prediction"}):
            self.db.execute(f"create schema work.{schema}")
        for table, columns in INPUTS.items():
            self.db.execute(f"create table work.{table} ({columns})")
        for name in source_names():
            columns = ", ".join(
                f"{identifier(column)} {spec.sql_type}"
                for column, spec in load_source(name).columns.items()
            )
            if load_source(name).names_without_id:
                columns += f", {PARTY_KEY} varchar"
            self.db.execute(
                f"create table work.landing.{name} ({columns}, "
                "source_system varchar, batch_rank bigint, batch_row bigint)"
            )
        self.project.make_seeds(self.db)


def _party_key(row: Row) -> str | None:
    """The name of whom a row names without an id."""
    named = None if row.get("party_id") is not None else Company.reference(row)
    return named[1] if named else None
