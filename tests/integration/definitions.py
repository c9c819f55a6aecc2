"""A home that was built, as the oracle of tests/oracle reads it: pyarrow alone reads landing."""

from __future__ import annotations

import json
from collections.abc import Iterable

import duckdb

from tests.integration.conftest import Built
from tests.integration.landed import versions
from tests.oracle.company import KEYS, Company, Fit
from tests.oracle.facts import Facts
from tests.oracle.tables import CORE, Table, differences


def company(built: Built, db: duckdb.DuckDBPyConnection, *, without: Iterable[str] = ()) -> Company:
    """What landed in the home, bound by the identity map and scored by the fits of its build."""
    pairs = db.execute(
        "select source_system, source_record_id, customer_id from contacts.contacts.identity_map"
    ).fetchall()
    golden = db.execute("select * from contacts.contacts.golden_records")
    names = [column[0] for column in golden.description]
    people = golden.fetchall()
    fits = db.execute("select model, fit_id, parameters from warehouse.marts.clv_fits").fetchall()
    as_of = db.execute("select distinct as_of from warehouse.marts.clv_fits").fetchall()[0][0]
    return Company(
        as_of=as_of,
        landed={
            source: versions(built.settings.home, source)
            for source in KEYS
            if source not in set(without)
        },
        truth={(system, record): customer for system, record, customer in pairs},
        golden={row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in people},
        fits={
            model: Fit(fit_id, tuple(json.loads(told).values()) if told else None)
            for model, fit_id, told in fits
        },
        currency=built.settings.reporting_currency,
    )


def disagreements(table: Table, facts: Facts, db: duckdb.DuckDBPyConnection) -> list[str]:
    """Where a published table is not that of the definitions."""
    schema = "core" if table in CORE else "marts"
    wanted = ", ".join(table.wanted)
    rows = db.execute(f"select {wanted} from warehouse.{schema}.{table.name}").fetchall()
    return differences(table, facts, rows)
