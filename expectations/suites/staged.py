"""What came in went on: batches balance, and orders and revenue reach core whole."""

from __future__ import annotations

from expectations.rules import Rule, no_rows
from expectations.suites import facts, landed

# Counted again from staging, not taken from the models between: completed orders before as_of
# that no cancellation before as_of names.
_ORDERS_IN_AND_OUT = """
with before_as_of as (
    select *
    from work.staging.stg_orders
    where ordered_at < (select max(as_of_at) from warehouse.meta.publication)
),
staged as (
    select
        source_system,
        order_date,
        currency,
        count(*) as orders,
        sum(gross_amount - discount_amount) as revenue
    from before_as_of
    where kind = 'order'
        and status = 'completed'
        and (source_system, order_id) not in (
            select (source_system, refers_to)
            from before_as_of
            where kind = 'cancellation' and refers_to is not null
        )
    group by all
),
published as (
    select
        source_system,
        order_date,
        currency,
        count(*) as orders,
        sum(amount_original) as revenue
    from warehouse.core.fct_orders
    group by all
)
select
    source_system,
    order_date,
    currency,
    staged.orders as orders_in,
    published.orders as orders_out,
    staged.revenue as revenue_in,
    published.revenue as revenue_out
from staged
full join published using (source_system, order_date, currency)
where staged.orders is distinct from published.orders
    or staged.revenue is distinct from published.revenue
order by source_system, order_date, currency
"""

_REFUNDS_IN_AND_OUT = """
with staged as (
    select
        source_system,
        order_date as refund_date,
        currency,
        count(*) as refunds,
        sum(abs(abs(gross_amount) - abs(discount_amount))) as amount
    from work.staging.stg_orders
    where kind = 'refund'
        and status = 'completed'
        and ordered_at < (select max(as_of_at) from warehouse.meta.publication)
    group by all
),
published as (
    select
        source_system,
        refund_date,
        currency,
        count(*) as refunds,
        sum(amount_original) as amount
    from warehouse.core.fct_refunds
    group by all
)
select
    source_system,
    refund_date,
    currency,
    staged.refunds as refunds_in,
    published.refunds as refunds_out,
    staged.amount as amount_in,
    published.amount as amount_out
from staged
full join published using (source_system, refund_date, currency)
where staged.refunds is distinct from published.refunds
    or staged.amount is distinct from published.amount
order by source_system, refund_date, currency
"""

RULES: list[Rule] = [
    no_rows(
        "batches_balance",
        severity="critical",
        table="warehouse.ops.batches",
        sql="""
            select batch_id, received, accepted, quarantined, erased
            from warehouse.ops.batches
            where received is distinct from accepted + quarantined + erased
            order by batch_id
        """,
        reason="A batch received more or fewer rows than it accepted, quarantined and erased.",
        remedy="Look at the batch with `cartera batch show BATCH`, then ingest it again.",
    ),
    *landed.RULES,
    no_rows(
        "orders_in_equal_out",
        severity="critical",
        table="warehouse.core.fct_orders",
        sql=_ORDERS_IN_AND_OUT,
        reason="Orders or their revenue were lost or doubled between staging and core.",
        remedy="Compare stg_orders and fct_orders for the source and day shown; "
        "a join in fct_orders most likely drops or repeats rows.",
    ),
    no_rows(
        "refunds_in_equal_out",
        severity="critical",
        table="warehouse.core.fct_refunds",
        sql=_REFUNDS_IN_AND_OUT,
        reason="Refunds or their amount were lost or doubled between staging and core.",
        remedy="Compare stg_orders and fct_refunds for the source and day shown.",
    ),
    Rule(
        name="orders_unique",
        severity="critical",
        table="warehouse.core.fct_orders",
        expectation="ExpectColumnValuesToBeUnique",
        arguments={"column": "order_key"},
        reason="An order stands in fct_orders more than once and would be counted twice.",
        remedy="Look for a join in fct_orders that repeats rows of the order shown.",
    ),
    no_rows(
        "order_lines_have_an_order",
        severity="info",
        table="work.staging.stg_order_lines",
        sql="""
            select source_system, order_id, count(*) as lines
            from work.staging.stg_order_lines as lines
            where not exists (
                select 1 from work.staging.stg_orders as orders
                where orders.source_system = lines.source_system
                    and orders.order_id = lines.order_id
            )
            group by all
            order by all
        """,
        reason="Lines came without their order, which is late or refused: they do not count.",
        remedy="Look for the order shown with `cartera quarantine list`.",
    ),
    no_rows(
        "orders_revenue_follows_rate",
        severity="critical",
        table="warehouse.core.fct_orders",
        sql="""
            select order_key, currency, amount_original, fx_rate, revenue
            from warehouse.core.fct_orders
            where is_fx_missing is distinct from (fx_rate is null)
                or (fx_rate is null) is distinct from (revenue is null)
                or abs(revenue - amount_original * fx_rate) > 0.01
            order by order_key
        """,
        reason="An order's revenue is not its original amount at the rate beside it.",
        remedy="Check the exchange rates of the currency shown and the money columns of "
        "fct_orders.",
    ),
    *facts.RULES,
]
