"""A preview says what a list would be, and what came of those before it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import duckdb
import pytest
import yaml

from cartera.activation.audience import Audience, find_audience
from cartera.activation.comparing import compare
from cartera.activation.drafting import default_fields, draft
from cartera.activation.preview import preview
from cartera.activation.pull import current_publication, pull
from cartera.activation.results import Arm, PastPull, history
from cartera.errors import UsageError
from cartera.publications import WAREHOUSE
from cartera.settings import Settings
from tests.activation.conftest import PUBLICATION
from tests.activation.conftest import WAREHOUSE as WAREHOUSE_SQL
from tests.activation.test_pull import audience
from tests.activation.test_sending import point, publish

# Two pulls of "big": the old one listed c00 to c03 and held out c04, c05; the new one is of today.
PAST = """
insert into core.fct_audience_pulls
select 'old', 'big', 'email', 'marketing', if(n < 4, 'list', 'holdout'), null,
    timestamp '2025-11-01 10:00:00', 'c0' || n, true from range(6) numbers(n);
insert into core.fct_audience_pulls values
    ('old', 'big', 'email', 'marketing', 'excluded', 'no_consent', '2025-11-01 10:00', 'c09', true),
    ('old', 'big', 'email', 'marketing', 'list', null, '2025-11-01 10:00', 'c20', true),
    ('old', 'big', 'email', 'marketing', 'list', null, '2025-11-01 10:00', 'c20', false),
    ('old', 'big', 'email', 'marketing', 'holdout', null, '2025-11-01 10:00', 'c20', true),
    ('new', 'big', 'email', 'marketing', 'list', null, '2025-12-20 10:00', 'c00', true);
insert into marts.list_results values
    ('old', 'big', 'email', 'marketing', '2025-11-01 10:00', true, 30, 4, 2, 150, 2, 1, 60, 1),
    ('new', 'big', 'email', 'marketing', '2025-12-20 10:00', false, 30, 1, 1, 999, 0, 0, 0, 0);
insert into core.fct_contact_outcomes values
    ('old', 'c02', 'interested'), ('old', 'c03', 'no_answer'), ('old', 'c00', 'converted');
insert into core.fct_touchpoints values
    ('c00', 'out', 'email', '2025-06-01', false, 0.10),
    ('c01', 'out', 'email', '2025-06-01', true, 0.20),
    ('c01', 'in', 'email', '2025-06-01', true, 9), ('c01', 'out', 'phone', '2025-06-01', true, 9),
    ('c01', 'out', 'email', '2024-06-01', true, 9);
"""


@pytest.fixture
def with_past(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARTERA_NOW", "2026-01-01T10:00:00Z")
    with duckdb.connect() as connection:
        path = published.publications / "current" / WAREHOUSE
        connection.execute(f"attach '{path}' as written; use written; {PAST}")
    return published


def past_of(settings: Settings, **changes: Any) -> list[PastPull]:
    return history(settings, audience(**changes), current_publication(settings))


def test_it_shows_segments_overlaps_expectations_and_cost(with_past: Settings) -> None:
    told = preview(with_past, audience(holdout_percent=0))
    assert told.report.listed == 24
    assert told.segments == {
        "rfm_segment": {"Champions": 24},
        "abc_class": {"A": 16, "B": 8},
        "value_tier": {"Other": 24},
    }
    # c20 was listed and held out in one campaign after a merge, and was still written to.
    assert [(o.pull_id, o.customers) for o in told.overlaps] == [("old", 5), ("new", 1)]
    assert told.cost_per_contact == pytest.approx(0.15)
    assert told.cost == pytest.approx(3.6)


def test_what_to_expect_is_what_came_of_its_finished_pulls(with_past: Settings) -> None:
    told = preview(with_past, audience(holdout_percent=0)).expected
    assert told is not None
    # Of the old one, 2 of 4 ordered, who spent 150; the days of the new one are not over. That c02
    # was interested on the phone plays no part: nobody held out can be.
    assert (told.pulls, told.basis) == (1, "pulls of big")
    assert told.listed == Arm(4, 2, 150.0)
    assert told.held_out == Arm(2, 1, 60.0)
    assert (told.ordered, told.net_revenue) == (12.0, 900.0)


def test_without_pulls_of_its_own_its_channel_tells(with_past: Settings) -> None:
    told = preview(with_past, audience(name="fresh")).expected
    assert told is not None
    assert told.basis == "lists by email"
    assert preview(with_past, audience(name="calls", channel="phone")).expected is None


def test_a_history_shows_each_pull_with_its_arms_and_what_was_reported(
    with_past: Settings,
) -> None:
    done = pull(with_past, audience())
    waiting, new, old = past_of(with_past)
    assert (waiting.pull_id, waiting.pulled_by, waiting.is_complete) == (
        done.pull_id,
        "tester",
        False,
    )
    assert waiting.listed.customers == done.listed
    assert waiting.excluded == sum(done.excluded.values())
    assert (new.pull_id, new.is_complete, new.listed.customers) == ("new", False, 1)
    assert (waiting.response_days, new.response_days) == (None, 30)
    assert (old.listed, old.held_out, old.excluded) == (Arm(4, 2, 150.0), Arm(2, 1, 60.0), 1)
    assert old.outcomes == {"converted": 1, "interested": 1, "no_answer": 1}
    assert past_of(with_past, name="another") == []


def test_a_comparison_tells_who_is_on_both_lists(published: Settings) -> None:
    first = audience(holdout_percent=0)
    second = audience(name="a", rule="abc_class = 'A' or rfm_segment = 'Lost'", holdout_percent=0)
    told = compare(published, first, second)
    assert (told.first.listed, told.second.listed, told.both) == (24, 24, 16)
    assert told.segments == {"Champions": (8, 16, 0), "Lost": (0, 0, 8)}


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"rule": "rfm_segment = 'Champion'"}, "Nobody matches"),
        ({"rule": "true"}, "Everybody matches"),
        ({"rule": "not is_reachable_email"}, "Nobody is on the list: those who match are all excl"),
        ({"holdout_percent": 100}, "The holdout is 100 %"),
    ],
)
def test_a_list_of_nobody_or_everybody_says_so(
    published: Settings, changes: dict[str, Any], note: str
) -> None:
    report = pull(published, audience(**changes))
    assert [told for told in report.notes if told.startswith(note)]
    assert report.matched == report.listed + report.held_out + sum(report.excluded.values())


def test_one_who_is_fine_has_no_notes(published: Settings) -> None:
    assert pull(published, audience()).notes == ()


def test_a_number_beyond_its_column_is_the_rules_fault(published: Settings) -> None:
    with pytest.raises(UsageError, match=r"big: the rule .* cannot be worked out"):
        preview(published, audience(rule="orders * 999999999999999999 * 99 > 1"))


def test_a_new_audience_is_checked_and_then_written(published: Settings) -> None:
    told = {"name": "vip", "about": "The best.", "channel": "email", "rule": "orders > 3"}
    path = draft(published, told)
    assert path.read_text().startswith("name: vip\nabout: The best.\n")
    with pytest.raises(UsageError, match="There is an audience 'vip'"):
        draft(published, told)
    for wrong, said in [
        ({"rule": "ordres > 3"}, "Did you mean 'orders'"),
        ({"rule": "orders > 'x'"}, "is a text"),
        ({"channel": "pigeon"}, "channel: "),
        ({"order": "x"}, "is not a column"),
        ({"name": "../vip"}, "name: "),
    ]:
        with pytest.raises(UsageError, match=said):
            draft(published, {**told, "name": "other", **wrong})
    assert [p.name for p in path.parent.iterdir()] == ["vip.yml"]


@pytest.mark.parametrize(
    "mark", ["\n", "\r", "\x07", "\x1b[2J", "\x85", "\u2028", "\u2029", "\ud800"]
)
def test_what_a_new_audience_is_for_adds_no_field_to_it_and_breaks_no_file(
    published: Settings, mark: str
) -> None:
    keys = mark.join(["x", "purpose: service", "nightly: true", "destination: mailer"])
    told = {"name": "vip", "about": keys, "channel": "email", "rule": "orders > 3"}
    with pytest.raises(UsageError, match=r"about: it is not one line|not be read as it was told"):
        draft(published, told)
    assert not (published.home / "audiences" / "vip.yml").exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("about", "# - {x: &y !!python/object 'z'} | > \" \\ ñ 東 😀"),
        ("rule", "orders > 3\n  and rfm_segment <> 'x: y # z\u2028\x85'"),
        ("campaign", "a\x07\u2029\nnightly: true"),
    ],
)
def test_a_new_audience_is_read_as_it_was_told(published: Settings, field: str, text: str) -> None:
    told = {"name": "vip", "about": "The best.", "channel": "email", "rule": "orders > 3"}
    draft(published, {**told, field: text})
    found = find_audience(published, "vip")
    fields = default_fields("email")
    assert found == Audience.model_validate({**told, field: text, "fields": fields})
    assert (found.purpose, found.nightly) == ("marketing", False)


def test_a_file_that_would_be_read_as_another_audience_is_not_written(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"name": "vip", "about": "The best.", "channel": "email", "rule": "orders > 3"}
    whole = yaml.safe_dump

    def damaged(*given: Any, **how: Any) -> str:
        return f"{whole(*given, **how)}nightly: true\n"

    monkeypatch.setattr(yaml, "safe_dump", damaged)
    with pytest.raises(UsageError, match="not be read as it was told"):
        draft(published, told)
    assert not (published.home / "audiences").exists()


def test_consent_withdrawn_after_the_preview_counts_and_so_does_a_rollback(
    published: Settings,
) -> None:
    which = audience(holdout_percent=0)
    before = preview(published, which).report
    publish(published, WAREHOUSE_SQL.replace("n % 10 <> 9 as is_reach", "n > 4 as is_reach"))
    after = pull(published, which)
    assert after.publication_id != before.publication_id
    assert after.excluded == {"no_address": 3, "no_consent": 5}
    point(published, PUBLICATION)
    back = pull(published, which)
    assert (back.publication_id, back.listed) == (before.publication_id, before.listed)


def test_those_at_the_top_of_a_list_are_told_with_what_put_them_there(published: Settings) -> None:
    one = audience(
        rule="orders >= 1",
        order="net_revenue desc",
        fields=("customer_id", "given_name", "rfm_segment"),
        holdout_percent=0,
    )
    whole = preview(published, one, show=1000).first
    told = preview(published, one, show=2)
    assert len(whole) == told.report.listed > 2
    assert told.first == whole[:2]
    assert list(told.first[0]) == ["customer_id", "net_revenue", "orders", "rfm_segment"]
    amounts = [row["net_revenue"] for row in whole]
    assert amounts == sorted(amounts, reverse=True)
    assert preview(published, one).first == ()


def test_a_preview_does_without_pandas_and_leaves_it_importable(published: Settings) -> None:
    """DuckDB would import it to look at each value that is bound: seconds of CPU."""
    code = f"""
import sys
from pathlib import Path
from cartera.activation.preview import preview
from cartera.settings import Settings
from tests.activation.test_pull import audience
assert preview(Settings(home=Path({str(published.home)!r})), audience()).report.matched == 30
assert "pandas" not in sys.modules
import pandas
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_nobody_is_told_with_contact_data(published: Settings) -> None:
    birthdays = audience(rule="days_to_birthday >= 0", order="days_to_birthday asc")
    told = preview(published, birthdays, show=5)
    assert all("days_to_birthday" not in row for row in told.first)
