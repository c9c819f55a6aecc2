"""Campaigns: what they moved beyond their holdouts and on the days after, cost and brought."""

from __future__ import annotations

import pyarrow as pa

from cartera.desk.figures import Query

# The six models, from the simplest to the one that is fitted.
MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "markov")
ALL = "ALL"


def overview(query: Query) -> pa.Table:
    """One row per campaign, the last begun first: whom it reached, what it moved, cost and brought.

    Columns: campaign_key, campaign_id, campaign_name, channel, purpose, owner, target_segment,
    starts_at (UTC), targeted, held_out, delivered, open_rate, click_rate, impressions, ad_clicks,
    the lift of all variants (treated_rate, holdout_rate, abs_lift, ci_low, ci_high, is_significant,
    is_reliable, incremental_conversions), total_cost, media_cost, attributed_revenue,
    incremental_contribution, roas, roi, incremental_roi, off_target_rate, reactivated_customers.
    What does not apply is NULL: media without an address have no holdout and so no lift.
    """
    return query(
        """
        select
            campaigns.campaign_key,
            campaigns.campaign_id,
            coalesce(campaigns.name, campaigns.campaign_id) as campaign_name,
            campaigns.channel,
            campaigns.purpose,
            campaigns.owner,
            campaigns.target_segment,
            campaigns.starts_at,
            reached.targeted,
            reached.held_out,
            reached.delivered,
            reached.opened,
            reached.clicked,
            reached.redeemed,
            reached.bounced,
            reached.unsubscribed,
            reached.complained,
            reached.open_rate,
            reached.click_rate,
            reached.unsubscribe_rate,
            reached.impressions,
            reached.ad_clicks,
            lift.treated_rate,
            lift.holdout_rate,
            lift.abs_lift,
            lift.ci_low,
            lift.ci_high,
            lift.is_significant,
            lift.is_reliable,
            lift.incremental_conversions,
            roi.total_cost,
            roi.media_cost,
            roi.unknown_costs,
            roi.attributed_revenue,
            roi.attributed_contribution,
            roi.incremental_contribution,
            roi.roas,
            roi.roi,
            roi.incremental_roi,
            contacts.off_target_rate,
            contacts.reactivated_customers,
            contacts.reactivation_rate
        from warehouse.core.dim_campaigns as campaigns
        left join warehouse.marts.campaign_roi as roi
            on campaigns.campaign_key = roi.campaign_key
        left join warehouse.marts.campaign_performance as reached
            on
                campaigns.source_system = reached.source_system
                and campaigns.campaign_id = reached.campaign_id
                and reached.variant = 'ALL' and reached.step is null
        left join warehouse.marts.campaign_lift as lift
            on campaigns.campaign_id = lift.campaign_id and lift.variant = 'ALL'
        left join warehouse.marts.campaign_contacts as contacts
            on campaigns.campaign_key = contacts.campaign_key
        order by campaigns.starts_at desc nulls last, campaigns.campaign_key
        """
    )


def lifts(query: Query) -> pa.Table:
    """The lift of each campaign with its 95 % interval, the largest first.

    Columns: campaign_id, campaign_name, variant, treated, held_out, treated_conversions,
    holdout_conversions, treated_rate, holdout_rate, abs_lift, ci_low, ci_high (NULL where nobody
    ordered in either arm), rel_lift, incremental_conversions, is_significant, is_reliable.
    A campaign that held nobody out has no row.
    """
    return query(_LIFTS + " and lift.variant = 'ALL' order by abs_lift desc nulls last, 1")


def variant_lifts(query: Query, campaign_id: str) -> pa.Table:
    """The same by variant of one campaign, each against those held out from it."""
    return query(
        _LIFTS
        + " and lift.campaign_id = $campaign_id and lift.variant <> 'ALL' order by lift.variant",
        {"campaign_id": campaign_id},
    )


_LIFTS = """
    with names as (
        select campaign_id, min(name) as name from warehouse.core.dim_campaigns group by campaign_id
    )
    select
        lift.campaign_id,
        coalesce(names.name, lift.campaign_id) as campaign_name,
        lift.variant,
        lift.treated,
        lift.held_out,
        lift.treated_conversions,
        lift.holdout_conversions,
        lift.treated_rate,
        lift.holdout_rate,
        lift.abs_lift,
        lift.ci_low,
        lift.ci_high,
        lift.rel_lift,
        lift.incremental_conversions,
        lift.is_significant,
        lift.is_reliable
    from warehouse.marts.campaign_lift as lift
    left join names on lift.campaign_id = names.campaign_id
    where lift.held_out > 0"""


def pairs(query: Query, campaign_id: str) -> pa.Table:
    """Each variant of a campaign against each other: columns of ``marts.variant_lift``."""
    return query(
        """
        select
            variant, other_variant, customers, other_customers, rate, other_rate, abs_lift,
            ci_low, ci_high, is_significant, is_reliable
        from warehouse.marts.variant_lift
        where campaign_id = $campaign_id
        order by variant, other_variant
        """,
        {"campaign_id": campaign_id},
    )


def days_after(query: Query, campaign_key: str, campaign_id: str) -> pa.Table:
    """What happened on day 0, 1, 7 and 30, beside the holdout or the same weekdays before.

    Columns: day_after, measure (visits, leads, orders, net_revenue), value, compared (NULL without
    anything to compare with), compared_with, is_causal, customers, compared_customers.
    """
    return query(
        """
        select
            day_after,
            unnest(['visits', 'leads', 'orders', 'net_revenue']) as measure,
            unnest([visits, leads, orders, net_revenue::double]) as value,
            unnest(
                [compared_visits, compared_leads, compared_orders, compared_net_revenue]
            ) as compared,
            compared_with,
            is_causal,
            customers,
            compared_customers
        from warehouse.marts.campaign_day_after
        where
            campaign_key = $campaign_key
            or (campaign_key is null and campaign_id = $campaign_id)
        order by day_after, list_position(['visits', 'leads', 'orders', 'net_revenue'], measure)
        """,
        {"campaign_key": campaign_key, "campaign_id": campaign_id},
    )


def attribution(query: Query) -> pa.Table:
    """The revenue that each model credits to each channel, the channel of most revenue first.

    Columns: channel, model, orders (their credits summed), revenue (reporting currency), share (of
    the model's revenue). A channel that a model gives nothing has a row with 0.
    """
    return query(
        """
        with told as (
            select
                channel, model, sum(credit)::double as orders,
                coalesce(sum(revenue_credit), 0)::decimal(18, 2) as revenue
            from warehouse.marts.attribution_credits
            group by channel, model
        ),
        cells as (
            select channel, model
            from (select distinct channel from told), (select distinct model from told)
        )
        select
            cells.channel,
            cells.model,
            coalesce(told.orders, 0) as orders,
            coalesce(told.revenue, 0)::decimal(18, 2) as revenue,
            coalesce(told.revenue, 0)::double
                / nullif(sum(told.revenue) over (partition by cells.model), 0) as share
        from cells
        left join told on cells.channel = told.channel and cells.model = told.model
        order by
            sum(told.revenue) over (partition by cells.channel) desc nulls last, cells.channel,
            list_position($models::varchar[], cells.model)
        """,
        {"models": list(MODELS)},
    )


def returns(query: Query) -> pa.Table:
    """What campaigns cost and brought, those with a cost alone, by return on their contribution.

    Columns: campaign_key, campaign_name, media_cost, other_cost, total_cost, unknown_costs,
    attributed_revenue, attributed_contribution, incremental_contribution, roas, roi,
    incremental_roi; the last NULL without a holdout or while the days are not over.
    """
    return query(
        """
        select
            campaign_key, coalesce(campaign_name, campaign_id) as campaign_name, media_cost,
            other_cost, total_cost, unknown_costs, attributed_revenue, attributed_contribution,
            incremental_contribution, roas, roi, incremental_roi
        from warehouse.marts.campaign_roi
        where total_cost > 0
        order by incremental_roi desc nulls last, roi desc, campaign_key
        """
    )


def costs(query: Query) -> pa.Table:
    """What was spent on each campaign by type. Columns: campaign_name, cost_type, amount, total."""
    return query(
        """
        select
            coalesce(campaigns.name, costs.campaign_id, '(none)') as campaign_name,
            costs.cost_type,
            costs.amount,
            sum(costs.amount) over (
                partition by costs.campaign_key, costs.campaign_id
            )::decimal(18, 2) as total
        from warehouse.marts.campaign_cost_types as costs
        left join warehouse.core.dim_campaigns as campaigns
            on costs.campaign_key = campaigns.campaign_key
        where costs.amount <> 0
        order by total desc, campaign_name, costs.amount desc, costs.cost_type
        """
    )


def messages(query: Query, campaign_key: str) -> pa.Table:
    """What became of a campaign's messages: variants, and their steps where there are several.

    Counts are of customers. Columns: variant, step (NULL of a whole variant, ``ALL`` of all), sent,
    delivered, open_rate, click_rate, redeemed, bounced, unsubscribed, complained.
    """
    return query(
        """
        select
            reached.variant, reached.step, reached.sent, reached.delivered, reached.open_rate,
            reached.click_rate, reached.redeemed, reached.bounced, reached.unsubscribed,
            reached.complained
        from warehouse.marts.campaign_performance as reached
        inner join warehouse.core.dim_campaigns as campaigns
            on
                reached.source_system = campaigns.source_system
                and reached.campaign_id = campaigns.campaign_id
        where campaigns.campaign_key = $campaign_key and reached.sent > 0
        order by
            reached.step is not null, reached.variant <> 'ALL', reached.variant, reached.step
        """,
        {"campaign_key": campaign_key},
    )


def outcomes(query: Query, campaign_key: str) -> pa.Table:
    """What came of the contacts made from its lists. Columns: channel, outcome, contacts, share."""
    return query(
        """
        select channel, outcome, count(*) as contacts, count(*) / sum(count(*)) over () as share
        from warehouse.core.fct_contact_outcomes
        where campaign_key = $campaign_key
        group by channel, outcome
        order by contacts desc, channel, outcome
        """,
        {"campaign_key": campaign_key},
    )
