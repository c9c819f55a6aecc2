"""How far the candidate is from the last publication: what nobody expects in one day."""

from __future__ import annotations

from collections.abc import Callable

from expectations.rules import Catalog, Rule, no_rows

_PUBLIC_SCHEMAS = ("warehouse.core", "warehouse.marts")
_BASE_SCHEMAS = ("base.core", "base.marts")

_SHRINKS_TO = 0.8
_GROWS_TO = 1.5
# Below so many rows a share is chance.
_TOO_SMALL_TO_JUDGE = 100
_SHARE_MOVES_BY = 0.10
_DUPLICATES_MOVE_BY = 0.05
_REVENUE_MOVES_BY = 0.10
_HOLDOUT_MOVES_BY = 0.05
_MOVED_BY_CHANCE = 3

# What is known of rows, by table: a column that empties tells that an export lost it.
_KNOWN = {
    "core.dim_customers": ("has_email", "has_phone", "has_name", "has_address", "country"),
    "core.fct_orders": ("customer_id", "channel", "cost_of_goods"),
    "core.fct_campaign_messages": ("customer_id", "campaign_key"),
    "marts.customer_360": ("is_reachable_email", "is_reachable_phone", "clv"),
}


# A base may be from before a table or column was published: then there is nothing to compare.
_NOTHING = "select null as table_name where false"


def _if_published(sql: str, *columns: str) -> Callable[[Catalog], str]:
    """``sql``, if the base has these columns, each ``schema.table.column``."""

    def build(catalog: Catalog) -> str:
        for name in columns:
            table, _, column = name.rpartition(".")
            if column not in catalog.tables.get(f"base.{table}", {}):
                return _NOTHING
        return sql

    return build


def _names(catalog: Catalog, *schemas: str) -> dict[str, str]:
    """Full names by ``schema.table``."""
    return {table.split(".", 1)[1]: table for table in catalog.below(*schemas)}


def _row_counts(catalog: Catalog) -> str:
    """Each table that is in both, with its rows before and now."""
    here = _names(catalog, *_PUBLIC_SCHEMAS)
    counts = [
        f"select '{name}' as table_name, (select count(*) from {table}) as rows_before, "
        f"(select count(*) from {here[name]}) as rows_now"
        for name, table in _names(catalog, *_BASE_SCHEMAS).items()
        if name in here
    ]
    none = "select null as table_name, 0 as rows_before, 0 as rows_now where false"
    return " union all ".join(counts) or none


def _out_of_proportion(catalog: Catalog) -> str:
    """Tables that grew or shrank too much; of those emptied another rule tells."""
    return f"""
        select * from ({_row_counts(catalog)})
        where rows_now > 0
            and greatest(rows_before, rows_now) >= {_TOO_SMALL_TO_JUDGE}
            and not rows_now between rows_before * {_SHRINKS_TO} and rows_before * {_GROWS_TO}
        order by table_name
    """


def _emptied(catalog: Catalog) -> str:
    """Tables that had many rows and have none; a short list may come to its end."""
    return f"""
        select table_name, rows_before from ({_row_counts(catalog)})
        where rows_before >= {_TOO_SMALL_TO_JUDGE} and rows_now = 0
        order by table_name
    """


def _schema(catalog: Catalog) -> str:
    """Columns that are gone or of another type, though the version is that of the base."""
    here = _names(catalog, *_PUBLIC_SCHEMAS)
    lost = [
        f"('{name}', '{column}', '{kind}', '{now or 'gone'}')"
        for name, table in _names(catalog, *_BASE_SCHEMAS).items()
        for column, kind in catalog.tables[table].items()
        if (now := catalog.tables.get(here.get(name, ""), {}).get(column)) != kind
    ]
    if not lost:
        return _NOTHING
    return f"""
        with lost(table_name, column_name, type_before, type_now) as (values {", ".join(lost)})
        select * from lost
        where (select max(schema_version) from warehouse.meta.publication)
            <= (select max(schema_version) from base.meta.publication)
        order by all
    """


_LOST_IDS = """
    select known.customer_id
    from (
        select customer_id from base.core.dim_customers
        union
        select old_customer_id from base.core.customer_merges
    ) as known
    anti join contacts.contacts.identity_ledger using (customer_id)
    order by known.customer_id
"""


def _shares(catalog: Catalog) -> str:
    """Key columns of which another share is known than before."""
    scans = []
    for name, columns in _KNOWN.items():
        before, now = f"base.{name}", f"warehouse.{name}"
        both = {*catalog.tables.get(before, {})} & {*catalog.tables.get(now, {})}
        shared = [column for column in columns if column in both]
        if not shared:
            continue
        shares = ", ".join(
            f"avg(if({_is_known(catalog, now, column)}, 1, 0)) as {column}" for column in shared
        )
        for when, table in (("before", before), ("now", now)):
            unpivoted = " union all ".join(
                f"select '{name}' as table_name, '{column}' as column_name, "
                f"'{when}' as moment, rows, {column} as share from counted"
                for column in shared
            )
            scans.append(
                f"from (with counted as (select count(*) as rows, {shares} from {table}) "
                f"{unpivoted})"
            )
    if not scans:
        return _NOTHING
    return f"""
        with shares as ({" union all ".join(scans)})
        select
            table_name,
            column_name,
            round(before.share, 4) as share_before,
            round(now.share, 4) as share_now
        from (from shares where moment = 'before') as before
        inner join (from shares where moment = 'now') as now using (table_name, column_name)
        where least(before.rows, now.rows) >= {_TOO_SMALL_TO_JUDGE}
            and abs(now.share - before.share) > {_SHARE_MOVES_BY}
        order by all
    """


def _is_known(catalog: Catalog, table: str, column: str) -> str:
    """A flag says what is known; any other column is known if it is not NULL."""
    if catalog.tables[table][column] == "BOOLEAN":
        return f"coalesce({column}, false)"
    return f"{column} is not null"


_SEGMENTS = f"""
    with sizes as (
        select 'before' as moment, rfm_segment from base.marts.customer_rfm
        union all
        select 'now', rfm_segment from warehouse.marts.customer_rfm
    ),
    shares as (
        select
            rfm_segment,
            count(*) filter (moment = 'before')
                / (select count(*) from base.marts.customer_rfm) as share_before,
            count(*) filter (moment = 'now')
                / (select count(*) from warehouse.marts.customer_rfm) as share_now
        from sizes
        group by rfm_segment
    )
    select rfm_segment, round(share_before, 4) as share_before, round(share_now, 4) as share_now
    from shares
    where abs(share_now - share_before) > {_SHARE_MOVES_BY}
        and least(
            (select count(*) from base.marts.customer_rfm),
            (select count(*) from warehouse.marts.customer_rfm)
        ) >= {_TOO_SMALL_TO_JUDGE}
    order by rfm_segment
"""

_DUPLICATES = f"""
    select
        source_system,
        round(before.duplicate_rate, 4) as rate_before,
        round(now.duplicate_rate, 4) as rate_now
    from base.marts.duplicates as before
    inner join warehouse.marts.duplicates as now using (source_system)
    where least(before.source_records, now.source_records) >= {_TOO_SMALL_TO_JUDGE}
        and abs(now.duplicate_rate - before.duplicate_rate) > {_DUPLICATES_MOVE_BY}
    order by source_system
"""

# A month that was complete in both: a late row changes it a little, a lost or doubled export a lot.
_REVENUE = f"""
    select
        month,
        before.revenue_by_order_date as revenue_before,
        now.revenue_by_order_date as revenue_now
    from base.marts.kpi_monthly as before
    inner join warehouse.marts.kpi_monthly as now using (month, channel)
    where channel = 'ALL'
        and before.is_complete
        and greatest(before.orders, now.orders) >= {_TOO_SMALL_TO_JUDGE}
        and abs(now.revenue_by_order_date - before.revenue_by_order_date)
            > {_REVENUE_MOVES_BY} * abs(before.revenue_by_order_date)
    order by month
"""

# A pull is over when it is made: merges and erasures take some of its people, no more.
_HOLDOUTS = f"""
    with sizes as (
        select pull_id, bucket, count(*) as customers, 'before' as moment
        from base.core.fct_audience_pulls where bucket in ('list', 'holdout') group by all
        union all
        select pull_id, bucket, count(*), 'now'
        from warehouse.core.fct_audience_pulls where bucket in ('list', 'holdout') group by all
    ),
    compared as (
        select
            pull_id,
            coalesce(sum(customers) filter (moment = 'before' and bucket = 'holdout'), 0)
                / nullif(sum(customers) filter (moment = 'before'), 0) as share_before,
            coalesce(sum(customers) filter (moment = 'now' and bucket = 'holdout'), 0)
                / nullif(sum(customers) filter (moment = 'now'), 0) as share_now,
            sum(customers) filter (moment = 'now') as customers
        from sizes
        group by pull_id
    )
    select pull_id, round(share_before, 4) as share_before, round(share_now, 4) as share_now
    from compared
    where abs(share_now - share_before) > {_HOLDOUT_MOVES_BY}
        and abs(share_now - share_before) * customers > {_MOVED_BY_CHANCE}
    order by pull_id
"""


RULES: list[Rule] = [
    no_rows(
        "schema_kept",
        severity="critical",
        table="warehouse.meta.publication",
        sql=_schema,
        reason="A published column is gone or has another type, and schema_version is the same.",
        remedy="Readers break without a warning: raise SCHEMA_VERSION and say so in the "
        "changelog, or give the column back.",
        needs_base=True,
    ),
    no_rows(
        "published_ids_known",
        severity="critical",
        table="contacts.contacts.identity_ledger",
        sql=_if_published(
            _LOST_IDS, "core.dim_customers.customer_id", "core.customer_merges.old_customer_id"
        ),
        reason="A customer id of the last publication is not in the ledger any more.",
        remedy="The ledger was cut: build again from the last publication or restore "
        "state/identity from a backup.",
        needs_base=True,
    ),
    no_rows(
        "tables_not_emptied",
        severity="critical",
        table="warehouse.meta.publication",
        sql=_emptied,
        reason="A table that had a hundred rows or more in the last publication is empty.",
        remedy="Look at the model of the table shown, then at what came in with "
        "`cartera batch list`.",
        needs_base=True,
    ),
    no_rows(
        "row_counts_drift",
        severity="warning",
        table="warehouse.meta.publication",
        sql=_out_of_proportion,
        reason="A table shrank below 80 % or grew beyond 150 % of the last publication.",
        remedy="See what came in with `cartera batch list`; a delivery may be missing or doubled.",
        needs_base=True,
    ),
    no_rows(
        "known_shares_drift",
        severity="warning",
        table="warehouse.meta.publication",
        sql=_shares,
        reason="Of a key column another share is filled than in the last publication, by more "
        "than ten points.",
        remedy="See whether an export lost the column shown, or a contract maps another one.",
        needs_base=True,
    ),
    no_rows(
        "segment_sizes_drift",
        severity="warning",
        table="warehouse.marts.customer_rfm",
        sql=_if_published(_SEGMENTS, "marts.customer_rfm.rfm_segment"),
        reason="A segment's share of the buyers moved by more than ten points.",
        remedy="Compare segment_migrations; a missing delivery ages everybody at once.",
        needs_base=True,
    ),
    no_rows(
        "duplicate_rate_drift",
        severity="warning",
        table="warehouse.marts.duplicates",
        sql=_if_published(
            _DUPLICATES,
            *(
                f"marts.duplicates.{column}"
                for column in ("source_system", "source_records", "duplicate_rate")
            ),
        ),
        reason="The share of records that are somebody's second one moved by over five points.",
        remedy="More means a doubled export of people or too loose a link, less that identity "
        "lost links: see `cartera identity review`.",
        needs_base=True,
    ),
    no_rows(
        "past_revenue_drift",
        severity="warning",
        table="warehouse.marts.kpi_monthly",
        sql=_if_published(
            _REVENUE,
            *(
                f"marts.kpi_monthly.{column}"
                for column in ("month", "channel", "is_complete", "orders", "revenue_by_order_date")
            ),
        ),
        reason="Revenue of a month that was complete moved by more than a tenth.",
        remedy="See which deliveries of the month shown are new or gone with `cartera batch list`.",
        needs_base=True,
    ),
    no_rows(
        "holdout_sizes_kept",
        severity="warning",
        table="warehouse.core.fct_audience_pulls",
        sql=_if_published(
            _HOLDOUTS, "core.fct_audience_pulls.pull_id", "core.fct_audience_pulls.bucket"
        ),
        reason="Of a pull another share is held out than in the last publication.",
        remedy="The lift of its campaign cannot be told any more: see whether the pull's record "
        "was changed or delivered again.",
        needs_base=True,
    ),
]
