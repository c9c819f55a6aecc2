"""What a briefing tells, read from one publication and the one that it was built on.

The warehouses alone are read, and of them sums: no customer stands in a briefing, not even by id,
because it is sent by mail. Nothing but the two files plays a part, so a publication has one
briefing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from cartera import publications
from cartera.comparing import Comparison, compare
from cartera.duck import attach, connect
from cartera.errors import CarteraError
from cartera.publications import Publication
from cartera.settings import Settings

# Months of each figure: the last complete one, and a year before it.
MONTHS = 13
# A campaign that ended longer ago is told no more; one needs 30 days until its lift is known.
CAMPAIGN_DAYS = 90
FIGURES = (
    "net_revenue",
    "contribution",
    "orders",
    "average_order_value",
    "buyers",
    "new_buyers",
    "retention_rate",
    "complaints_per_100_orders",
)
# A rule that did not hold; what was only for information is not told.
BAD = ("failed", "error", "accepted")
Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A metric of the company as a whole, by complete month, oldest first; NULL is None."""

    metric: str
    months: tuple[tuple[date, float | None], ...]


@dataclass(frozen=True)
class Facts:
    """All that a page shows. ``base`` is None for a first publication or one whose base is gone.

    ``figures`` have up to ``MONTHS`` months each. Rows of ``alerts``: kind, customers, critical,
    net_revenue of all time, added and gone (against the base), and of complaints waiting (no
    action yet), late (none in time, and open), next_deadline. Rows of ``objectives`` are those of
    ``kpi_objectives``; of ``campaigns`` those that ended of late, with lift and return; of
    ``segments`` segment, customers, before. ``rules`` did not hold, ``held`` are batches that
    wait for somebody, ``sources`` have received and quarantined records of what was built from.
    """

    publication: Row
    base: Row | None
    comparison: Comparison | None
    figures: tuple[Figure, ...]
    alerts: list[Row]
    objectives: list[Row]
    campaigns: list[Row]
    segments: list[Row]
    rules: list[Row]
    held: list[Row]
    sources: list[Row]

    @property
    def as_of(self) -> date:
        day: date = self.publication["as_of"]
        return day


def gather(settings: Settings, publication: Publication) -> Facts:
    """Read what the briefing of ``publication`` tells.

    Raises CarteraError if its warehouse, or its base's, cannot be read or lacks a table.
    """
    told = publications.facts(publication)
    base = _base(settings, told.get("base_publication"))
    with connect(settings) as connection:
        attach(connection, publication.warehouse, "now", write=False)
        if base:
            attach(connection, base.warehouse, "was", write=False)
        try:
            for view in BEFORE if base else NOTHING_BEFORE:
                connection.execute(f"create temp view {view}")
            return Facts(
                publication=told,
                base=publications.facts(base) if base else None,
                comparison=compare(base, publication) if base else None,
                figures=_figures(connection),
                alerts=_rows(connection, ALERTS, as_of_at=told["as_of_at"]),
                objectives=_rows(connection, OBJECTIVES),
                campaigns=_rows(connection, CAMPAIGNS, as_of_at=told["as_of_at"]),
                segments=_rows(connection, SEGMENTS),
                rules=_rows(connection, RULES, bad=list(BAD)),
                held=_rows(connection, HELD),
                sources=_rows(connection, SOURCES),
            )
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise CarteraError(
                f"{publication.publication_id} cannot be told of: "
                f"{' '.join(str(error).split())[:200]}.",
                fix="An older version of Cartera built it or its base: build again.",
            ) from error


def _base(settings: Settings, base_id: str | None) -> Publication | None:
    found = {p.publication_id: p for p in publications.listed(settings)}
    return found.get(base_id) if base_id else None


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> list[Row]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _figures(connection: duckdb.DuckDBPyConnection) -> tuple[Figure, ...]:
    rows = _rows(connection, MONTHLY, figures=list(FIGURES), months=MONTHS)
    months: dict[str, list[tuple[date, float | None]]] = {name: [] for name in FIGURES}
    for row in rows:
        months[row["metric"]].append((row["period_start"], row["value"]))
    return tuple(Figure(name, tuple(told)) for name, told in months.items() if told)


MONTHLY = """
    with whole as (
        select metric, period_start, value from now.marts.kpi_values
        where
            period_kind = 'month' and dimension = 'ALL' and member = 'ALL'
            and list_contains($figures::varchar[], metric)
    )
    select metric, period_start, value from whole
    where period_start in (
        select period_start from whole group by all order by period_start desc limit $months
    )
    order by metric, period_start
"""

# What the publication before had; a customer who was two counts as the one that they are now.
BEFORE = (
    """
    alerts_before as
    select distinct coalesce(current_customer_id, alerts.customer_id) as customer_id, kind
    from was.marts.customer_alerts alerts
    left join now.core.customer_merges merges on alerts.customer_id = merges.old_customer_id
    """,
    "customers_before as select rfm_segment from was.marts.customer_360",
    "batches_before as select batch_id from was.ops.batches where is_included",
)
NOTHING_BEFORE = (
    "alerts_before as select '' as customer_id, '' as kind where false",
    "customers_before as select '' as rfm_segment where false",
    "batches_before as select '' as batch_id where false",
)

ALERTS = """
    with kinds as (
        select * from (values
            ('valuable_complainer', 1), ('valuable_decliner', 2), ('lost_valuable', 3)
        ) as kinds (kind, place)
    ),
    alerts_now as (
        select
            customer_id, kind,
            bool_or(severity = 'critical') as is_critical,
            count(*) filter (is_open and acted_in_time is null
                and rescue_by >= $as_of_at) as waiting,
            count(*) filter (is_open and not acted_in_time) as late,
            min(rescue_by) filter (is_open and acted_in_time is null
                and rescue_by >= $as_of_at) as next_deadline
        from now.marts.customer_alerts group by customer_id, kind
    ),
    followed as (
        select
            customer_id, kind, is_critical, waiting, late, next_deadline,
            alerts_now.customer_id is not null as is_now,
            alerts_before.customer_id is not null as was_before
        from alerts_now
        full join alerts_before using (customer_id, kind)
    )
    select
        kind,
        count(*) filter (is_now) as customers,
        count(*) filter (is_now and is_critical) as critical,
        coalesce(sum(customers.net_revenue) filter (is_now), 0)::double as net_revenue,
        count(*) filter (is_now and not was_before) as added,
        count(*) filter (was_before and not is_now) as gone,
        coalesce(sum(waiting), 0)::bigint as waiting,
        coalesce(sum(late), 0)::bigint as late,
        min(next_deadline) as next_deadline
    from kinds
    left join followed using (kind)
    left join now.marts.customer_360 customers using (customer_id)
    group by kind, place
    order by place
"""

OBJECTIVES = """
    select * exclude (source_system) from now.marts.kpi_objectives
    order by is_reached nulls last, is_on_track nulls last, objective_id, source_system
"""

# Figures of the campaign as a whole; a name comes from whichever system has the campaign.
CAMPAIGNS = f"""
    select
        campaigns.campaign_id, campaigns.name, campaigns.channel, campaigns.ends_at,
        lift.treated, lift.held_out, lift.treated_rate, lift.holdout_rate, lift.abs_lift,
        lift.ci_low, lift.ci_high, lift.incremental_conversions, lift.is_significant,
        lift.is_reliable, roi.total_cost::double as total_cost,
        roi.attributed_revenue::double as attributed_revenue, roi.roi, roi.incremental_roi
    from now.core.dim_campaigns campaigns
    left join now.marts.campaign_lift lift
        on campaigns.campaign_id = lift.campaign_id and lift.variant = 'ALL'
    left join now.marts.campaign_roi roi on campaigns.campaign_key = roi.campaign_key
    where
        campaigns.ends_at <= $as_of_at
        and campaigns.ends_at > $as_of_at::timestamp - to_days({CAMPAIGN_DAYS})
    order by campaigns.ends_at desc, campaigns.campaign_key
"""

SEGMENTS = """
    with after as (
        select coalesce(rfm_segment, '') as segment, count(*) as customers
        from now.marts.customer_360 group by all
    ),
    earlier as (
        select coalesce(rfm_segment, '') as segment, count(*) as before
        from customers_before group by all
    )
    select
        segment, coalesce(customers, 0)::bigint as customers, coalesce(before, 0)::bigint as before
    from after full join earlier using (segment)
    order by segment = '', customers desc, segment
"""

RULES = """
    select rule, severity, status, unexpected_count, reason, remedy from now.ops.quality_results
    where list_contains($bad::varchar[], status) and (severity <> 'info' or status = 'error')
    order by status = 'accepted', severity, rule
"""

HELD = """
    select system, source, partition_date, received, reason from now.ops.batches
    where state = 'held' order by system, source, partition_date, batch_id
"""

SOURCES = """
    select
        system, source,
        sum(received)::bigint as received, sum(quarantined)::bigint as quarantined,
        coalesce(sum(received) filter (batch_id not in (from batches_before)), 0)::bigint
            as received_since,
        coalesce(sum(quarantined) filter (batch_id not in (from batches_before)), 0)::bigint
            as quarantined_since
    from now.ops.batches
    where is_included
    group by system, source
    order by quarantined desc, received desc, system, source
"""
