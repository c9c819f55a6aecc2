"""Metrics of the registry, read from ``marts.kpi_values``."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from cartera.desk.figures import Query


def latest(query: Query, metrics: Sequence[str], period_kinds: Sequence[str]) -> pa.Table:
    """The last known value of each metric over all customers, and the one before it.

    Of ``period_kinds`` the first that has a value counts: what waits for days to pass has none for
    the trailing periods. Columns: metric, period_kind, period_start, value, value_before (of the
    period just before; NULL where there is none or its value is not known), numerator,
    denominator; a metric without any value has no row.
    """
    return query(
        """
        with told as (
            select
                metric, period_kind, period_start, value, numerator, denominator,
                list_position($kinds::varchar[], period_kind) as preference
            from warehouse.marts.kpi_values
            where dimension = 'ALL' and list_contains($metrics::varchar[], metric)
        )
        select
            told.metric, told.period_kind, told.period_start, told.value,
            before.value as value_before, told.numerator, told.denominator
        from told
        left join told as before
            on told.metric = before.metric and told.period_kind = before.period_kind
            and before.period_start = told.period_start - case told.period_kind
                when 'month' then interval 1 month
                when 'quarter' then interval 3 months
                when 'year' then interval 1 year
            end
        where told.value is not null and told.preference is not null
        qualify row_number() over (
            partition by told.metric order by told.preference, told.period_start desc
        ) = 1
        order by told.metric
        """,
        {"kinds": list(period_kinds), "metrics": list(metrics)},
    )


def series(query: Query, metrics: Sequence[str], period_kind: str) -> pa.Table:
    """Each metric over all customers, period by period; those without a value are left out.

    Columns: metric, period_start, value, numerator, denominator.
    """
    return query(
        """
        select metric, period_start, value, numerator, denominator
        from warehouse.marts.kpi_values
        where
            dimension = 'ALL' and period_kind = $kind and value is not null
            and list_contains($metrics::varchar[], metric)
        order by metric, period_start
        """,
        {"kind": period_kind, "metrics": list(metrics)},
    )


def by_member(query: Query, metric: str, period_kind: str, dimension: str) -> pa.Table:
    """A metric by the members of a dimension, in the last period that has any.

    Columns: period_start, member, value, numerator, denominator; the largest denominator first.
    """
    return query(
        """
        with told as (
            select period_start, member, value, numerator, denominator
            from warehouse.marts.kpi_values
            where
                metric = $metric and period_kind = $kind and dimension = $dimension
                and value is not null
        )
        select * from told
        where period_start = (select max(period_start) from told)
        order by coalesce(denominator, numerator) desc, member
        """,
        {"metric": metric, "kind": period_kind, "dimension": dimension},
    )
