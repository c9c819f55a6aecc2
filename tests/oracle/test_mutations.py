"""The oracle can fail: one operator changed in a model, and it says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from random import Random

import duckdb
import pytest

from tests.oracle.company import MADRID
from tests.oracle.compiled import Project
from tests.oracle.facts import Facts
from tests.oracle.mutations import Mutation, mutate, mutations, unchanged
from tests.oracle.tables import TABLES, differences
from tests.oracle.tiny import Maker
from tests.oracle.warehouse import Warehouse

DAY = date(2026, 10, 26)
COMPANIES = 25
# Mutations that change no row, each with the reason why none can.
EQUIVALENT = {
    "customer_clv: 700 → 701": "odds of e^700 leave nothing that a double can tell from zero",
    "customer_clv: recencies.log_gone - ages.log_alive > 700 → "
    "recencies.log_gone - ages.log_alive >= 700": "the same: a bound past all odds",
}


# Mutations that no tiny company reaches yet: a fact on the very edge, or a tie.
UNREACHED = {
    "service_kpis: (period_end + CAST(7 AS BIGINT) * INTERVAL '1' DAY) <= "
    "CAST('1901-02-03' AS DATE) → "
    "(period_end + CAST(7 AS BIGINT) * INTERVAL '1' DAY) < CAST('1901-02-03' AS DATE)",
    "customer_alerts: 365 → 366 (3)",
    "stg_leads: created_at >= CAST('1970-01-01' AS TIMESTAMP) → "
    "created_at > CAST('1970-01-01' AS TIMESTAMP)",
    "customer_history: version → version DESC",
}


@pytest.mark.nightly
def test_a_changed_operator_is_noticed(project: Project) -> None:
    """Twenty mutations, drawn by a hash of what they are."""
    drawn = [m for m in candidates(project) if m.name not in EQUIVALENT][:20]
    assert len(drawn) == 20
    assert set(survivors(project, drawn)) == UNREACHED


def candidates(project: Project) -> list[Mutation]:
    """Mutations of models that the oracle compares in all their columns, and of their staging."""
    whole = {
        table.name
        for table in TABLES
        if {column for column, _, _ in project.model(table.name).columns} == set(table.wanted)
    }
    staged = {parent for name in whole for parent in project.model(name).parents}
    judged = whole | {m.name for m in project.models if m.name in staged and m.schema == "staging"}
    return [mutation for mutation in mutations(project) if mutation.model in judged]


def survivors(project: Project, drawn: Iterable[Mutation]) -> list[str]:
    """The names of mutations that change nothing in any of some companies."""
    warehouse = Warehouse(project.behind(table.name for table in TABLES), DAY, MADRID)
    alive = list(drawn)
    for seed in range(COMPANIES):
        company = Maker(Random(seed), DAY).company()
        facts = Facts(company)
        warehouse.load(company)
        warehouse.run()
        alive = [mutation for mutation in alive if not is_noticed(warehouse, facts, mutation)]
    return [mutation.name for mutation in alive]


def is_noticed(warehouse: Warehouse, facts: Facts, mutation: Mutation) -> bool:
    """Whether the oracle disagrees with the mutated model, or DuckDB or the contract refuses it.

    Model by model, up to the first that differs: what follows from it is wrong anyhow.
    """
    model = warehouse.project.model(mutation.model)
    changed = mutate(model, mutation, warehouse.moments)
    ran: set[str] = set()
    try:
        found = any(
            differing(warehouse, facts, name)
            for name in warehouse.run_again(model.name, changed, ran)
        )
    except (duckdb.Error, KeyError):
        found = True
    # As it comes back from sqlglot without a change, so that only the change is judged.
    for name in warehouse.run_again(model.name, unchanged(model, warehouse.moments)):
        if name not in ran:
            break
        assert not found or not differing(warehouse, facts, name), name
    return found


def differing(warehouse: Warehouse, facts: Facts, name: str) -> bool:
    """Whether a model's table is one that the oracle knows, and another than it should be."""
    return any(
        differences(table, facts, warehouse.rows(table.name, table.wanted))
        for table in TABLES
        if table.name == name
    )
