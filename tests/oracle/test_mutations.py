"""The oracle can fail: one operator changed in a model, and it says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from random import Random

import duckdb
import pytest

from tests.oracle.by_hand import message, order, run
from tests.oracle.company import MADRID
from tests.oracle.compiled import Project
from tests.oracle.facts import Facts
from tests.oracle.mutations import Mutation, mutate, mutations, unchanged
from tests.oracle.tables import TABLES, differences
from tests.oracle.tiny import DAYS, Maker
from tests.oracle.warehouse import Warehouse

COMPANIES = 25
PULLED_AT = datetime.fromisoformat("2026-09-01 10:00:00")
# Mutations that change no row, each with the reason why none can.
EQUIVALENT = {
    "channel_removal_effects: place > 10 → place >= 10": "the tenth is the tenth either way",
    "customer_clv: 700 → 701": "odds of e^700 leave nothing that a double can tell from zero",
    "customer_clv: recencies.log_gone - ages.log_alive > 700 → "
    "recencies.log_gone - ages.log_alive >= 700": "the same: a bound past all odds",
    "customer_history: version → version DESC": "of one record's versions of one moment only the "
    "last ever held, so there is no tie to break",
    "service_kpis: period_start > (SELECT history.first_month_end FROM history) → "
    "period_start >= (SELECT history.first_month_end FROM history)": "a period starts on the first "
    "of a month, which is the end of none",
    "stg_leads: created_at >= CAST('1970-01-01' AS TIMESTAMP) → "
    "created_at > CAST('1970-01-01' AS TIMESTAMP)": "from then on a day need not be looked up in a "
    "calendar, which says the same",
}
# The bound between two ways of converting an amount, which give the same on both sides of it.
SAME_BOTH_WAYS = "10000000"
# What no tiny company reaches is of companies of their own: fifty conversions, and eleven channels.
OF_FIFTY = {
    f"{model}: 50 → 51{place}"
    for model in ("campaign_lift", "variant_lift")
    for place in ("", " (2)")
}
OF_CHANNELS = re.compile(r"channel_removal_effects: 10 → 11( .*)?")


@pytest.mark.nightly
def test_a_changed_operator_is_noticed(project: Project) -> None:
    """Twenty mutations, drawn by a hash of what they are."""
    drawn = [m for m in candidates(project) if not is_passed_over(m.name)][:20]
    assert len(drawn) == 20
    assert survivors(project, drawn) == []


def test_fifty_conversions_are_reliable_and_fewer_are_not(project: Project) -> None:
    warehouse = Warehouse(project.behind(table.name for table in TABLES), date(2026, 11, 1), MADRID)
    orders, pulls = [], []
    arms = {"A": 50, "B": 50, "C": 49, None: 50}
    for variant, buyers in arms.items():
        for number in range(60):
            who = f"{variant} {number}"
            if number < buyers:
                orders.append(order(who, "2026-09-02 10:00:00", "10.00", who))
            told = {"party_system": "till", "party_id": who, "campaign_id": "C", "variant": variant}
            bucket = "list" if variant else "holdout"
            made = {"source_system": "cartera", "pull_id": "P", "pulled_at": PULLED_AT}
            pulls.append({**told, **made, "bucket": bucket})
    facts = run(warehouse, orders, audience_pulls=pulls)
    lifts = warehouse.rows("campaign_lift", ("variant", "is_reliable"))
    assert sorted(lifts) == [("A", True), ("ALL", True), ("B", True), ("C", False)]
    pairs = warehouse.rows("variant_lift", ("variant", "other_variant", "is_reliable"))
    assert sorted(pairs) == [("A", "B", True), ("A", "C", False), ("B", "C", False)]
    changed = [mutation for mutation in mutations(project) if mutation.name in OF_FIFTY]
    assert len(changed) == 4
    assert [m.name for m in changed if not is_noticed(warehouse, facts, m)] == []


def test_the_channels_beyond_ten_are_one(project: Project) -> None:
    warehouse = Warehouse(project.behind(table.name for table in TABLES), date(2026, 11, 1), MADRID)
    orders, messages = [], []
    for channel in range(12):
        # The first is used most; every third of its customers goes on to the next channel.
        for number in range(14 - channel):
            who = f"{channel} {number}"
            messages.append(message(f"{who} a", "2026-10-01 10:00", who, f"by {channel:02}"))
            if number % 3 == 0:
                following = f"by {(channel + 1) % 12:02}"
                messages.append(message(f"{who} b", "2026-10-02 10:00", who, following))
            if number % 2 == 0:
                orders.append(order(who, "2026-10-03 10:00", "10.00", who))
    facts = run(warehouse, orders, campaign_messages=messages)
    states = warehouse.rows("channel_removal_effects", ("state",))
    assert Counter(states) == {**{(n,): 1 for n in range(1, 10)}, (10,): 3}
    changed = [m for m in mutations(project) if OF_CHANNELS.fullmatch(m.name)]
    assert len(changed) > 5
    assert [m.name for m in changed if not is_noticed(warehouse, facts, m)] == []


def is_passed_over(name: str) -> bool:
    return (
        name in {*EQUIVALENT, *OF_FIFTY}
        or SAME_BOTH_WAYS in name
        or OF_CHANNELS.fullmatch(name) is not None
    )


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
    """The names of mutations that change nothing in any of some companies of each day."""
    alive = list(drawn)
    for day in DAYS:
        warehouse = Warehouse(project.behind(table.name for table in TABLES), day, MADRID)
        for number in range(COMPANIES):
            company = Maker(Random(f"{day} {number}"), day).company()
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
