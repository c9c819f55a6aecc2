"""Histories are whole: no stretch of a customer, no month and no cohort is missing."""

from __future__ import annotations

from expectations.rules import Rule, no_rows

_STRETCHES = """
    with stretches as (
        select
            customer_id,
            version,
            valid_from,
            valid_to,
            is_current,
            row_number() over by_time as place,
            lead(valid_from) over by_time as next_from
        from warehouse.core.customer_history
        window by_time as (partition by customer_id order by valid_from, version)
    )
    select customer_id, min(version) as version
    from stretches
    where version <> place
        or valid_to is distinct from next_from
        or is_current is distinct from (next_from is null)
        or valid_from >= valid_to
    group by customer_id
    order by customer_id
"""

# Buyers by the month end until which they had bought, told from the orders.
_MONTH_ENDS = """
    with shown as (
        select month_end, count(*) as customers, count(distinct customer_id) as different
        from warehouse.marts.segment_history
        group by month_end
    ),
    bounds as (select min(month_end) as first_end, max(month_end) as last_end from shown),
    ends as (
        select last_day(month_start) as month_end
        from bounds, range(
            cast(date_trunc('month', first_end) as timestamp),
            cast(last_end as timestamp) + interval 1 day,
            interval 1 month
        ) as t(month_start)
    ),
    firsts as (
        select customer_id, min(order_date) as first_order_date
        from warehouse.core.fct_orders
        where customer_id is not null and not is_fully_refunded
        group by customer_id
    ),
    bought as (
        select ends.month_end, count(firsts.customer_id) as buyers
        from ends
        left join firsts on firsts.first_order_date <= ends.month_end
        group by ends.month_end
    )
    select bought.month_end, coalesce(shown.customers, 0) as shown, bought.buyers
    from bought
    left join shown using (month_end)
    where coalesce(shown.customers, 0) <> bought.buyers
        or shown.different < shown.customers
    order by bought.month_end
"""

_COHORTS = """
    with firsts as (
        select customer_id, cast(date_trunc('month', min(order_date)) as date) as cohort_month
        from warehouse.core.fct_orders
        where customer_id is not null and not is_fully_refunded
        group by customer_id
    ),
    -- A month that as_of cuts short has no cohort yet.
    bought as (
        select cohort_month, count(*) as buyers
        from firsts
        where cohort_month + interval 1 month
            <= (select max(as_of) from warehouse.meta.publication)
        group by cohort_month
    ),
    shown as (
        select
            cohort_month,
            min(cohort_size) as size,
            max(cohort_size) as largest,
            max(active_customers) as most_active,
            max(if(period = 0, active_customers, null)) as at_first,
            max(period) + 1 - count(*) as missing_periods
        from warehouse.marts.cohort_retention
        group by cohort_month
    )
    select cohort_month, shown.size as shown, bought.buyers
    from bought full join shown using (cohort_month)
    where shown.size is distinct from bought.buyers
        or shown.largest <> shown.size
        or shown.most_active > shown.size
        or shown.at_first is distinct from shown.size
        or shown.missing_periods <> 0
    order by cohort_month
"""


RULES: list[Rule] = [
    no_rows(
        "customer_history_unbroken",
        severity="critical",
        table="warehouse.core.customer_history",
        sql=_STRETCHES,
        reason="A customer's history has a gap, an overlap, or not just one current stretch.",
        remedy="Look at the customer shown in customer_history; versions were dropped or doubled.",
    ),
    no_rows(
        "segment_history_complete",
        severity="critical",
        table="warehouse.marts.segment_history",
        sql=_MONTH_ENDS,
        reason="A month end of segment_history does not have every buyer of until then once.",
        remedy="Compare segment_history and fct_orders for the month end shown.",
    ),
    no_rows(
        "cohorts_hold_every_buyer",
        severity="critical",
        table="warehouse.marts.cohort_retention",
        sql=_COHORTS,
        reason="A cohort is not the buyers who first ordered in its month, at every age the same.",
        remedy="Compare cohort_retention and fct_orders for the month shown.",
    ),
]
