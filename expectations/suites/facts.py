"""Facts in core are those of the people, rates and times that staging has."""

from __future__ import annotations

from expectations.rules import Catalog, Rule, no_rows

# When each fact took place, by its table. A survey may be answered, a lead come without a time.
_MOMENTS = {
    "fct_orders": "ordered_at",
    "fct_refunds": "refunded_at",
    "fct_campaign_messages": "event_at",
    "fct_consents": "occurred_at",
    "fct_audience_pulls": "pulled_at",
    "fct_contact_outcomes": "occurred_at",
    "fct_interactions": "occurred_at",
    "fct_service_cases": "opened_at",
    "fct_survey_responses": "sent_at",
    "fct_profile_answers": "answered_at",
    "fct_quotes": "quoted_at",
    "fct_referrals": "referred_at",
    "fct_leads": "lead_at",
    "fct_touchpoints": "touched_at",
    "fct_web_sessions": "ended_at",
}


def _of_the_future() -> str:
    scans = " union all ".join(
        f"select '{fact}' as fact, count(*) as facts, max({moment}) as last_at "
        f"from warehouse.core.{fact} "
        f"where {moment} >= (select max(as_of_at) from warehouse.meta.publication)"
        for fact, moment in _MOMENTS.items()
    )
    return f"select * from ({scans}) where facts > 0 order by fact"


# Of each customer the orders that identity gives them, told by a sum of hashes: an order that went
# to another shows with both, and so do two that were swapped.
_OF_OTHERS = """
    with staged as (
        select bindings.customer_id, count(*) as orders,
            bit_xor(hash(orders.source_system, orders.order_id)) as which
        from work.staging.stg_orders as orders
        inner join work.identity.bindings using (person_system, person_record_id)
        where orders.kind = 'order'
            and orders.status = 'completed'
            and orders.ordered_at < (select max(as_of_at) from warehouse.meta.publication)
            and (orders.source_system, orders.order_id) not in (
                select (source_system, refers_to)
                from work.staging.stg_orders
                where kind = 'cancellation'
                    and refers_to is not null
                    and ordered_at < (select max(as_of_at) from warehouse.meta.publication)
            )
        group by bindings.customer_id
    ),
    published as (
        select customer_id, count(*) as orders, bit_xor(hash(source_system, order_id)) as which
        from warehouse.core.fct_orders
        where customer_id is not null
        group by customer_id
    )
    select customer_id, staged.orders as orders_in, published.orders as orders_out
    from staged full join published using (customer_id)
    where staged.orders is distinct from published.orders
        or staged.which is distinct from published.which
    order by customer_id
"""

_NETTED = """
    with refunded as (
        select order_key, sum(amount) as amount, count(*) > count(amount) as is_unknown
        from warehouse.core.fct_refunds
        group by order_key
    )
    select orders.order_key, orders.revenue, orders.refunded_amount, orders.net_revenue
    from warehouse.core.fct_orders as orders
    left join refunded using (order_key)
    where orders.refunded_amount is distinct from
            if(refunded.is_unknown, null, coalesce(refunded.amount, 0))
        or orders.net_revenue is distinct from orders.revenue - orders.refunded_amount
    order by orders.order_key
"""


def _rates(catalog: Catalog) -> str:
    """Rates that no export of rates has for their currency and day."""
    tables = [
        table
        for table, columns in catalog.below("warehouse.core").items()
        if {"currency", "fx_rate", "fx_date"} <= set(columns)
    ]
    used = " union ".join(
        f"select '{table.rpartition('.')[2]}' as fact, upper(currency) as currency, "
        f"fx_date, fx_rate from {table} where fx_rate is not null"
        for table in tables
    )
    return f"""
        select used.fact, used.currency, used.fx_date, used.fx_rate
        from ({used}) as used
        where used.fx_rate is distinct from case
            when used.currency = (select max(reporting_currency) from warehouse.meta.publication)
                then 1
            else (
                select max(rates.rate)
                from work.staging.stg_fx_rates as rates
                where rates.currency = used.currency and rates.valid_on = used.fx_date
            )
        end
        order by all
    """


RULES: list[Rule] = [
    no_rows(
        "no_facts_of_the_future",
        severity="critical",
        table="warehouse.core.fact_counts",
        sql=_of_the_future(),
        reason="Core holds facts at as_of or after it, which are not known yet.",
        remedy="Look for the filter on as_of in the fact shown.",
    ),
    no_rows(
        "orders_follow_identity",
        severity="critical",
        table="warehouse.core.fct_orders",
        sql=_OF_OTHERS,
        reason="A customer has orders of others, or lacks some of their own.",
        remedy="Look for the join with bindings in fct_orders; two customers' ids were swapped, "
        "or core was made from another identity map.",
    ),
    no_rows(
        "refunds_are_netted",
        severity="critical",
        table="warehouse.core.fct_orders",
        sql=_NETTED,
        reason="An order's net revenue is not its revenue less the refunds that name it.",
        remedy="Compare fct_refunds and fct_orders for the order shown.",
    ),
    no_rows(
        "rates_were_delivered",
        severity="critical",
        table="warehouse.core.fct_orders",
        sql=_rates,
        reason="An exchange rate in core is not the one that was delivered for its day.",
        remedy="Compare stg_fx_rates for the currency and day shown; a rate turned upside down "
        "is a contract's mistake.",
    ),
]
