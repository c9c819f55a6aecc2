"""What became of each rule is told from build to build, refused builds among them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb
import pytest

from cartera import publications
from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings
from expectations.page import page
from expectations.result import GateResult, RuleResult, Status
from expectations.trends import trends
from tests.cartera.calling import Run
from tests.cartera.conftest import run
from tests.pages import Seen

__all__ = ["run"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def name(number: int) -> str:
    return publications.new_id(START + timedelta(days=number), "0123abcd")


def result(number: int, **statuses: str) -> GateResult:
    """Run ``number``: each rule with its status; ``failed:3`` names three offenders."""
    rules = []
    for rule, told in statuses.items():
        status, _, count = told.partition(":")
        rules.append(
            RuleResult(
                rule=rule,
                suite="marts",
                severity="info" if rule.startswith("info") else "critical",
                status=cast(Status, status),
                reason=f"{rule} <b>did</b> not hold.",
                remedy="Mend it & build.",
                unexpected_count=int(count or 0),
                keys=tuple(f"<i>key-{i}</i>" for i in range(int(count or 0))),
                accepted_because="known <u>" if status == "accepted" else None,
            )
        )
    return GateResult(name(number), START + timedelta(days=number), tuple(rules))


def keep(settings: Settings, given: GateResult) -> None:
    folder = settings.state / "gates"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{given.run_id}.json").write_text(given.to_json())


def published(settings: Settings, given: GateResult) -> None:
    """A publication that has its results in its own tables alone."""
    folder = settings.publications / given.run_id
    folder.mkdir(parents=True)
    rows = [tuple(row.values()) for row in given.to_rows()]
    names = list(given.to_rows()[0])
    with duckdb.connect(str(folder / publications.WAREHOUSE)) as db:
        db.execute("create schema meta; create schema ops")
        db.execute(
            "create table meta.publication as select $1 as publication_id, "
            "timestamp '2026-01-02 00:00:00' as built_at, $2 as gate_status",
            [given.run_id, given.status],
        )
        kinds = (f"{n} {'bigint' if n == 'unexpected_count' else 'text'}" for n in names)
        db.execute(f"create table ops.quality_results ({', '.join(kinds)})")
        db.executemany(
            f"insert into ops.quality_results values ({', '.join('?' * len(names))})", rows
        )
    link = settings.publications / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(given.run_id)
    (settings.state).mkdir(parents=True, exist_ok=True)
    with (settings.state / "publications.jsonl").open("a") as file:
        file.write(json.dumps({"event": "publish", "publication_id": given.run_id}) + "\n")


@pytest.fixture
def history(settings: Settings) -> Settings:
    published(settings, result(1, a="ok", b="accepted:1"))
    keep(settings, result(2, a="failed:2", b="ok", info_c="failed:5"))
    keep(settings, result(3, a="failed:3", b="ok", d="error"))
    return settings


def test_runs_come_from_both_places_oldest_first(history: Settings) -> None:
    found = trends(history).runs
    told = [(r["run_id"], r["status"], r["failed"], r["accepted"], r["is_current"]) for r in found]
    assert told == [
        (name(1), "passed_with_warnings", 0, 1, True),
        (name(2), "refused", 1, 0, False),
        (name(3), "refused", 2, 0, False),
    ]
    assert [r["checked_at"][:10] for r in found] == ["2026-01-02", "2026-01-03", "2026-01-04"]


def test_each_rule_has_its_fate_in_each_run(history: Settings) -> None:
    rules = {rule["rule"]: rule for rule in trends(history).rules}
    told = {n: (r["trend"], r["failing_since"], r["failed_runs"]) for n, r in rules.items()}
    assert told == {
        "a": ("·✗✗", name(2), 2),
        "b": ("a··", None, 1),
        "info_c": (" ✗ ", None, 1),
        "d": ("  !", name(3), 1),
    }
    assert [run["unexpected_count"] for run in rules["a"]["runs"]] == [0, 2, 3]
    assert rules["a"]["keys"] == ["<i>key-0</i>", "<i>key-1</i>", "<i>key-2</i>"]
    # The last word about a rule that the last run did not know is that of the run before.
    assert (rules["info_c"]["status"], rules["info_c"]["runs"][-1]["status"]) == ("failed", None)


def test_the_last_runs_and_one_rule_can_be_asked_for(history: Settings) -> None:
    found = trends(history, last=2, rule="b")
    assert [r["run_id"] for r in found.runs] == [name(2), name(3)]
    assert [(r["rule"], r["trend"]) for r in found.rules] == [("b", "··")]
    with pytest.raises(UsageError, match="No run knows a rule 'x'"):
        trends(history, rule="x")


def test_a_result_that_cannot_be_read_is_named(history: Settings) -> None:
    (history.state / "gates" / f"{name(4)}.json").write_text("{")
    with pytest.raises(CarteraError, match=rf"{name(4)}\.json: the gate's result cannot be read"):
        trends(history)


def test_the_page_shows_it_all_and_asks_nobody_for_anything(history: Settings) -> None:
    text = page(trends(history))
    seen = Seen(text)
    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "i", "u"}
    assert not {a for _, attributes in seen.tags for a in attributes} & {"src", "href", "onload"}
    assert not re.search(r"url\(|@import|//", text)
    for expected in (name(1), name(3), "<i>key-2</i>", "<b>did</b>", "Mend it & build."):
        assert expected in seen.text
    assert text.count("<tr>") == 2 + 3 + 4
    assert page(trends(history)) == text


def test_where_all_held_the_page_says_so(settings: Settings) -> None:
    assert "No build has come as far" in page(trends(settings))
    keep(settings, result(1, a="ok"))
    assert "Every rule held" in page(trends(settings))


def test_the_command_shows_what_did_not_hold_and_writes_the_page(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    nothing = run("quality", "--json")
    assert (nothing.code, json.loads(nothing.out)["kind"]) == (1, "RefusedByData")
    keep(settings, result(1, a="ok", b="ok"))
    assert "All 2 rules held" in run("quality").out
    keep(settings, result(2, a="failed:2", b="ok"))
    file = tmp_path / "quality.html"
    ended = run("quality", "--html", str(file))
    assert ended.code == 0
    assert "·✗" in ended.out
    assert "<i>key-1</i>" in ended.out
    assert file.read_text().startswith("<!doctype html>")
    assert [r["rule"] for r in json.loads(run("quality", "--json").out)["rules"]] == ["a", "b"]
