"""One customer: who they are by the warehouse, what happened, what is against contacting them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from cartera.desk.figures import Query

# Kinds of events that are told together.
KINDS = {
    "purchases": ("order", "refund", "quote", "quote_decided"),
    "messages": ("message", "ad_click", "session"),
    "talks": ("call", "chat", "visit", "fair"),
    "service": ("case", "case_resolved", "survey"),
    "about_them": ("answer", "consent", "lead", "referral"),
}
# Touchpoints that a page shows at once, and by how many more it goes on.
MOST_EVENTS = 500
MOST_FOUND = 50


def by_id(query: Query, customer_id: str) -> pa.Table:
    """The row of ``customer_360`` of an id, or of whom an id of before became."""
    return query(
        """
        select customers.*
        from warehouse.marts.customer_360 customers
        left join warehouse.core.customer_merges merges
            on merges.old_customer_id = $id
        where customers.customer_id = coalesce(merges.current_customer_id, $id)
        """,
        {"id": customer_id},
    )


def best(query: Query, segment: str | None = None) -> pa.Table:
    """The customers who brought most, of a segment or of all.

    Columns: customer_id, rfm_segment, value_tier, lifecycle_stage, orders, net_revenue,
    last_order_date.
    """
    return query(
        """
        select
            customer_id, rfm_segment, value_tier, lifecycle_stage, orders, net_revenue,
            last_order_date
        from warehouse.marts.customer_360
        where not is_test and ($segment::varchar is null or rfm_segment = $segment)
        order by net_revenue desc nulls last, customer_id limit $most
        """,
        {"segment": segment, "most": MOST_FOUND},
    )


def events(query: Query, customer_id: str) -> dict[str, int]:
    """How many touchpoints of each kind a customer has."""
    found = query(
        """
        select kind, count(*) as events from warehouse.marts.customer_timeline
        where customer_id = $id group by kind
        """,
        {"id": customer_id},
    )
    return dict(zip(found["kind"].to_pylist(), found["events"].to_pylist(), strict=True))


def timeline(
    query: Query, customer_id: str, kinds: Sequence[str] | None = None, most: int = MOST_EVENTS
) -> pa.Table:
    """What happened between a customer and the company, of ``kinds`` or of all, the latest first.

    Columns: happened_at, kind, direction, channel, subject, outcome, amount; the last ``most``. A
    campaign is told by its name where it has one.
    """
    return query(
        """
        with named as (
            select campaign_id, any_value(name) as campaign from warehouse.core.dim_campaigns
            group by campaign_id having count(distinct name) = 1
        )
        select
            happened_at, kind, direction, channel, coalesce(campaign, subject) as subject,
            outcome, amount
        from warehouse.marts.customer_timeline
        left join named on named.campaign_id = subject
        where
            customer_id = $id
            and ($kinds::varchar[] is null or list_contains($kinds::varchar[], kind))
        order by happened_at desc, kind, event_key limit $most
        """,
        {"id": customer_id, "kinds": list(kinds) if kinds else None, "most": most},
    )


def alerts(query: Query, customer_id: str) -> pa.Table:
    """Why somebody should act; of complaints those that are open.

    Columns: kind, severity, decline_ratio, last_order_date, topic, opened_at, is_open, rescue_by,
    lost_at, valuable_until, and the revenue behind the ratio.
    """
    return query(
        """
        select
            kind, severity, alerts.decline_ratio, last_order_date, topic, opened_at, is_open,
            rescue_by, lost_at, valuable_until, revenue_recent, revenue_year_before, revenue_before
        from warehouse.marts.customer_alerts alerts
        left join warehouse.marts.customer_value using (customer_id)
        where customer_id = $id and (kind <> 'valuable_complainer' or is_open)
        order by kind, opened_at
        """,
        {"id": customer_id},
    )


def policy(query: Query, customer_id: str) -> pa.Table:
    """Per purpose: preferred_channel, best_hour, max_contacts_per_week, suppressed, reasons."""
    return query(
        """
        select
            purpose, preferred_channel, best_hour, max_contacts_per_week, suppressed,
            suppression_reasons
        from warehouse.marts.contact_policy where customer_id = $id order by purpose
        """,
        {"id": customer_id},
    )


def needs(query: Query, customer_id: str) -> pa.Table:
    """What they want: need, origin, observed_at; the primary one first."""
    return query(
        """
        select need, origin, observed_at from warehouse.marts.customer_needs
        where customer_id = $id order by is_primary desc, observed_at desc limit 5
        """,
        {"id": customer_id},
    )


def next_steps(query: Query, customer_id: str) -> pa.Table:
    """What to offer and what to ask: kind (offer or ask), what, why."""
    return query(
        """
        select 'offer' as kind, coalesce(products.name, product_id) as what, reason as why, rank
        from warehouse.marts.next_best_products offers
        left join (
            select product_id, any_value(name) as name from warehouse.core.dim_products
            group by product_id
        ) products using (product_id)
        where customer_id = $id and rank <= 2
        union all
        select 'ask', question, attribute, rank from warehouse.marts.next_questions
        where customer_id = $id
        order by kind desc, rank
        """,
        {"id": customer_id},
    )
