"""The ready-made audiences on the demo company: each is valid, and its buckets add up."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cartera.activation.audience import CONTACT_FIELDS, Audience, load_audiences
from cartera.activation.kinds import kind_of
from cartera.activation.neighbours import NEIGHBOURS, known_columns, people
from cartera.activation.preview import preview
from cartera.activation.pull import PullReport, pull
from tests.integration.conftest import Built, own_settings

# Contacts at which somebody spoke to a customer of customer_360: no mail, no session, no voicemail.
SPOKEN = (
    "from core.fct_touchpoints t where t.customer_id = customer_360.customer_id "
    "and channel in ('phone', 'visit', 'fair', 'chat') and coalesce(is_answered, true)"
)
# Of each, who matches, told anew from the marts.
WHO = {
    "champions": "select customer_id from marts.customer_rfm where rfm_segment = 'Champions'",
    "valuable_decliners": "select customer_id from marts.customer_alerts "
    "where kind = 'valuable_decliner'",
    "valuable_complainers": "select customer_id from marts.customer_alerts "
    "where kind = 'valuable_complainer'",
    "worst_candidates": "select customer_id from marts.customer_value where is_worst_candidate",
    "cross_sell": "select customer_id from marts.next_best_products "
    "join marts.customer_360 using (customer_id) "
    "where kind = 'cross_sell' and lifecycle_stage in ('active', 'new', 'won_back')",
    "overdue_contact": "select customer_id from marts.customer_360 where (abc_class = 'A' and "
    f"not exists ({SPOKEN} and touch_date >= as_of - 90) and "
    f"not (first_order_date >= as_of - 90 and not exists ({SPOKEN}))) "
    "or (select min(next_step_on) from core.fct_interactions i where i.customer_id = "
    "customer_360.customer_id and interaction_date = (select max(interaction_date) from "
    "core.fct_interactions l where l.customer_id = customer_360.customer_id)) < as_of",
}

# What is against a contact by ``channel``, told anew from the facts: customer_id.
WARNED = """
    with left_ as (
        select customer_id, channel, event_at from warehouse.core.fct_campaign_messages
        where event_type = 'unsubscribe'
        union all
        select customer_id, channel, occurred_at from warehouse.core.fct_contact_outcomes
        where outcome = 'opt_out'
    )
    select customer_id from left_ where channel = $channel and not exists (
        from warehouse.core.fct_consents c where c.customer_id = left_.customer_id and is_current
        and c.channel = $channel and c.purpose = $purpose and c.occurred_at > left_.event_at)
    union all
    select customer_id from warehouse.core.fct_campaign_messages
    where event_type = 'complaint' and channel = $channel
    union all
    select customer_id from warehouse.core.fct_campaign_messages b
    where event_type = 'hard_bounce' and channel = $channel and not exists (
        from warehouse.core.fct_campaign_messages d where d.customer_id = b.customer_id
        and d.channel = $channel and d.event_type = 'delivered' and d.event_at > b.event_at)
    union all
    select customer_id from warehouse.core.fct_touchpoints
    where direction = 'out' and touch_date >= date '2026-10-01' - 7
    group by customer_id having count(*) >= 3
    union all
    select customer_id from warehouse.core.fct_service_cases
    where kind = 'complaint' and is_open and $purpose = 'marketing'
"""


@pytest.fixture(scope="module")
def db(demo: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def pulled(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PullReport]:
    """Every ready-made audience, pulled from the demo into a home beside it."""
    home = tmp_path_factory.mktemp("lists")
    (home / "publications").symlink_to(demo.settings.publications)
    settings = own_settings(home)
    return {name: pull(settings, one) for name, one in load_audiences(settings).items()}


def records(report: PullReport) -> list[dict[str, str]]:
    home = Path(report.files["csv"]).parents[2]
    (path,) = (home / "inbox" / "cartera" / "audience_pulls").glob(f"*_{report.pull_id}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_puts_everybody_who_matches_into_one_bucket(
    pulled: dict[str, PullReport], db: duckdb.DuckDBPyConnection
) -> None:
    db.execute("use warehouse")
    for name, report in pulled.items():
        rows = records(report)
        who = {row["party_id"] for row in rows}
        assert len(who) == len(rows) == report.matched > 0, name
        assert report.matched == report.listed + report.held_out + sum(report.excluded.values())
        if name in WHO:
            assert who == {c for (c,) in db.execute(WHO[name]).fetchall()}, name
    db.execute("use memory")


def test_nobody_is_contacted_who_may_not_be(
    pulled: dict[str, PullReport], db: duckdb.DuckDBPyConnection, demo: Built
) -> None:
    audiences = load_audiences(demo.settings)
    for name, report in pulled.items():
        one = audiences[name]
        listed = [row["party_id"] for row in records(report) if row["bucket"] == "list"]
        barred = "is_test or is_deceased"
        if one.channel:
            barred += f" or not has_{one.channel}"
        if one.channel and one.purpose == "marketing":
            barred += f" or not is_reachable_{one.channel}"
        wrong = db.execute(
            "select count(*) from warehouse.marts.customer_360 join "
            "(select customer_id, has_email, has_phone from warehouse.core.dim_customers) "
            f"using (customer_id) where list_contains(?, customer_id) and ({barred})",
            [listed],
        ).fetchone()
        assert wrong == (0,), name
        assert report.held_out == 0 or not one.rescue
        if one.channel:
            told = {"channel": one.channel, "purpose": one.purpose}
            assert not {c for (c,) in db.execute(WARNED, told).fetchall()} & set(listed), name


@pytest.mark.parametrize("purpose", ["marketing", "service"])
@pytest.mark.parametrize("channel", ["email", "phone"])
def test_lists_and_the_policy_say_the_same_of_everybody(
    channel: str, purpose: str, db: duckdb.DuckDBPyConnection, demo: Built
) -> None:
    who = Audience.model_validate(
        {"name": "all", "about": "x", "channel": channel, "purpose": purpose, "rule": "true"}
    )
    told = preview(demo.settings, who).report
    policy = db.execute(
        """
        select split_part(suppression_reasons, ',', 1), count(*)
        from warehouse.marts.contact_reasons
        where channel = ? and purpose = ? and suppression_reasons is not null group by all
        """,
        [channel, purpose],
    ).fetchall()
    assert told.excluded == dict(policy)
    # Service waits for no consent.
    assert "no_address" in told.excluded
    assert ("no_consent" in told.excluded) == (purpose == "marketing")
    same = db.execute(
        """
        select count(*), count(*) filter (
            policy.suppression_reasons is distinct from reasons.suppression_reasons)
        from warehouse.marts.contact_policy policy
        join warehouse.marts.contact_reasons reasons using (customer_id, purpose)
        where preferred_channel = channel and channel = ? and purpose = ?
        """,
        [channel, purpose],
    ).fetchone()
    assert same is not None
    assert same[0] > 0 == same[1]


def test_my_top_customers_are_the_first_of_each_owner(
    pulled: dict[str, PullReport], db: duckdb.DuckDBPyConnection
) -> None:
    with open(pulled["my_top_customers"].files["csv"], encoding="utf-8", newline="") as file:
        listed = [(row["account_owner"], row["customer_id"]) for row in csv.DictReader(file)]
    expected = db.execute(
        """
        select account_owner, customer_id from warehouse.marts.customer_360
        where account_owner is not null and orders > 0 and not is_test and not is_deceased
        qualify row_number() over (
            partition by account_owner order by contribution desc, customer_id) <= 20
        """
    ).fetchall()
    assert sorted(listed) == sorted(expected)


def test_birthdays_are_those_of_the_week(
    pulled: dict[str, PullReport], db: duckdb.DuckDBPyConnection
) -> None:
    born = dict(
        db.execute(
            "select customer_id, birth_date from contacts.contacts.golden_records"
        ).fetchall()
    )
    week = [date(2026, 10, day) for day in range(1, 8)]
    for row in records(pulled["birthday"]):
        day = born[row["party_id"]]
        assert (day.month, day.day) in [(d.month, d.day) for d in week]


def test_what_neighbours_tell_is_of_the_kind_that_rules_are_told(
    demo: Built, db: duckdb.DuckDBPyConnection
) -> None:
    names = [name for near in NEIGHBOURS for name in near.columns]
    rows = db.execute(f"describe {people(db, names)}").fetchall()
    told = {name: kind_of(kind) for name, kind, *_ in rows}
    known = known_columns(db)
    assert {name: told[name] for name in names} == {name: known[name] for name in names}
    assert not set(names) & set(CONTACT_FIELDS)
    # A neighbour never doubles anybody.
    counts = db.execute(
        f"select (select count(*) from ({people(db, names)})), "
        "(select count(*) from warehouse.marts.customer_360)"
    ).fetchone()
    assert counts is not None
    assert counts[0] == counts[1]
