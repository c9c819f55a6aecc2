"""A home that was built, as the oracle of tests/oracle reads it: pyarrow alone reads landing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import duckdb

from tests.integration.conftest import Built
from tests.integration.landed import versions
from tests.oracle.company import KEYS, Company, Fit, Row
from tests.oracle.facts import Facts
from tests.oracle.tables import CORE, Table, differences

LINK = ("customer_id_a", "customer_id_b", "kind", "evidence", "members")


def company(built: Built, db: duckdb.DuckDBPyConnection, *, without: Iterable[str] = ()) -> Company:
    """What landed in the home, bound by the identity map and scored by the fits of its build."""
    pairs = db.execute(
        "select source_system, source_record_id, customer_id from contacts.contacts.identity_map"
    ).fetchall()
    golden = db.execute("select * from contacts.contacts.golden_records")
    names = [column[0] for column in golden.description]
    people = golden.fetchall()
    fits = db.execute(
        "select model, fit_id, parameters, status, standard_errors, reason "
        "from warehouse.marts.clv_fits"
    ).fetchall()
    as_of = db.execute("select distinct as_of from warehouse.marts.clv_fits").fetchall()[0][0]
    ledger = db.execute(
        "select event, other_customer_id, customer_id, occurred_at "
        "from contacts.contacts.identity_ledger where source_record_id is null order by event_id"
    ).fetchall()
    # What identity found of households and shared addresses is kept nowhere else.
    ties = db.execute(
        "select customer_id_a, customer_id_b, kind, evidence, members "
        "from warehouse.core.customer_links where kind not in ('company', 'referral')"
    ).fetchall()
    return Company(
        as_of=as_of,
        landed={
            source: versions(built.settings.home, source)
            for source in KEYS
            if source not in set(without)
        },
        truth={(system, record): customer for system, record, customer in pairs},
        golden={row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in people},
        merges=merges(ledger),
        links=[dict(zip(LINK, tie, strict=True)) for tie in ties],
        fits={
            model: Fit(fit_id, values(told), status, values(errors), reason)
            for model, fit_id, told, status, errors, reason in fits
        },
        currency=built.settings.reporting_currency,
    )


def values(told: str | None) -> tuple[float, ...] | None:
    """The values of a JSON object, in its order."""
    return tuple(json.loads(told).values()) if told else None


def merges(ledger: Iterable[tuple[str, str, str, datetime]]) -> list[Row]:
    """Where each id of before leads: to whom it went last, and to whom that one went since."""
    went = {old: (current, at) for event, old, current, at in ledger if event in ("merge", "move")}
    result = []
    for old, (current, at) in went.items():
        while current in went:
            current, _ = went[current]
        told = {"old_customer_id": old, "current_customer_id": current, "valid_from": at}
        result.append(told)
    return result


def disagreements(table: Table, facts: Facts, db: duckdb.DuckDBPyConnection) -> list[str]:
    """Where a published table is not that of the definitions."""
    schema = "core" if table in CORE else "marts"
    wanted = ", ".join(table.wanted)
    rows = db.execute(f"select {wanted} from warehouse.{schema}.{table.name}").fetchall()
    return differences(table, facts, rows)
