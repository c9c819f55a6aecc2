"""A campaign's holdout is judged by chance: clean ones of any size pass, spoiled ones do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import comb
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pytest

from expectations.rules import Catalog
from expectations.suites.holdouts import RULES

COLUMNS = """
    source_system varchar, pull_key varchar, campaign_id varchar, audience varchar,
    customer_id varchar, bucket varchar, reason varchar, holdout_percent double, pulled_at timestamp
"""


class Member(NamedTuple):
    customer: int
    bucket: str
    percent: float | None = 10.0
    reason: str | None = None
    day: int = 1


MEMBERS = pa.schema(
    [
        *(("customer", pa.int64()), ("bucket", pa.string()), ("percent", pa.float64())),
        *(("reason", pa.string()), ("day", pa.int64())),
    ]
)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.core")
        connection.execute(f"create table warehouse.core.fct_audience_pulls ({COLUMNS})")
        yield connection


def alarms(db: duckdb.DuckDBPyConnection) -> set[str]:
    """The campaigns that the rule is broken by."""
    sql = RULES[0].arguments_for(Catalog({}))["sql"]
    return {campaign for _, campaign, *_ in db.execute(sql).fetchall()}


def is_alarmed(db: duckdb.DuckDBPyConnection, members: Iterable[Member]) -> bool:
    rows = [member._asdict() for member in members]
    db.register("members", pa.Table.from_pylist(rows, MEMBERS))
    db.execute(
        """
        insert into warehouse.core.fct_audience_pulls
        select
            'cartera', day || '|' || customer, 'spring', 'big', customer, bucket, reason, percent,
            make_timestamp(2026, 1, day, 8, 0, 0)
        from members
        """
    )
    return "spring" in alarms(db)


def drawn(
    held_out: int, customers: int, percent: float | None = 10.0, day: int = 1
) -> list[Member]:
    return [
        Member(number, "holdout" if number < held_out else "list", percent, day=day)
        for number in range(customers)
    ]


@pytest.mark.parametrize("percent", [0, 2.5, 10, 50, 100])
def test_by_chance_fewer_than_two_clean_campaigns_of_a_million_are_off(
    percent: float, db: duckdb.DuckDBPyConnection
) -> None:
    """Each way in which a draw of up to sixty people may end, by how likely it is."""
    db.execute(
        """
        insert into warehouse.core.fct_audience_pulls
        select
            'cartera', m::text, n || ' ' || k, 'big', m::text, if(m < k, 'holdout', 'list'), null,
            $percent, '2026-01-01'
        from range(1, 61) sizes(n), range(0, 61) held(k), range(0, 60) members(m)
        where k <= n and m < n
        """,
        {"percent": percent},
    )
    off = {tuple(map(int, name.split())) for name in alarms(db)}
    p = percent / 100
    for n in range(1, 61):
        chance = sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if (n, k) in off)
        assert chance < 2e-6
    assert off, "some end no draw explains"


@pytest.mark.parametrize(
    ("held_out", "customers", "percent"),
    [(0, 150, 10), (60, 200, 10), (1, 20, 0), (19, 20, 100)],
)
def test_what_chance_does_not_explain_is_noticed(
    held_out: int, customers: int, percent: float, db: duckdb.DuckDBPyConnection
) -> None:
    assert is_alarmed(db, drawn(held_out, customers, percent))


def test_who_was_cut_off_by_a_limit_was_drawn_for_the_list(db: duckdb.DuckDBPyConnection) -> None:
    listed = drawn(100, 200)
    over = [Member(number, "excluded", reason="over_limit") for number in range(200, 1000)]
    assert not is_alarmed(db, listed + over)


def test_a_cap_that_bars_whom_the_campaign_listed_raises_no_alarm(
    db: duckdb.DuckDBPyConnection,
) -> None:
    held_out = drawn(100, 100, day=2)
    barred = [Member(number, "excluded", 10.0, "contact_cap", 2) for number in range(100, 1000)]
    assert not is_alarmed(db, drawn(100, 1000) + held_out + barred)


def test_without_the_pull_that_listed_them_the_share_held_out_is_too_large(
    db: duckdb.DuckDBPyConnection,
) -> None:
    """A retention that took a campaign's first pull: its lift has lost the list, and is told of."""
    held_out = drawn(100, 100, day=2)
    barred = [Member(number, "excluded", 10.0, "contact_cap", 2) for number in range(100, 1000)]
    new = [Member(number, "list", day=2) for number in range(1000, 1050)]
    assert is_alarmed(db, held_out + barred + new)


def test_a_pull_that_does_not_say_what_was_meant_is_not_judged(
    db: duckdb.DuckDBPyConnection,
) -> None:
    assert not is_alarmed(db, drawn(500, 1000, None) + drawn(500, 500, 10, day=2))


def test_a_percent_that_was_changed_counts_for_whom_it_met_first(
    db: duckdb.DuckDBPyConnection,
) -> None:
    later = [m._replace(customer=m.customer + 1000, day=2) for m in drawn(500, 1000, 50)]
    assert not is_alarmed(db, drawn(100, 1000) + drawn(0, 1000, 0, day=2) + later)
