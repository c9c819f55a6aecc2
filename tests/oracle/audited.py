"""The gate's questions to a warehouse of a tiny company, in which identity says who is who."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb

from cartera import clock
from cartera.arrows.describing import BATCHES, PUBLICATION
from cartera.identity.resolve import resolve
from cartera.settings import Settings
from expectations.rules import NO_ROWS, Catalog, Rule
from expectations.suites import SUITES
from tests.identity.linking import unoptimised
from tests.oracle.company import MADRID, PEOPLE, Company, Row
from tests.oracle.compiled import Project
from tests.oracle.warehouse import Warehouse

# What a build leaves beside the inputs of models, as far as the gate looks at it.
LEFT = {
    "identity.records": "source_system varchar, source_record_id varchar, given_key varchar, "
    "surname_key varchar, second_surname_key varchar, tax_key varchar, loyalty_key varchar, "
    "email_key varchar",
    "identity.kept_apart": "kind varchar, value varchar",
    "identity.shared_identifiers": "kind varchar, value varchar",
    "contacts.identity_pairs": "customer_id_a varchar, customer_id_b varchar, decision varchar",
    "contacts.identity_ledger": "event_id bigint, event varchar, customer_id varchar, "
    "source_system varchar, source_record_id varchar",
    "landing.rows_read": "batch varchar, rows bigint",
}
# What the identity step leaves, here and in a build.
RESOLVED = (
    "identity.bindings",
    "identity.customer_merges",
    "identity.customer_links",
    "identity.records",
    "identity.kept_apart",
    "identity.shared_identifiers",
    "contacts.identity_map",
    "contacts.golden_records",
    "contacts.identity_pairs",
    "contacts.identity_ledger",
)
# Names of a build's files, and those of the one database that this warehouse is.
DATABASES = {"warehouse.": "work.", "contacts.contacts.": "work.contacts."}
# They look at what is not made here: the descriptions of columns.
NOT_ASKED = ("columns_described", "columns_explained", "no_contact_class_outside_contacts")


class Audited(Warehouse):
    """A warehouse whose people are resolved by the identity step, and that the gate may audit.

    Asked are the rules that are queries, each planned once, as the models are.
    """

    def __init__(self, project: Project, as_of: date, home: Path) -> None:
        self.home = home
        self.companies = 0
        super().__init__(project, as_of, MADRID)
        self.rules = [
            rule
            for rules in SUITES.values()
            for rule in rules
            if rule.expectation == NO_ROWS and not rule.needs_base and rule.name not in NOT_ASKED
        ]
        catalog = self._catalog()
        for rule in self.rules:
            self.db.execute(f"prepare rule_{rule.name} as {_in_one_database(rule, catalog)}")

    def audit(self, company: Company) -> dict[str, list[tuple[object, ...]]]:
        """What each rule that is broken finds of the company; information is not counted."""
        self.load(company)
        self._describe(company)
        self.run()
        found = {
            rule.name: self.db.execute(f"execute rule_{rule.name}").fetchall()
            for rule in self.rules
            if rule.severity != "info"
        }
        return {name: rows for name, rows in found.items() if rows}

    def _make_inputs(self) -> None:
        super()._make_inputs()
        for schema in ("meta", "ops"):
            self.db.execute(f"create schema work.{schema}")
        for table, columns in LEFT.items():
            self.db.execute(f"create table work.{table} ({columns})")
        for name, schema in (("meta.publication", PUBLICATION), ("ops.batches", BATCHES)):
            self._copy(f"create table work.{name} as", schema.empty_table())

    def _identify(self) -> None:
        """The identity step itself, in a database of its own: it makes tables."""
        self.companies += 1
        settings = Settings(home=self.home / str(self.companies), hash_key="a key of the tests")
        settings.state.mkdir(parents=True)
        people = self.db.execute("from work.staging.stg_people").to_arrow_table()
        with unoptimised(duckdb.connect(config={"threads": 1})) as other:
            other.execute("attach ':memory:' as work; attach ':memory:' as contacts")
            other.execute("create schema work.staging")
            other.register("people", people)
            other.execute("create table work.staging.stg_people as from people")
            resolve(
                settings,
                other,
                publication_id="p1",
                as_of=clock.midnight_utc(self.as_of, MADRID.key),
                base_contacts=None,
            )
            for table in RESOLVED:
                file = "contacts" if table.startswith("contacts.") else "work"
                names = ", ".join(self._columns_of(table))
                rows = other.execute(f"select {names} from {file}.{table}").to_arrow_table()
                self.db.execute(f"truncate work.{table}")
                self._copy(f"insert into work.{table} by name", rows)

    def _columns_of(self, table: str) -> list[str]:
        return [name for name, *_ in self.db.execute(f"describe work.{table}").fetchall()]

    def _describe(self, company: Company) -> None:
        """``meta.publication``, and the batches that would have landed."""
        batches: list[Row] = []
        for source, rows in company.landed.items():
            # Versions are told by rank and row, so each rank of a system stands for a batch.
            sizes: dict[tuple[str, int], int] = defaultdict(int)
            for row in rows:
                sizes[row["source_system"], row["batch_rank"]] += 1
            batches += [
                {
                    "batch_id": f"{source} {system} {rank}",
                    "system": system,
                    "source": source,
                    "landed_rows": size,
                    **dict.fromkeys(("received", "accepted"), size),
                    **dict.fromkeys(("quarantined", "erased"), 0),
                    "is_included": True,
                }
                for (system, rank), size in sizes.items()
            ]
        self._fill("ops.batches", batches)
        self._fill(
            "landing.rows_read",
            [{"batch": row["batch_id"], "rows": row["landed_rows"]} for row in batches],
        )
        as_of, as_of_at = self.moments
        described = {"as_of": as_of, "as_of_at": as_of_at, "schema_version": 1}
        self._fill("meta.publication", [{**described, "reporting_currency": "EUR"}])

    def _catalog(self) -> Catalog:
        tables: dict[str, dict[str, str]] = defaultdict(dict)
        for schema, table, column, kind in self.db.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name = 'work' and schema_name in ('core', 'marts', 'meta', 'ops') "
            "order by all"
        ).fetchall():
            tables[f"warehouse.{schema}.{table}"][column] = kind
        return Catalog(tables)


def clean(company: Company, random: Random) -> Company:
    """The company with names for identity to join, and without what the gate is right to mind:

    amounts that no rate was delivered for, and messages opened that were never sent.
    """
    company.landed["fx_rates"] = _rates(company)
    company.landed["campaign_messages"] = _sent(company.landed.get("campaign_messages", []))
    _name_people(company, random)
    return company


def _rates(company: Company) -> list[Row]:
    """A rate for each currency and day around which there is an amount in it."""
    days = {
        (row["currency"].upper(), day + timedelta(days=off))
        for source in company.landed
        for row in company.landed[source]
        if row.get("currency")
        for day in (_day(value) for value in row.values() if isinstance(value, date))
        for off in (-1, 0, 1)
    }
    return [
        {
            "source_system": "finance",
            "currency": currency,
            "rate_date": day,
            "reporting_currency": "EUR",
            "rate": Decimal("0.91234567") + Decimal(place % 7) / 100,
            "batch_rank": place // 3,
            "batch_row": place % 3,
        }
        for place, (currency, day) in enumerate(sorted(days))
        if currency != "EUR"
    ]


def _sent(messages: list[Row]) -> list[Row]:
    """Each message as if it was sent and delivered at the moment of its first event."""
    firsts: dict[tuple[str, str], Row] = {}
    for row in messages:
        firsts.setdefault((row["source_system"], row["message_id"]), row)
    sent = [
        {**row, "event_type": event}
        for row in firsts.values()
        for event in ("sent", "delivered", row["event_type"])
    ]
    return [
        {**row, "batch_rank": place // 3, "batch_row": place % 3} for place, row in enumerate(sent)
    ]


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _name_people(company: Company, random: Random) -> None:
    known: dict[tuple[str, str], Row] = {}
    for source in PEOPLE:
        for row in company.landed.get(source, []):
            key = (row["source_system"], row["record_id"])
            if key not in known:
                known[key] = _somebody(random)
            row.update({name: value for name, value in known[key].items() if name not in row})


def _somebody(random: Random) -> Row:
    """One of a few people, as far as a record tells."""
    number = random.randrange(6)
    told = {
        "given_name": ("Ana", "José María", "Zoë", "Óscar", "María José", "Lu")[number],
        "surname": ("Ruiz", "O'Neill", "de la Fuente", "Núñez Paz", "Smith-Jones", "Gil")[number],
        "email": f"Person.{number}@Example.org",
        "phone": f"+34 600 11 22 3{number}",
        "tax_id": ("12345678Z", "87654321X", "11111111H", "22222222J", "33333333P", "00000000T")[
            number
        ],
        "birth_date": date(1960 + number, 2, 3),
        "address": f"Calle Mayor {number + 1}",
        "city": "Soria",
        "postal_code": f"4200{number}",
    }
    return {name: value for name, value in told.items() if random.random() < 0.6}


def _in_one_database(rule: Rule, catalog: Catalog) -> str:
    sql: str = rule.arguments_for(catalog)["sql"]
    for name, other in DATABASES.items():
        sql = re.sub(rf"\b{re.escape(name)}", other, sql)
    return sql
