"""A rule compares columns with values of their kind; nothing else of SQL gets through."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera.activation.kinds import Kind, kind_of
from cartera.activation.rule import compile_order, compile_rule
from cartera.errors import UsageError

COLUMNS: dict[str, Kind] = {
    "customer_id": "text",
    "orders": "number",
    "net_revenue": "number",
    "rfm_segment": "text",
    "is_reachable": "yes or no",
    "first_order": "date",
    "seen_at": "moment",
    "as_of": "date",
}
TABLE = (
    "(values"
    " ('a', 3, 10.5, 'Champions', true, date '2026-01-01', timestamp '2026-01-01 12:00:00'),"
    " ('b', 0, -1, 'Lost', false, null, null),"
    " ('c', 5, 0, 'O''Hara', null, date '2025-01-31', null))"
    " t(customer_id, orders, net_revenue, rfm_segment, is_reachable, first_order, seen_at),"
    " (select date '2026-02-01' as as_of)"
)


def matched(rule: str) -> str:
    compiled = compile_rule(rule, COLUMNS)
    sql = f"select string_agg(customer_id, '' order by customer_id) from {TABLE} where "
    row = duckdb.execute(sql + compiled.sql, compiled.values).fetchone()
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
        ("is_reachable is not true", "bc"),
        ("is_reachable = false", "b"),
        ("net_revenue * 2 - 1 > orders + 1", "a"),
        ("net_revenue > -2", "abc"),
        ('"orders" = 3', "a"),
        ("true", "abc"),
        ("first_order >= as_of - 31", "a"),
        ("as_of - first_order > 31", "c"),
        ("seen_at > first_order and seen_at < timestamp '2026-01-01 12:00:01'", "a"),
        ("lower(rfm_segment) = 'lost' or month(first_order) = 1 and day(first_order) = 31", "bc"),
        ("coalesce(first_order, date '2026-01-01') = date '2026-01-01'", "ab"),
        ("abs(net_revenue) = 1", "b"),
        ("orders > 1 or orders > 2 or orders > 3 and year(first_order) = 2025", "ac"),
    ],
)
def test_a_rule_means_what_it_says(rule: str, who: str) -> None:
    assert matched(rule) == who


@pytest.mark.parametrize(
    ("rule", "what", "fix"),
    [
        ("orders in (select 1)", "1, column 1: a subquery", "in (1, 2)"),
        ("orders > 1\n and exists (select 1)", "line 2, column", "in (1, 2)"),
        ("(select true)", "a subquery", ""),
        ("orders = (select count(*) from x)", "line 1, column 18: a subquery", ""),
        ("orders between (select 1) and 2", "column 24: a subquery", ""),
        ("lowr(rfm_segment) = 'x'", "column 1: the function lowr", "Did you mean 'lower'?"),
        ("read_text('/etc/passwd') is not null", "the function read_text", "Allowed are: abs"),
        ("true and getenv('HOME') = ''", "column 10: the function getenv", "Allowed are"),
        ("case when true then true end", "is not allowed", ""),
        ("count(*) > 1", "the function count", ""),
        ("row_number() over () = 1", "is not allowed", ""),
        ("orders > any(array[1])", "is not allowed", ""),
        ("rfm_segment like '%'", "is not allowed", ""),
        ("t.ordrs = 1", "names a table", "Did you mean 'orders'?"),
        ("warehouse.core.orders = 1", "names a table", "Did you mean 'orders'?"),
        ("orders = 1 and\n  netrevenue > 1", "line 2, column 3: ", "Did you mean 'net_revenue'?"),
        ("orders = ?", "is not allowed", ""),
        ("orders = $1", "is not allowed", ""),
        ("customer_id || 'x' = 'ax'", "is not allowed", ""),
        ("orders::integer[] = [1]", "is not allowed", ""),
        ("orders::bigint = 1", "is not allowed", "Write date"),
        ("orders in ()", "without values", "in (1, 2)"),
        ("interval 3 days > 1", "is not allowed", ""),
    ],
)
def test_what_is_more_than_a_comparison_is_refused_with_its_place(
    rule: str, what: str, fix: str
) -> None:
    with pytest.raises(UsageError) as error:
        compile_rule(rule, COLUMNS)
    assert repr(rule) in error.value.message
    assert what in error.value.message
    assert fix in error.value.fix


@pytest.mark.parametrize(
    ("rule", "what", "fix"),
    [
        (
            "first_order > 30",
            "column 15: 'first_order' is a date, and '30' is a number",
            "as_of - 30",
        ),
        ("first_order > '2026-01-01'", "is a date, and", "date '2026-01-31'"),
        ("seen_at in (1)", "is a moment, and '1' is a number", "date '2026-01-31'"),
        ("orders = '3'", "is a number, and \"'3'\" is a text", "without quotes"),
        ("orders between 1 and 'x'", "column 22: ", "without quotes"),
        ("is_reachable = 1", "is a yes or no, and '1' is a number", "stands alone"),
        ("orders", "'orders' is a number and not a yes or no", "Write a condition"),
        ("orders = 1 and rfm_segment", "column 16: 'rfm_segment' is a text", "Write a condition"),
        ("not orders", "column 5", ""),
        ("orders = null", "'NULL' is null", "is null"),
        ("orders in (1, null)", "'NULL' is null", "is null"),
        ("first_order + first_order > as_of", "a date and a date", "days from a date"),
        ("orders - first_order > 1", "a number and a date", "days from a date"),
        ("-rfm_segment = 'x'", "is a text and not a number", ""),
        ("lower(orders) = 'x'", "is a number and not a text", ""),
        ("coalesce(orders, 'x') = 1", "is a text", ""),
        ("first_order = date '2026-02-30'", "is no date", "Write date"),
        ("orders > 1e999", "is too large", ""),
        ("orders > 99999999999999999999", "is too large", ""),
    ],
)
def test_what_is_of_another_kind_is_refused_with_how_to_write_it(
    rule: str, what: str, fix: str
) -> None:
    with pytest.raises(UsageError) as error:
        compile_rule(rule, COLUMNS)
    assert what in error.value.message
    assert fix in error.value.fix


@pytest.mark.parametrize(
    "rule",
    ["orders >", "", "orders = 'x", "and", "orders 3", "((orders = 1)", "orders = 1; select 1"],
)
def test_a_rule_that_cannot_be_read_says_where(rule: str) -> None:
    with pytest.raises(UsageError, match="cannot be read at line 1, column"):
        compile_rule(rule, COLUMNS)


def test_a_long_rule_is_read_and_a_deep_one_refused() -> None:
    values = " or ".join(f"orders = {number}" for number in range(1000))
    assert matched(values) == "abc"
    with pytest.raises(UsageError, match="nested too deeply"):
        compile_rule("(" * 3000 + "true" + ")" * 3000, COLUMNS)


def test_a_comment_does_not_reach_the_database() -> None:
    assert "secret" not in compile_rule("orders = 1 -- secret", COLUMNS).sql
    assert "secret" not in compile_rule("orders /* secret */ = 1", COLUMNS).sql


def test_a_rule_tells_what_it_names() -> None:
    assert compile_rule("orders > 1 and is_reachable", COLUMNS).columns == {
        "orders",
        "is_reachable",
    }


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("orders", ("orders", "asc")),
        ("orders desc", ("orders", "desc")),
        (" orders  ASC ", ("orders", "asc")),
    ],
)
def test_an_order_is_a_column_and_a_direction(order: str, found: tuple[str, str]) -> None:
    assert compile_order(order, COLUMNS) == found


@pytest.mark.parametrize(
    "order", ["orders, customer_id", "orders desc; x", "1", "orders sideways", "", "order desc"]
)
def test_any_other_order_is_refused(order: str) -> None:
    with pytest.raises(UsageError, match="is not a column with asc or desc") as error:
        compile_order(order, COLUMNS)
    if order == "order desc":
        assert error.value.fix == "Did you mean 'orders'?"


@settings(max_examples=200, deadline=None)
@given(value=st.text(max_size=20))
def test_a_text_value_stays_a_value(value: str) -> None:
    """Whatever it holds, it is compared and never run: the database has it as a parameter."""
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        return
    quoted = value.replace("'", "''")
    rule = compile_rule(f"rfm_segment = '{quoted}'", COLUMNS)
    assert (rule.sql, rule.values) == ('("rfm_segment" = $value_0)', {"value_0": value})


@pytest.mark.parametrize(
    "rule",
    [
        """cast(orders as "oid) is not null and exists(select 1 from read_text('/etc/passwd')) """
        """and (true") is not null""",
        """cast(orders as "varint) = 1 or (1") = 1""",
    ],
)
def test_a_type_is_no_way_into_the_database(rule: str) -> None:
    with pytest.raises(UsageError, match=r"not allowed|cannot be read"):
        compile_rule(rule, COLUMNS)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("DECIMAL(18,2)", "number"),
        ("BIGINT", "number"),
        ("VARCHAR", "text"),
        ("TIMESTAMP", "moment"),
        ("BOOLEAN", "yes or no"),
        ("VARCHAR[]", None),
        ("BLOB", None),
    ],
)
def test_a_column_is_of_the_kind_that_its_contract_says(told: str, kind: Kind | None) -> None:
    assert kind_of(told) == kind
