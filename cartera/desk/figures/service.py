"""Service: who complains, of what, and how much of the business they are."""

from __future__ import annotations

import pyarrow as pa

from cartera.desk.figures import Query

# What complaints can be split by; products are the ones with most complaints.
DIMENSIONS = ("rfm_segment", "abc_class", "value_tier", "category", "product")


def complaints(query: Query, dimension: str, limit: int = 15) -> pa.Table:
    """Complaints of the trailing year by member of ``dimension``, those of most weight first.

    Columns: member, name (of a product, with its id where several are called alike; else the
    member), complaints, complaints_share, orders, complaints_per_100_orders,
    settled_at_once_share, weight (what the complaining customers contributed), weight_share (of
    all complaints'). Of products at most ``limit``; who has no complaint is left out.
    """
    return query(
        """
        with told as (
            select *
            from warehouse.marts.complaints_by_segment
            where
                period_kind = 'trailing_year'
                and period_start = (
                    select max(period_start) from warehouse.marts.complaints_by_segment
                    where period_kind = 'trailing_year'
                )
        ),
        everything as (select complaints from told where dimension = 'ALL'),
        products as (
            select product_id, min(name) as name
            from warehouse.core.dim_products
            group by product_id
        )
        select
            told.member,
            coalesce(products.name, told.member)
            || case
                when count(*) over (partition by coalesce(products.name, told.member)) > 1
                    then ' (' || told.member || ')'
                else ''
            end as name,
            told.complaints,
            told.complaints / nullif(everything.complaints, 0) as complaints_share,
            told.orders,
            told.complaints_per_100_orders,
            told.settled_at_once_share,
            told.complaints_weight as weight,
            told.complaints_weight_share as weight_share
        from told
        cross join everything
        left join products on told.dimension = 'product' and told.member = products.product_id
        where told.dimension = $dimension and told.complaints > 0
        order by weight desc, told.complaints desc, told.member
        limit $most
        """,
        {"dimension": dimension, "most": limit},
    )


def topics(query: Query, period_kind: str) -> pa.Table:
    """What customers turn to us about, in the last period whose figures are complete.

    Columns: period_start, topic, complaints, cases, first_contact_resolution,
    first_contact_resolution_by_value, hours_to_resolve_median, contacting_customers,
    repeat_contact_rate; the topic with most contacts first.
    """
    return query(
        """
        with told as (
            select *
            from warehouse.marts.service_kpis
            where
                period_kind = $kind
                and settled_of is not null and contacting_customers is not null
        )
        select
            period_start, topic, complaints, cases, first_contact_resolution,
            first_contact_resolution_by_value, hours_to_resolve_median, contacting_customers,
            repeat_contact_rate
        from told
        where topic <> 'ALL' and period_start = (select max(period_start) from told)
        order by contacting_customers desc, cases desc, topic
        """,
        {"kind": period_kind},
    )
