"""Segments: how large each is today, how they grew, and who went from where to where."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from cartera.desk.figures import Query
from expectations.suites.marts import RFM_SEGMENTS

# The schemes in the order in which they are offered, their segments in the order in which they are
# shown: from those to keep to those that are lost, and along the way that a customer goes.
SCHEMES: dict[str, tuple[str, ...]] = {
    "rfm_segment": RFM_SEGMENTS,
    "abc_class": ("A", "B", "C"),
    "value_tier": ("MVC", "MGC", "Other", "BZ"),
    "lifecycle_stage": ("lead", "prospect", "new", "active", "at_risk", "won_back", "lapsed"),
    "relationship_stage": ("unreachable", "contact", "relate", "engage", "trust"),
}
# Of stages no history is kept.
WITH_HISTORY = ("rfm_segment", "abc_class", "value_tier")
# Where somebody without a segment stands, and where somebody came from who had none before.
NOBODY = "(none)"
NEW = "(new)"

# Which column a bound name means: a name of a column cannot be bound itself.
_OF_TODAY = """
    case $scheme
        when 'rfm_segment' then rfm_segment
        when 'abc_class' then abc_class
        when 'value_tier' then value_tier
        when 'lifecycle_stage' then lifecycle_stage
        when 'relationship_stage' then relationship_stage
    end"""
_OF_THE_PAST = """
    case $scheme
        when 'rfm_segment' then rfm_segment
        when 'abc_class' then abc_class
        when 'value_tier' then value_tier
    end"""


def sizes(query: Query, scheme: str) -> pa.Table:
    """Customers and what they brought in the trailing year, by segment, in the scheme's order.

    Columns: segment (``(none)`` for who never ordered), customers, customers_share, contribution
    (reporting currency), contribution_share (of the sum over all, NULL unless that is positive),
    clv (sum of net revenue expected, NULL without a fit).
    """
    return query(
        f"""
        with told as (
            select coalesce({_OF_TODAY}, '(none)') as segment, contribution, clv
            from warehouse.marts.customer_360
        )
        select
            segment,
            count(*) as customers,
            count(*) / sum(count(*)) over () as customers_share,
            coalesce(sum(contribution), 0) as contribution,
            case when sum(sum(contribution)) over () > 0
                then coalesce(sum(contribution), 0)::double / sum(sum(contribution)) over ()
            end as contribution_share,
            sum(clv) as clv
        from told
        group by segment
        order by list_position($places::varchar[], segment) nulls last, segment
        """,
        {"scheme": scheme, "places": list(SCHEMES[scheme])},
    )


def month_ends(query: Query) -> list[date]:
    """The month ends of which segments are known, the last one first."""
    found = query(
        "select distinct month_end from warehouse.marts.segment_history order by month_end desc"
    )
    ends: list[date] = found["month_end"].to_pylist()
    return ends


def history(query: Query, scheme: str) -> pa.Table:
    """Customers of each segment at each month end. Columns: month_end, segment, customers."""
    return query(
        f"""
        with told as (
            select month_end, {_OF_THE_PAST} as segment from warehouse.marts.segment_history
        )
        select month_end, segment, count(*) as customers
        from told
        where segment is not null
        group by month_end, segment
        order by month_end, list_position($places::varchar[], segment), segment
        """,
        {"scheme": scheme, "places": list(SCHEMES[scheme])},
    )


def flows(query: Query, scheme: str, first: date, last: date) -> pa.Table:
    """Who was where at ``first`` and is where at ``last``, both month ends of the history.

    Whose first order lies between the two comes from ``(new)``. Columns: from_segment, to_segment,
    customers, is_move, share_of_from. Of two months in a row it is ``marts.segment_migrations``.
    """
    return query(
        f"""
        with before as (
            select customer_id, {_OF_THE_PAST} as segment
            from warehouse.marts.segment_history where month_end = $first
        ),
        since as (
            select customer_id, {_OF_THE_PAST} as segment
            from warehouse.marts.segment_history where month_end = $last
        )
        select
            coalesce(before.segment, '(new)') as from_segment,
            since.segment as to_segment,
            count(*) as customers,
            from_segment <> to_segment as is_move,
            count(*) / sum(count(*)) over (partition by from_segment) as share_of_from
        from since
        left join before on since.customer_id = before.customer_id
        where since.segment is not null
        group by from_segment, to_segment
        order by
            list_position($places::varchar[], from_segment) nulls last,
            list_position($places::varchar[], to_segment) nulls last
        """,
        {"scheme": scheme, "first": first, "last": last, "places": list(SCHEMES[scheme])},
    )


def effort(query: Query) -> pa.Table:
    """What is spent on each ABC class beside what it brings: what C costs that A lacks.

    Columns as in ``marts.effort_by_class``; shares are of all customers.
    """
    return query(
        """
        select
            abc_class, customers, contacts, contact_cost, case_hours, service_cost, contribution,
            customers_share, contacts_share, contact_cost_share, case_hours_share,
            contribution_share
        from warehouse.marts.effort_by_class
        order by abc_class = '(none)', abc_class
        """
    )
