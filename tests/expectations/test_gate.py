"""The gate lets a good candidate through and stops a bad one, rule by rule."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cartera.errors import CarteraError, UsageError
from expectations.gate import GateResult, audit
from expectations.result import RuleResult
from expectations.rules import Rule
from expectations.suites import RULE_NAMES, SUITES

pytestmark = pytest.mark.usefixtures("few_rules")

CHECKED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC)


def check(folder: Path, base: Path | None = None, **accept: str) -> GateResult:
    return audit(folder, base=base, accept=accept, run_id="run-1", checked_at=CHECKED_AT)


def by_rule(result: GateResult) -> dict[str, RuleResult]:
    return {found.rule: found for found in result.results}


def not_ok(result: GateResult) -> set[str]:
    return {found.rule for found in result.results if found.status not in ("ok", "skipped")}


@pytest.fixture
def good_result(good_candidate: Path) -> GateResult:
    return check(good_candidate)


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len(set(RULE_NAMES)) == len(RULE_NAMES)


def test_a_consistent_candidate_passes(
    good_result: GateResult, few_rules: Mapping[str, list[Rule]]
) -> None:
    assert not_ok(good_result) == set()
    assert good_result.status == "passed"
    assert [found.rule for found in good_result.results] == [
        rule.name for rules in few_rules.values() for rule in rules
    ]


def test_the_candidate_is_left_as_it_was(good_candidate: Path) -> None:
    def fingerprint() -> dict[str, str]:
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in good_candidate.iterdir()
        }

    before = fingerprint()
    assert sorted(before) == ["contacts.duckdb", "warehouse.duckdb", "work.duckdb"]
    check(good_candidate, base=None)
    assert fingerprint() == before


def test_without_an_earlier_publication_drift_is_recorded_as_not_asked(
    good_result: GateResult,
) -> None:
    drift = by_rule(good_result)["row_counts_drift"]
    assert (drift.status, drift.severity, drift.observed) == ("skipped", "info", "no base")


def test_many_offenders_are_counted_in_full_and_shown_in_part(spoil: Any) -> None:
    folder = spoil(
        [
            "insert into warehouse.ops.batches "
            "select 'x' || i, 'till', 'orders', 'landed', 1, 0, 0, 0 from range(1000) as t(i)",
            "insert into warehouse.marts.customer_rfm "
            "select 'C2', 9, 1, 1, 7, 1, 1, '711', 'Lost' from range(1000)",
        ]
    )
    found = by_rule(check(folder))
    assert (found["batches_balance"].unexpected_count, len(found["batches_balance"].keys)) == (
        1000,
        20,
    )
    score = found["rfm_r_score_in_range"]
    assert (score.unexpected_count, len(score.keys)) == (1000, 20)


def test_warnings_alone_do_not_refuse(spoil: Any) -> None:
    result = check(spoil(["update warehouse.marts.campaign_performance set sent = 80"]))
    assert not_ok(result) == {"campaign_delivered_within_sent"}
    assert result.status == "passed_with_warnings"


def test_a_check_that_cannot_run_refuses_whatever_its_severity(spoil: Any) -> None:
    folder = spoil(["alter table warehouse.marts.campaign_performance drop clicked"])
    # It cannot be accepted either: nobody knows what it would have said.
    result = check(folder, campaign_clicked_within_delivered="we know")
    assert not_ok(result) == {"campaign_clicked_within_delivered"}
    found = by_rule(result)["campaign_clicked_within_delivered"]
    assert (found.severity, found.status) == ("warning", "error")
    assert "clicked" in (found.observed or "")
    assert result.status == "refused"


def test_a_missing_table_is_an_error_of_each_rule_about_it(spoil: Any) -> None:
    folder = spoil(["drop table warehouse.marts.campaign_performance"])
    result = check(folder)
    about = {rule.name for rule in SUITES["marts"] if rule.name.startswith("campaign_")}
    assert not_ok(result) == about
    assert {by_rule(result)[name].status for name in about} == {"error"}
    assert result.status == "refused"


def test_an_accepted_rule_lets_the_candidate_pass_and_stays_on_record(spoil: Any) -> None:
    folder = spoil(["update warehouse.ops.batches set received = 5 where batch_id = 'b1'"])
    result = check(folder, batches_balance="known, ticket 7", rfm_unique="not needed")
    found = by_rule(result)
    assert found["batches_balance"].status == "accepted"
    assert found["rfm_unique"].status == "ok"
    assert result.status == "passed_with_warnings"
    row = next(row for row in result.to_rows() if row["rule"] == "batches_balance")
    assert (row["status"], row["unexpected_count"]) == ("accepted", 1)
    assert row["reason"].endswith("Accepted: known, ticket 7")


def test_accepting_what_does_not_exist_or_without_a_reason_is_a_usage_error(
    good_candidate: Path,
) -> None:
    with pytest.raises(UsageError, match="batches_balance"):
        check(good_candidate, batch_balance="typo")
    with pytest.raises(UsageError, match="needs a reason"):
        check(good_candidate, batches_balance=" ")


def test_a_missing_file_says_which(good_candidate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "candidate"
    shutil.copytree(good_candidate, folder)
    (folder / "contacts.duckdb").unlink()
    with pytest.raises(CarteraError, match=r"contacts\.duckdb"):
        check(folder)


def test_a_result_survives_json(spoil: Any) -> None:
    result = check(
        spoil(
            [
                "update warehouse.ops.batches set received = 5 where batch_id = 'b1'",
                "drop table warehouse.marts.campaign_performance",
                "insert into warehouse.marts.customer_rfm from warehouse.marts.customer_rfm",
            ]
        ),
        rfm_unique="known",
    )
    assert {found.status for found in result.results} >= {"ok", "failed", "error", "accepted"}
    assert GateResult.from_json(result.to_json()) == result
    assert {type(value) for row in result.to_rows() for value in row.values()} <= {
        str,
        int,
        type(None),
    }
