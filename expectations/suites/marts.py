"""The marts say what core says: scores and rates in range, revenue the same at every level."""

from __future__ import annotations

from expectations.result import Severity
from expectations.rules import Catalog, Rule, no_rows
from expectations.suites import history, holdouts

RFM_SEGMENTS: tuple[str, ...] = (
    "Champions",
    "Loyal",
    "Potential Loyalist",
    "New Customers",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Cannot Lose Them",
    "Hibernating",
    "Lost",
)

_RFM = "warehouse.marts.customer_rfm"
_CUSTOMERS = "warehouse.marts.customer_360"
_CAMPAIGNS = "warehouse.marts.campaign_performance"
_DAILY = "warehouse.marts.kpi_daily"
_MONTHLY = "warehouse.marts.kpi_monthly"

# Measures that add up over days and channels; buyers do not.
_ADDITIVE = (
    "orders",
    "identified_orders",
    "new_buyers",
    "gross_revenue",
    "discount",
    "revenue_by_order_date",
    "refunds_booked",
)


def _score(letter: str) -> Rule:
    return Rule(
        name=f"rfm_{letter}_score_in_range",
        severity="critical",
        table=_RFM,
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": f"{letter}_score", "min_value": 1, "max_value": 5},
        reason=f"An {letter.upper()} score lies outside 1 to 5, so its segment means nothing.",
        remedy="Check the ranking in customer_rfm.",
    )


def _recency(mart: str) -> Rule:
    return Rule(
        name=f"{mart}_recency_positive",
        severity="critical",
        table=f"warehouse.marts.{mart}",
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": "recency_days", "min_value": 1},
        reason=f"{mart} knows an order on or after as_of: data of the future came in.",
        remedy="Check the build's --as-of and the time zone of the customer's last order.",
    )


def _at_most(part: str, whole: str, severity: Severity = "warning") -> Rule:
    return Rule(
        name=f"campaign_{part}_within_{whole}",
        severity=severity,
        table=_CAMPAIGNS,
        expectation="ExpectColumnPairValuesAToBeGreaterThanB",
        arguments={
            "column_A": whole,
            "column_B": part,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        reason=f"A campaign has more customers {part} than {whole}; its rates cannot be right.",
        remedy=f"The export of '{whole}' events is most likely incomplete: ingest it again.",
    )


def _rates_out_of_range(catalog: Catalog) -> str:
    rates = [column for column in catalog.tables[_CAMPAIGNS] if column.endswith("_rate")]
    one_by_one = " union all ".join(
        f"select campaign_id, source_system, variant, step, '{rate}' as rate, {rate} as value "
        f"from {_CAMPAIGNS} where not {rate} between 0 and 1"
        for rate in rates
    )
    return f"select * from ({one_by_one}) order by all"


def _adds_up(coarse: str, coarse_key: str, fine: str, fine_key: str, only: str = "true") -> str:
    """Rows of ``coarse`` whose additive measures are not the sum of ``fine``'s."""
    sums = ", ".join(f"sum({measure}) as {measure}" for measure in _ADDITIVE)
    differ = " or ".join(
        f"coalesce(coarse.{m}, 0) is distinct from coalesce(fine.{m}, 0)" for m in _ADDITIVE
    )
    return f"""
        with coarse as (
            select {coarse_key} as period, {{channel}} as channel, {sums}
            from {coarse} where {{coarse_rows}} group by 1, 2
        ),
        fine as (
            select {fine_key} as period, {{channel}} as channel, {sums}
            from {fine} where {only} group by 1, 2
        )
        select period, channel
        from coarse full join fine using (period, channel)
        where {differ}
        order by period, channel
    """


_CHANNELS_ADD_UP = _adds_up(_DAILY, "date", _DAILY, "date", "channel <> 'ALL'").format(
    channel="'ALL'", coarse_rows="channel = 'ALL'"
)
_MONTHS_ADD_UP = _adds_up(
    _MONTHLY, "cast(month as date)", _DAILY, "cast(date_trunc('month', date) as date)"
).format(channel="channel", coarse_rows="true")

RULES: list[Rule] = [
    Rule(
        name="rfm_unique",
        severity="critical",
        table=_RFM,
        expectation="ExpectColumnValuesToBeUnique",
        arguments={"column": "customer_id"},
        reason="A customer stands in customer_rfm more than once.",
        remedy="Look for a join in customer_rfm that repeats the customer shown.",
    ),
    _score("r"),
    _score("f"),
    _score("m"),
    no_rows(
        "rfm_complete",
        severity="critical",
        table=_RFM,
        sql=f"""
            select customer_id, rfm_segment
            from {_RFM}
            where rfm_segment is null
                or (rfm_segment <> 'Lost' and (r_score + f_score + m_score) is null)
            order by customer_id
        """,
        reason="A buyer has no segment, or no scores behind it.",
        remedy="Check that the seed rfm_segments maps all 125 cells.",
    ),
    Rule(
        name="rfm_segment_known",
        severity="critical",
        table=_RFM,
        expectation="ExpectColumnValuesToBeInSet",
        arguments={"column": "rfm_segment", "value_set": list(RFM_SEGMENTS)},
        reason="A segment is none of the eleven names that audiences use.",
        remedy="Check the spelling in the seed rfm_segments.",
    ),
    Rule(
        name="customer_360_segment_known",
        severity="critical",
        table=_CUSTOMERS,
        expectation="ExpectColumnValuesToMatchRegex",
        arguments={"column": "rfm_segment", "regex": f"^({'|'.join(RFM_SEGMENTS)})$"},
        reason="customer_360 shows a segment that is none of the eleven names.",
        remedy="Check where customer_360 takes rfm_segment from.",
    ),
    no_rows(
        "customer_360_carries_rfm",
        severity="critical",
        table=_CUSTOMERS,
        sql=f"""
            select rfm.customer_id
            from {_RFM} as rfm
            left join {_CUSTOMERS} as customers using (customer_id)
            where customers.customer_id is null
            order by rfm.customer_id
        """,
        reason="customer_rfm scores a customer that customer_360 does not have.",
        remedy="customer_rfm and customer_360 were made from different cores: build again.",
    ),
    no_rows(
        "rfm_covers_every_buyer",
        severity="critical",
        table=_RFM,
        sql=f"""
            select bought.customer_id
            from (
                select distinct customer_id
                from warehouse.core.fct_orders
                where customer_id is not null and not is_fully_refunded
            ) as bought
            anti join {_RFM} using (customer_id)
            order by bought.customer_id
        """,
        reason="A customer has orders and no segment.",
        remedy="Look for a filter in customer_rfm or int_value_rfm that drops the buyer shown.",
    ),
    _recency("customer_360"),
    _recency("customer_rfm"),
    no_rows(
        "customer_revenue_equals_orders",
        severity="critical",
        table=_CUSTOMERS,
        sql=f"""
            with ordered as (
                select customer_id, sum(net_revenue) as net_revenue
                from warehouse.core.fct_orders
                where customer_id is not null and not is_fully_refunded
                group by customer_id
            ),
            shown as (
                select customer_id, sum(net_revenue) as net_revenue
                from {_CUSTOMERS}
                group by customer_id
            )
            select
                customer_id,
                shown.net_revenue as shown,
                ordered.net_revenue as ordered
            from shown full join ordered using (customer_id)
            where coalesce(shown.net_revenue, 0) is distinct from coalesce(ordered.net_revenue, 0)
            order by customer_id
        """,
        reason="What customers spent by customer_360 is not what their orders add up to.",
        remedy="Look for a filter or a join in customer_360 that loses or repeats orders.",
    ),
    no_rows(
        "daily_revenue_equals_orders",
        severity="critical",
        table=_DAILY,
        sql=f"""
            with ordered as (
                select
                    order_date as date,
                    sum(revenue) as revenue,
                    sum(gross_revenue) as gross_revenue,
                    sum(discount) as discount
                from warehouse.core.fct_orders
                group by order_date
            ),
            shown as (
                select
                    date,
                    sum(revenue_by_order_date) as revenue,
                    sum(gross_revenue) as gross_revenue,
                    sum(discount) as discount
                from {_DAILY}
                where channel = 'ALL'
                group by date
            )
            select date, shown.revenue as shown, ordered.revenue as ordered
            from shown full join ordered using (date)
            where coalesce(shown.revenue, 0) is distinct from coalesce(ordered.revenue, 0)
                or coalesce(shown.gross_revenue, 0)
                    is distinct from coalesce(ordered.gross_revenue, 0)
                or coalesce(shown.discount, 0) is distinct from coalesce(ordered.discount, 0)
            order by date
        """,
        reason="A day's revenue in kpi_daily is not the sum of that day's orders.",
        remedy="Look for a filter or a join in kpi_daily that loses or repeats orders.",
    ),
    no_rows(
        "daily_orders_equal_orders",
        severity="critical",
        table=_DAILY,
        sql=f"""
            with ordered as (
                select
                    order_date as date,
                    count(*) as orders,
                    count(customer_id) as identified_orders,
                    count(distinct customer_id) as buyers
                from warehouse.core.fct_orders
                where not is_fully_refunded
                group by order_date
            )
            select date, shown.orders as shown, ordered.orders as ordered
            from (from {_DAILY} where channel = 'ALL') as shown
            full join ordered using (date)
            where coalesce(shown.orders, 0) <> coalesce(ordered.orders, 0)
                or coalesce(shown.identified_orders, 0) <> coalesce(ordered.identified_orders, 0)
                or coalesce(shown.buyers, 0) <> coalesce(ordered.buyers, 0)
            order by date
        """,
        reason="A day's orders or buyers in kpi_daily are not those of that day's orders.",
        remedy="Look for a filter or a join in kpi_daily that loses or repeats orders.",
    ),
    no_rows(
        "new_buyers_once",
        severity="critical",
        table=_DAILY,
        sql=f"""
            with shown as (
                select sum(new_buyers) as new_buyers from {_DAILY} where channel = 'ALL'
            ),
            ordered as (
                select count(distinct customer_id) as buyers
                from warehouse.core.fct_orders
                where not is_fully_refunded
            )
            select shown.new_buyers, ordered.buyers
            from shown, ordered
            where coalesce(shown.new_buyers, 0) <> ordered.buyers
        """,
        reason="The new buyers of all days are not all buyers: each is new on just one day.",
        remedy="Look for what sales_kpis takes for a buyer's first order.",
    ),
    no_rows(
        "daily_refunds_equal_refunds",
        severity="critical",
        table=_DAILY,
        sql=f"""
            with booked as (
                select refund_date as date, sum(amount) as amount
                from warehouse.core.fct_refunds
                group by refund_date
            ),
            shown as (
                select date, sum(refunds_booked) as amount
                from {_DAILY}
                where channel = 'ALL'
                group by date
            )
            select date, shown.amount as shown, booked.amount as booked
            from shown full join booked using (date)
            where coalesce(shown.amount, 0) is distinct from coalesce(booked.amount, 0)
            order by date
        """,
        reason="A day's refunds in kpi_daily are not the sum of that day's refunds.",
        remedy="Look for a filter or a join in kpi_daily that loses or repeats refunds.",
    ),
    no_rows(
        "daily_channels_add_up",
        severity="critical",
        table=_DAILY,
        sql=_CHANNELS_ADD_UP,
        reason="A day's row for ALL channels in kpi_daily is not the sum of its channels.",
        remedy="Look for a channel that kpi_daily leaves out of ALL, or counts twice.",
    ),
    no_rows(
        "months_equal_days",
        severity="critical",
        table=_MONTHLY,
        sql=_MONTHS_ADD_UP,
        reason="A month in kpi_monthly is not the sum of its days in kpi_daily.",
        remedy="Compare the two for the month shown; one of them cuts periods differently.",
    ),
    no_rows(
        "campaign_rates_in_range",
        severity="critical",
        table=_CAMPAIGNS,
        sql=_rates_out_of_range,
        reason="A campaign has a rate below 0 or above 1.",
        remedy="Compare its counts: more answers than deliveries mean a delivery export is "
        "incomplete.",
    ),
    _at_most("delivered", "sent"),
    _at_most("opened", "delivered"),
    _at_most("clicked", "delivered"),
    *holdouts.RULES,
    *history.RULES,
]
