"""What staging read is what has landed, and every fact of it reached core."""

from __future__ import annotations

from expectations.rules import Rule, no_rows

_AS_OF_AT = "(select max(as_of_at) from warehouse.meta.publication)"

# Staging table and core table of each fact that goes from one to the other row by row, and when it
# was; orders, refunds and lines are reconciled by amount, web events become sessions.
_FACTS = {
    "stg_campaign_messages": ("fct_campaign_messages", "event_at"),
    "stg_consents": ("fct_consents", "occurred_at"),
    "stg_audience_pulls": ("fct_audience_pulls", "pulled_at"),
    "stg_contact_outcomes": ("fct_contact_outcomes", "occurred_at"),
    "stg_interactions": ("fct_interactions", "occurred_at"),
    "stg_service_cases": ("fct_service_cases", "opened_at"),
    "stg_profile_answers": ("fct_profile_answers", "answered_at"),
    "stg_quotes": ("fct_quotes", "quoted_at"),
    "stg_referrals": ("fct_referrals", "referred_at"),
}

# Sources whose rows staging keeps one by one, in their last versions.
_KEPT = (
    "orders",
    "order_lines",
    "products",
    "campaigns",
    "campaign_messages",
    "consents",
    "audience_pulls",
    "contact_outcomes",
    "interactions",
    "service_cases",
    "survey_responses",
    "profile_answers",
    "quotes",
    "referrals",
    "leads",
    "web_events",
    "campaign_costs",
    "ad_stats",
    "accounts",
)

_ROWS_READ = """
    select batches.batch_id, batches.source, batches.landed_rows, landed.rows as rows_read
    from (from warehouse.ops.batches where is_included) as batches
    full join work.landing.rows_read as landed on landed.batch = batches.batch_id
    where coalesce(batches.landed_rows, 0) is distinct from coalesce(landed.rows, 0)
    order by all
"""


def _staged() -> str:
    """Sources of a system of which staging kept nothing, or more than has landed."""
    counted = " union all ".join(
        f"select '{name}' as source, source_system as system, count(*) as staged_rows "
        f"from work.staging.stg_{name} group by source_system"
        for name in _KEPT
    )
    names = ", ".join(f"'{name}'" for name in _KEPT)
    return f"""
        with landed as (
            select source, system, sum(landed_rows) as landed_rows
            from warehouse.ops.batches
            where is_included and source in ({names})
            group by all
        ),
        staged as ({counted})
        select source, system, coalesce(landed_rows, 0) as landed_rows,
            coalesce(staged_rows, 0) as staged_rows
        from landed full join staged using (source, system)
        where coalesce(staged_rows, 0) > coalesce(landed_rows, 0)
            or (coalesce(staged_rows, 0) = 0 and landed_rows > 0)
        order by all
    """


def _facts() -> str:
    """Facts of a system whose number in core is not that of staging before as_of."""
    staged = " union all ".join(
        f"select '{fact}' as fact, source_system, count(*) as facts "
        f"from work.staging.{table} where {moment} < {_AS_OF_AT} group by source_system"
        for table, (fact, moment) in _FACTS.items()
    )
    published = " union all ".join(
        f"select '{fact}' as fact, source_system, count(*) as facts "
        f"from warehouse.core.{fact} group by source_system"
        for fact, _ in _FACTS.values()
    )
    return f"""
        with staged as ({staged}), published as ({published})
        select fact, source_system, staged.facts as facts_in, published.facts as facts_out
        from staged full join published using (fact, source_system)
        where staged.facts is distinct from published.facts
        order by fact, source_system
    """


# Per day, so that what is shown says where to look.
_LINES = """
    with staged as (
        select orders.source_system, orders.order_date, count(*) as lines
        from work.staging.stg_order_lines as lines
        inner join warehouse.core.fct_orders as orders
            on orders.source_system = lines.source_system and orders.order_id = lines.order_id
        group by all
    ),
    published as (
        select source_system, order_date, count(*) as lines
        from warehouse.core.fct_order_lines
        group by all
    )
    select source_system, order_date, staged.lines as lines_in, published.lines as lines_out
    from staged full join published using (source_system, order_date)
    where staged.lines is distinct from published.lines
    order by all
"""

RULES: list[Rule] = [
    no_rows(
        "landed_rows_read",
        severity="critical",
        table="warehouse.ops.batches",
        sql=_ROWS_READ,
        reason="Staging read more or fewer rows of a batch than its manifest says have landed.",
        remedy="Restore the landed file of the batch shown from a backup, or discard the batch "
        "and ingest it again.",
    ),
    no_rows(
        "staged_within_landed",
        severity="critical",
        table="warehouse.ops.batches",
        sql=_staged(),
        reason="Staging kept nothing of a source that has landed, or more rows than landed.",
        remedy="Look for a filter or a join in the source's staging model.",
    ),
    no_rows(
        "facts_in_equal_out",
        severity="critical",
        table="warehouse.core.fact_counts",
        sql=_facts(),
        reason="Facts of a system were lost or doubled between staging and core.",
        remedy="Compare the fact's staging model with its table in core for the system shown; a "
        "join most likely drops or repeats rows.",
    ),
    no_rows(
        "order_lines_in_equal_out",
        severity="critical",
        table="warehouse.core.fct_order_lines",
        sql=_LINES,
        reason="Lines of orders were lost or doubled between staging and core.",
        remedy="Compare stg_order_lines and fct_order_lines for the source and day shown; a "
        "product that int_product_references lacks drops its lines.",
    ),
]
