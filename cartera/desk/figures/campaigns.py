"""Campaigns: what they moved beyond their holdouts and on the days after, cost and brought."""

from __future__ import annotations

import pyarrow as pa

from cartera.desk.figures import Query

# The six models, from the simplest to the one that is fitted.
MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "markov")
ALL = "ALL"
# Of more campaigns and channels than these a picture is not read: those begun last are shown, and
# the channels of least revenue are one.
CAMPAIGNS, CHANNELS = 30, 15
OTHERS = "(others)"


# Every campaign that somebody described, by its name, and by its id as well where several are
# called alike; ``place`` is 1 of the one begun last.
_NAMED = """
    named as (
        select
            campaign_key,
            campaign_id,
            coalesce(name, campaign_id)
            || case
                when count(*) over (partition by coalesce(name, campaign_id)) > 1
                    then ' (' || campaign_id || ')'
                else ''
            end as campaign_name,
            row_number() over (order by starts_at desc nulls last, campaign_key) as place
        from warehouse.core.dim_campaigns
    )"""


def overview(query: Query) -> pa.Table:
    """One row per campaign, the one begun last first: what it is, whom it reached, what it moved.

    Columns: campaign_key, campaign_id, campaign_name, channel, purpose, owner, target_segment,
    starts_at (UTC), targeted, held_out, delivered, open_rate, click_rate, impressions, ad_clicks,
    abs_lift and incremental_conversions (of all variants), total_cost. What does not apply is NULL:
    media without an address have no holdout and so no lift.
    """
    return query(
        f"""
        with {_NAMED}
        select
            campaigns.campaign_key,
            campaigns.campaign_id,
            named.campaign_name,
            campaigns.channel,
            campaigns.purpose,
            campaigns.owner,
            campaigns.target_segment,
            campaigns.starts_at,
            reached.targeted,
            reached.held_out,
            reached.delivered,
            reached.open_rate,
            reached.click_rate,
            reached.impressions,
            reached.ad_clicks,
            lift.abs_lift,
            lift.incremental_conversions,
            roi.total_cost
        from warehouse.core.dim_campaigns as campaigns
        inner join named on campaigns.campaign_key = named.campaign_key
        left join warehouse.marts.campaign_roi as roi
            on campaigns.campaign_key = roi.campaign_key
        left join warehouse.marts.campaign_performance as reached
            on
                campaigns.source_system = reached.source_system
                and campaigns.campaign_id = reached.campaign_id
                and reached.variant = 'ALL' and reached.step is null
        left join warehouse.marts.campaign_lift as lift
            on campaigns.campaign_id = lift.campaign_id and lift.variant = 'ALL'
        order by named.place
        """
    )


def lifts(query: Query) -> pa.Table:
    """The lift of the campaigns begun last with its 95 % interval, the largest first.

    Columns: campaign_id, campaign_name, variant, treated, held_out, treated_conversions,
    holdout_conversions, treated_rate, holdout_rate, abs_lift, ci_low, ci_high (NULL where nobody
    ordered in either arm), rel_lift, incremental_conversions, is_significant, is_reliable.
    A campaign that held nobody out has no row.
    """
    return query(
        f"""
        {_LIFTS} and lift.variant = 'ALL' and coalesce(described.place, 0) <= $most
        order by lift.abs_lift desc nulls last, lift.campaign_id
        """,
        {"most": CAMPAIGNS},
    )


def variant_lifts(query: Query, campaign_id: str) -> pa.Table:
    """The same by variant of one campaign, each against those held out from it."""
    return query(
        f"""
        {_LIFTS} and lift.variant <> 'ALL' and lift.campaign_id = $campaign_id
        order by lift.variant
        """,
        {"campaign_id": campaign_id},
    )


# Pulls name a campaign by its id alone, whatever its system.
_LIFTS = f"""
    with {_NAMED},
    described as (
        select campaign_id, min(campaign_name) as campaign_name, min(place) as place
        from named
        group by campaign_id
    )
    select
        lift.campaign_id,
        coalesce(described.campaign_name, lift.campaign_id) as campaign_name,
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
    left join described on lift.campaign_id = described.campaign_id
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

    A campaign that has both, of its list and of its media, is told by its holdout, which alone is
    causal.

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
        qualify compared_with = any_value(
            compared_with order by compared_with = 'holdout' desc, compared_with
        ) over ()
        order by day_after, list_position(['visits', 'leads', 'orders', 'net_revenue'], measure)
        """,
        {"campaign_key": campaign_key, "campaign_id": campaign_id},
    )


def attribution(query: Query) -> pa.Table:
    """The revenue that each model credits to each channel, the channel of most revenue first.

    Columns: channel, model, orders (their credits summed), revenue (reporting currency), share (of
    the model's revenue). A channel that a model gives nothing has a row with 0; those beyond the
    CHANNELS of most revenue are ``(others)``, and the last.
    """
    return query(
        """
        with channels as (
            select
                channel, sum(revenue_credit) as revenue,
                row_number() over (
                    order by sum(revenue_credit) desc nulls last, channel
                ) as place
            from warehouse.marts.attribution_credits
            group by channel
        ),
        told as (
            select
                case when channels.place <= $most then credits.channel else '(others)' end
                    as channel,
                least(channels.place, $most + 1) as place,
                credits.model,
                sum(credits.credit)::double as orders,
                coalesce(sum(credits.revenue_credit), 0)::decimal(18, 2) as revenue
            from warehouse.marts.attribution_credits as credits
            inner join channels on credits.channel = channels.channel
            group by all
        ),
        cells as (
            select channel, place, model
            from (select distinct channel, place from told), (select distinct model from told)
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
        order by cells.place, list_position($models::varchar[], cells.model)
        """,
        {"models": list(MODELS), "most": CHANNELS},
    )


def returns(query: Query) -> pa.Table:
    """What the campaigns begun last cost and brought, by return; those without a cost have none.

    Columns: campaign_key, campaign_name, media_cost, other_cost, total_cost, unknown_costs,
    attributed_revenue, attributed_contribution, incremental_contribution, roas, roi,
    incremental_roi; the last NULL without a holdout or while the days are not over.
    """
    return query(
        f"""
        with {_NAMED}
        select
            roi.campaign_key, named.campaign_name, roi.media_cost, roi.other_cost, roi.total_cost,
            roi.unknown_costs, roi.attributed_revenue, roi.attributed_contribution,
            roi.incremental_contribution, roi.roas, roi.roi, roi.incremental_roi
        from warehouse.marts.campaign_roi as roi
        inner join named on roi.campaign_key = named.campaign_key
        where roi.total_cost > 0 and named.place <= $most
        order by roi.incremental_roi desc nulls last, roi.roi desc, roi.campaign_key
        """,
        {"most": CAMPAIGNS},
    )


def costs(query: Query) -> pa.Table:
    """What was spent by type on the campaigns of most cost.

    Columns: campaign_name, cost_type, amount, total (of the campaign). A campaign that nobody
    described is called by its id.
    """
    return query(
        f"""
        with {_NAMED},
        told as (
            select
                coalesce(named.campaign_name, costs.campaign_id, '(none)') as campaign_name,
                costs.cost_type,
                costs.amount,
                coalesce(costs.campaign_key, costs.campaign_id, '') as campaign,
                sum(costs.amount) over (
                    partition by costs.campaign_key, costs.campaign_id
                )::decimal(18, 2) as total
            from warehouse.marts.campaign_cost_types as costs
            left join named on costs.campaign_key = named.campaign_key
            where costs.amount <> 0
        )
        select campaign_name, cost_type, amount, total
        from told
        qualify dense_rank() over (order by total desc, campaign) <= $most
        order by total desc, campaign, amount desc, cost_type
        """,
        {"most": CAMPAIGNS},
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
