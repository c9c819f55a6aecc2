"""A rule compares columns with values; nothing else of SQL gets through."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera.activation.rule import compile_order, compile_rule
from cartera.errors import UsageError

COLUMNS = ["customer_id", "orders", "net_revenue", "rfm_segment", "is_reachable", "first_order"]
TABLE = (
    "(values ('a', 3, 10.5, 'Champions', true, date '2026-01-01'), "
    "('b', 0, -1, 'Lost', false, null), ('c', 5, 0, 'O''Hara', null, date '2025-01-01')) "
    "t(customer_id, orders, net_revenue, rfm_segment, is_reachable, first_order)"
)


def matched(rule: str) -> str:
    sql = f"select string_agg(customer_id, '' order by customer_id) from {TABLE} where "
    row = duckdb.execute(sql + compile_rule(rule, COLUMNS)).fetchone()
    assert row is not None
    return row[0] or ""


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        ("orders >= 3", "ac"),
        ("ORDERS > 3 or Rfm_Segment = 'Lost'", "bc"),
        ("not (orders = 0) and net_revenue <> 0", "a"),
        ("orders between 1 and 4", "a"),
        ("orders in (0, 5)", "bc"),
        ("rfm_segment not in ('Lost', 'Champions')", "c"),
        ("rfm_segment = 'O''Hara'", "c"),
        ("first_order is null", "b"),
        ("first_order is not null and first_order < date '2025-06-01'", "c"),
        ("is_reachable", "a"),
        ("is_reachable = false", "b"),
        ("net_revenue * 2 - 1 > orders + 1", "a"),
        ("net_revenue > -2", "abc"),
        ('"orders" = 3', "a"),
        ("true", "abc"),
    ],
)
def test_a_rule_means_what_it_says(rule: str, who: str) -> None:
    assert matched(rule) == who


@pytest.mark.parametrize(
    "rule",
    [
        "orders in (select 1)",
        "exists (select 1)",
        "(select true)",
        "orders = (select count(*) from x)",
        "orders > 1; drop table x",
        "read_text('/etc/passwd') is not null",
        "getenv('HOME') = ''",
        "upper(rfm_segment) = 'X'",
        "count(*) > 1",
        "orders > any(array[1])",
        "rfm_segment like '%'",
        "orders between (select 1) and 2",
        "case when true then true end",
        "t.orders = 1",
        "warehouse.core.orders = 1",
        "orders = ?",
        "orders = $1",
        "orders::integer[] = [1]",
        "customer_id || 'x' = 'ax'",
        "row_number() over () = 1",
    ],
)
def test_what_is_more_than_a_comparison_is_refused(rule: str) -> None:
    with pytest.raises(UsageError) as error:
        compile_rule(rule, COLUMNS)
    assert repr(rule) in error.value.message


@pytest.mark.parametrize(
    "rule", ["orders >", "", "orders = 'x", "and", "orders 3", "((orders = 1)"]
)
def test_a_rule_that_cannot_be_read_says_where(rule: str) -> None:
    with pytest.raises(UsageError, match="cannot be read at line 1, column"):
        compile_rule(rule, COLUMNS)


def test_a_wrong_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'net_revenue'"):
        compile_rule("netrevenue > 1", COLUMNS)
    with pytest.raises(UsageError, match="Did you mean 'orders'"):
        compile_order("order desc", COLUMNS)


def test_a_comment_does_not_reach_the_database() -> None:
    assert "--" not in compile_rule("orders = 1 -- secret", COLUMNS)
    assert "secret" not in compile_rule("orders /* secret */ = 1", COLUMNS)


@pytest.mark.parametrize(
    ("order", "sql"),
    [
        ("orders", '"orders" asc nulls last'),
        ("orders desc", '"orders" desc nulls last'),
        (" orders  ASC ", '"orders" asc nulls last'),
    ],
)
def test_an_order_is_a_column_and_a_direction(order: str, sql: str) -> None:
    assert " ".join(compile_order(order, COLUMNS).split()) == sql


@pytest.mark.parametrize(
    "order", ["orders, customer_id", "orders desc; x", "1", "orders sideways", ""]
)
def test_any_other_order_is_refused(order: str) -> None:
    with pytest.raises(UsageError, match="is not a column with asc or desc"):
        compile_order(order, COLUMNS)


@settings(max_examples=200, deadline=None)
@given(value=st.text(max_size=20))
def test_a_text_value_stays_a_value(value: str) -> None:
    """Whatever it holds, it is compared and never run."""
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        return
    quoted = value.replace("'", "''")
    rule = compile_rule(f"rfm_segment = '{quoted}'", COLUMNS)
    row = duckdb.execute(f"select {rule} from (select $1 as rfm_segment)", [value]).fetchone()
    assert row == (True,)


@pytest.mark.parametrize(
    "rule",
    [
        """cast(orders as "oid) is not null and exists(select 1 from read_text('/etc/passwd')) """
        """and (true") is not null""",
        """cast(orders as "varint) = 1 or (1") = 1""",
        "orders::bigint = 1",
    ],
)
def test_a_type_is_no_way_into_the_database(rule: str) -> None:
    with pytest.raises(UsageError, match=r"not allowed|cannot be read"):
        compile_rule(rule, ["orders"])
