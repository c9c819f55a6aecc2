"""The gate lets through what a build made, and stops it spoiled: by the rule that is meant to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from expectations.gate import GateResult, audit
from expectations.suites import RULE_NAMES, SUITES
from tests.expectations.mutations import COPIES, MUTATIONS, Mutation
from tests.expectations.spoiling import run_sql
from tests.integration.conftest import Built

CHECKED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC)


def spoiled(demo: Built, folder: Path, mutations: Iterable[Mutation]) -> GateResult:
    """What the gate says of a copy of the demo's candidate with these mutations."""
    candidate, base = folder / "candidate", folder / "base"
    shutil.copytree(demo.candidate, candidate)
    base.mkdir()
    # Published files are read-only; a copy of their bytes is not.
    shutil.copyfile(demo.publication(0).warehouse, base / "warehouse.duckdb")
    run_sql(candidate, [mutation.sql for mutation in mutations], base)
    return audit(candidate, base=base, accept={}, run_id="run-1", checked_at=CHECKED_AT)


def noticed(result: GateResult) -> set[str]:
    return {found.rule for found in result.results if found.status != "ok"}


def must_notice(mutations: Iterable[Mutation]) -> set[str]:
    return {rule for mutation in mutations for rule in (mutation.rule, *mutation.also)}


def test_a_candidate_as_it_was_built_breaks_no_rule(demo: Built) -> None:
    """Its own gate says so; of rules that ask a base, the copies that spoil something else."""
    results = "select rule, status from warehouse.ops.quality_results"
    with demo.connect() as db:
        found = dict(db.execute(results).fetchall())
    asks_base = {rule.name for rules in SUITES.values() for rule in rules if rule.needs_base}
    ok, skipped = ({rule for rule in found if found[rule] == kind} for kind in ("ok", "skipped"))
    assert (ok, skipped) == (set(RULE_NAMES) - asks_base, asks_base)
    assert not asks_base & set.intersection(*map(must_notice, COPIES))


@pytest.mark.parametrize("copy", COPIES, ids=range(len(COPIES)))
def test_mutations_are_noticed_by_their_rules_and_by_no_other(
    copy: tuple[Mutation, ...], demo: Built, tmp_path: Path
) -> None:
    result = spoiled(demo, tmp_path, copy)
    assert noticed(result) == must_notice(copy)
    assert {found.status for found in result.results} == {"ok", "failed"}
    assert all(found.keys for found in result.results if _is_query_that_failed(found.rule, result))
    assert_no_contact_data(demo, result)


@pytest.mark.nightly
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_without_its_rule_a_mutation_goes_through(
    mutation: Mutation, demo: Built, tmp_path: Path
) -> None:
    result = spoiled(demo, tmp_path, [mutation])
    assert noticed(result) == must_notice([mutation])
    if not mutation.also:
        others = tuple(found for found in result.results if found.rule != mutation.rule)
        assert GateResult("run-1", CHECKED_AT, others).status == "passed"


def _is_query_that_failed(rule: str, result: GateResult) -> bool:
    """All but the counts of a whole table name offenders."""
    found = next(found for found in result.results if found.rule == rule)
    return found.status == "failed" and rule not in (
        "batches_present",
        "publication_described_once",
    )


def assert_no_contact_data(demo: Built, result: GateResult) -> None:
    """What the gate says is open to everybody."""
    text = json.dumps(result.to_rows(), ensure_ascii=False)
    with duckdb.connect(str(demo.candidate / "contacts.duckdb"), read_only=True) as contacts:
        known = contacts.execute(
            "select unnest([email, phone_e164, tax_id, address]) "
            "from contacts.contacts.golden_records"
        ).fetchall()
    told = [value for (value,) in known if value is not None and value in text]
    assert told == []
