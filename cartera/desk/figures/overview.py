"""Where the company stands: revenue by month, objectives, and whom it loses."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from cartera.desk.figures import Query

# Whom to look for first, and the audience that lists them.
GROUPS = {
    "valuable_complainer": "valuable_complainers",
    "valuable_decliner": "valuable_decliners",
    "lost_valuable": "lost_valuable",
    "worst_candidate": "worst_candidates",
}


def pasts(query: Query, metrics: Sequence[str], months: int = 13) -> pa.Table:
    """The last complete months of each metric, the oldest first; a month without a value is NULL.

    Columns: metric, periods, values (lists of one length). A metric without any value has no row.
    """
    return query(
        """
        with months as (
            select distinct period_start from warehouse.marts.kpi_values
            where period_kind = 'month' and dimension = 'ALL'
            order by period_start desc limit $months
        ),
        known as (
            select metric, period_start, value from warehouse.marts.kpi_values
            where
                period_kind = 'month' and dimension = 'ALL'
                and list_contains($metrics::varchar[], metric)
        )
        select
            wanted.metric,
            list(period_start order by period_start) as periods,
            list(value order by period_start) as values
        from (select distinct metric from known where value is not null) wanted
        cross join months
        left join known using (metric, period_start)
        group by wanted.metric
        order by list_position($metrics::varchar[], wanted.metric)
        """,
        {"metrics": list(metrics), "months": months},
    )


def revenue(query: Query, months: int = 13) -> pa.Table:
    """Net revenue of the last complete months, and of the same month a year before.

    Columns: month, net_revenue, year_before (NULL where nothing was sold, or is known).
    """
    return query(
        """
        with told as (
            select period_start as month, value as net_revenue from warehouse.marts.kpi_values
            where metric = 'net_revenue' and period_kind = 'month' and dimension = 'ALL'
        )
        select now.month, now.net_revenue, nullif(before.net_revenue, 0) as year_before
        from told now
        left join told before on before.month = now.month - interval 1 year
        order by now.month desc limit $months
        """,
        {"months": months},
    )


def objectives(query: Query) -> pa.Table:
    """Every objective whose period is under way or was the last to end.

    Columns: metric, segment, direction, baseline, target, actual, line_value (where the straight
    line from baseline to target is at ``as_of``), is_reached, is_on_track, period_end; what is
    behind comes first.
    """
    return query(
        """
        select
            metric, segment, direction, baseline, target, actual, line_value,
            is_reached, is_on_track, period_end
        from warehouse.marts.kpi_objectives, warehouse.meta.publication
        where period_end >= least(
            as_of, (select max(period_end) from warehouse.marts.kpi_objectives)
        )
        order by is_reached nulls first, is_on_track nulls first, metric, segment
        """
    )


def groups(query: Query) -> pa.Table:
    """Of each of the four groups: customers, and what they brought in all.

    Columns: kind (of GROUPS), customers, urgent (NULL where there is no such thing), net_revenue,
    contribution.
    """
    return query(
        """
        with told as (
            select
                kind, customer_id,
                bool_or(
                    case kind
                        when 'valuable_decliner' then severity = 'critical'
                        when 'valuable_complainer' then is_open
                    end
                ) as is_urgent
            from warehouse.marts.customer_alerts group by all
            union all
            select 'worst_candidate', customer_id, null
            from warehouse.marts.customer_360 where is_worst_candidate
        )
        select
            kind, count(*) as customers, count_if(is_urgent) as urgent,
            sum(net_revenue) as net_revenue, sum(contribution) as contribution
        from told join warehouse.marts.customer_360 using (customer_id)
        group by kind order by list_position($kinds::varchar[], kind)
        """,
        {"kinds": list(GROUPS)},
    )
