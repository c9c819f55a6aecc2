"""Retention: who buys again, what each cohort keeps, and what is expected of the buyers."""

from __future__ import annotations

import pyarrow as pa

from cartera.desk.figures import Query

BINS = 24
# Steps that people count in: 1, 2 and 5 times a power of ten.
_STEPS = (1.0, 2.0, 5.0, 10.0)


def cohorts(query: Query, months: int = 24) -> pa.Table:
    """How many of each cohort are left after k months, of the last ``months`` cohorts.

    Columns: cohort_month, period (calendar months since, from 0), cohort_size, active_customers,
    retention_rate. A month that is not over has no row.
    """
    return query(
        """
        select cohort_month, period, cohort_size, active_customers, retention_rate
        from warehouse.marts.cohort_retention
        qualify dense_rank() over (order by cohort_month desc) <= $months
        order by cohort_month, period
        """,
        {"months": months},
    )


def buyers(query: Query, period_kind: str) -> pa.Table:
    """Of the buyers of the period before, who bought again and who did not, period by period.

    Columns: period_start, start_buyers, retained_buyers, lost_buyers, new_buyers, end_buyers,
    retention_rate, churn_rate. Periods before which nobody bought are left out.
    """
    return query(
        """
        select
            period_start, start_buyers, retained_buyers, lost_buyers, new_buyers, end_buyers,
            retention_rate, churn_rate
        from warehouse.marts.retention
        where period_kind = $kind and dimension = 'ALL' and start_buyers > 0
        order by period_start
        """,
        {"kind": period_kind},
    )


def fits(query: Query) -> pa.Table:
    """How far the models behind the predictions can be trusted: as in ``marts.clv_fits``."""
    return query(
        """
        select model, status, reason, customers, log_likelihood, parameters, standard_errors, as_of
        from warehouse.marts.clv_fits
        order by list_position(['bg_nbd', 'pareto_nbd', 'gamma_gamma'], model), model
        """
    )


def clv(query: Query) -> pa.Table:
    """The customer lifetime values that are known, in one row.

    Columns: customers, total, mean, median, top_decile_share (of the total, held by the best tenth
    of customers, rounded up), reach (what 98 in 100 do not exceed). All
    NULL but ``customers`` = 0 where no fit scored anybody.
    """
    return query(
        """
        with ranked as (
            select clv, row_number() over (order by clv desc) as place, count(*) over () as n
            from warehouse.marts.customer_clv
            where clv is not null
        )
        select
            count(*) as customers,
            sum(clv) as total,
            avg(clv) as mean,
            median(clv)::double as median,
            sum(clv) filter (place <= ceil(n * 0.1))::double / nullif(sum(clv), 0)
                as top_decile_share,
            quantile_cont(clv::double, 0.98) as reach
        from ranked
        """
    )


def clv_distribution(query: Query) -> pa.Table:
    """Customers by lifetime value, in bins as wide as people count; the last bin has all beyond.

    Columns: low, high (NULL of the last), customers. The width is such that 98 in 100
    customers are in the bins before the last.
    """
    (told,) = clv(query).to_pylist()
    width = bin_width(told["reach"] or 0.0)
    return query(
        """
        with binned as (
            select least(floor(clv::double / $width), $bins)::int as bin
            from warehouse.marts.customer_clv
            where clv is not null
        )
        select
            bins.bin * $width as low,
            case when bins.bin < $bins then (bins.bin + 1) * $width end as high,
            count(binned.bin) as customers
        from range($bins::int + 1) as bins(bin)
        left join binned on bins.bin = binned.bin
        where exists (select 1 from binned)
        group by bins.bin
        order by bins.bin
        """,
        {"width": width, "bins": BINS},
    )


def bin_width(reach: float, bins: int = BINS) -> float:
    """The least of 1, 2 and 5 times a power of ten of which ``bins`` come as far as ``reach``."""
    power = 1.0
    while power * _STEPS[-1] * bins < reach:
        power *= 10
    return next(power * step for step in _STEPS if power * step * bins >= reach)


def churn_distribution(query: Query) -> pa.Table:
    """Customers by the risk of no order in the horizon, in tenths: low, high, customers."""
    return query(
        """
        with binned as (
            select least(floor(churn_risk * 10), 9)::int as bin
            from warehouse.marts.customer_clv
            where churn_risk is not null
        )
        select bins.bin / 10 as low, (bins.bin + 1) / 10 as high, count(binned.bin) as customers
        from range(10) as bins(bin)
        left join binned on bins.bin = binned.bin
        where exists (select 1 from binned)
        group by bins.bin
        order by bins.bin
        """
    )
