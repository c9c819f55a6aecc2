"""One row per customer, one customer per person, and every fact with an identifier resolved."""

from __future__ import annotations

from expectations.rules import Catalog, Rule, no_rows
from expectations.suites import consent, golden_values, strong_keys

_FACTS = {
    "fct_orders": "order_key",
    "fct_refunds": "refund_key",
    "fct_campaign_messages": "message_key",
    "fct_consents": "consent_key",
    "fct_audience_pulls": "pull_key",
    "fct_interactions": "interaction_key",
    "fct_service_cases": "case_key",
    "fct_survey_responses": "response_key",
    "fct_profile_answers": "answer_key",
    "fct_quotes": "quote_key",
    "fct_referrals": "referral_key",
    "fct_contact_outcomes": "outcome_key",
}


def _resolved(fact: str, key: str) -> Rule:
    return no_rows(
        f"{fact}_resolved",
        severity="critical",
        table=f"warehouse.core.{fact}",
        sql=f"""
            select {key}, source_system
            from warehouse.core.{fact}
            where is_identifiable is distinct from (customer_id is not null)
            order by {key}
        """,
        reason=f"A row of {fact} names a person but has no customer (or the reverse).",
        remedy="See why identity left out the record that the row refers to: it must be in "
        "identity_map.",
    )


def _facts_of_nobody(catalog: Catalog) -> str:
    """Customers that any table of core refers to and dim_customers lacks."""
    tables = [
        table
        for table, columns in catalog.below("warehouse.core").items()
        if "customer_id" in columns and not table.endswith(".dim_customers")
    ]
    used = " union all ".join(
        f"select '{table}' as table_name, customer_id from {table} where customer_id is not null"
        for table in tables
    )
    return f"""
        select distinct table_name, customer_id
        from ({used})
        anti join warehouse.core.dim_customers using (customer_id)
        order by all
    """


def _not_in_both(left: str, right: str) -> str:
    return f"""
        select coalesce(l.customer_id, r.customer_id) as customer_id
        from (select distinct customer_id from {left}) as l
        full join (select distinct customer_id from {right}) as r using (customer_id)
        where l.customer_id is null or r.customer_id is null
        order by customer_id
    """


RULES: list[Rule] = [
    Rule(
        name="customer_360_unique",
        severity="critical",
        table="warehouse.marts.customer_360",
        expectation="ExpectColumnValuesToBeUnique",
        arguments={"column": "customer_id"},
        reason="A customer stands in customer_360 more than once; every sum over it is wrong.",
        remedy="Look for a join in customer_360 that repeats the customer shown.",
    ),
    Rule(
        name="customer_360_named",
        severity="critical",
        table="warehouse.marts.customer_360",
        expectation="ExpectColumnValuesToNotBeNull",
        arguments={"column": "customer_id"},
        reason="A row of customer_360 belongs to no customer.",
        remedy="Look for an outer join in customer_360 that brings rows of its own.",
    ),
    no_rows(
        "customer_360_complete",
        severity="critical",
        table="warehouse.marts.customer_360",
        sql=_not_in_both(
            "(from warehouse.marts.customer_360 where customer_id is not null)",
            "warehouse.core.dim_customers",
        ),
        reason="customer_360 and dim_customers do not hold the same customers.",
        remedy="Look for an inner join or a filter in customer_360 that drops the customer shown.",
    ),
    Rule(
        name="dim_customers_unique",
        severity="critical",
        table="warehouse.core.dim_customers",
        expectation="ExpectColumnValuesToBeUnique",
        arguments={"column": "customer_id"},
        reason="A customer stands in dim_customers more than once.",
        remedy="Look for a join in dim_customers that repeats the customer shown.",
    ),
    no_rows(
        "dim_customers_complete",
        severity="critical",
        table="warehouse.core.dim_customers",
        sql=_not_in_both("warehouse.core.dim_customers", "contacts.contacts.identity_map"),
        reason="dim_customers and identity_map do not hold the same customers.",
        remedy="Build again from staging; core was made from another identity map.",
    ),
    no_rows(
        "golden_records_complete",
        severity="critical",
        table="contacts.contacts.golden_records",
        sql="""
            select
                coalesce(mapped.customer_id, golden.customer_id) as customer_id,
                golden.records
            from (select distinct customer_id from contacts.contacts.identity_map) as mapped
            full join (
                select customer_id, count(*) as records
                from contacts.contacts.golden_records
                group by customer_id
            ) as golden using (customer_id)
            where mapped.customer_id is null or golden.records is distinct from 1
            order by customer_id
        """,
        reason="A customer has no golden record, or more than one.",
        remedy="Build again; if it stays, the survivorship step breaks ties badly.",
    ),
    *golden_values.RULES,
    # The id itself is not shown: for newsletters it is an e-mail address.
    no_rows(
        "identity_map_unique",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql="""
            with twice as (
                select source_system, source_record_id
                from contacts.contacts.identity_map
                group by source_system, source_record_id
                having count(*) > 1
            )
            select
                source_system,
                count(*) as times,
                string_agg(distinct customer_id, ' ' order by customer_id) as customers
            from contacts.contacts.identity_map
            semi join twice using (source_system, source_record_id)
            group by source_system, source_record_id
            order by source_system, customers
        """,
        reason="A source record stands in identity_map twice, so its facts would be doubled.",
        remedy="Compare the customers shown with `cartera identity explain`.",
    ),
    *strong_keys.RULES,
    no_rows(
        "web_sessions_resolved",
        severity="critical",
        table="warehouse.core.fct_web_sessions",
        sql="""
            select session_key, source_system
            from warehouse.core.fct_web_sessions
            where (has_login and customer_id is null)
                or (customer_id is null) <> (identified_by is null)
            order by session_key
        """,
        reason="A session with a login has no customer, or its customer is known by nothing.",
        remedy="See why identity left out the record that the login names.",
    ),
    *[_resolved(fact, key) for fact, key in _FACTS.items()],
    no_rows(
        "fact_customers_exist",
        severity="critical",
        table="warehouse.core.dim_customers",
        sql=_facts_of_nobody,
        reason="A table of core refers to a customer that dim_customers does not have.",
        remedy="Core was made from two identity maps, or an old id was kept after a merge: "
        "build again.",
    ),
    no_rows(
        "merged_customers_gone",
        severity="critical",
        table="warehouse.core.customer_merges",
        sql="""
            select merges.old_customer_id, merges.current_customer_id
            from warehouse.core.customer_merges as merges
            left join warehouse.core.dim_customers as old
                on old.customer_id = merges.old_customer_id
            left join contacts.contacts.identity_ledger as known
                on known.customer_id = merges.current_customer_id
            where old.customer_id is not null or known.customer_id is null
            group by all
            order by merges.old_customer_id
        """,
        reason="A customer merged away is still alive, or points to one that never was.",
        remedy="Look at the ids shown with `cartera identity history`.",
    ),
    no_rows(
        "published_ids_resolve",
        severity="critical",
        table="contacts.contacts.identity_ledger",
        sql="""
            with belonged as (
                select source_system, source_record_id,
                    arg_max(customer_id, event_id) as customer_id
                from contacts.contacts.identity_ledger
                where source_record_id is not null and event in ('mint', 'join', 'split', 'move')
                group by source_system, source_record_id
            ),
            given as (
                select distinct belonged.customer_id
                from belonged
                inner join contacts.contacts.identity_map
                    using (source_system, source_record_id)
            )
            select given.customer_id
            from given
            anti join contacts.contacts.identity_map as alive using (customer_id)
            anti join (select old_customer_id as customer_id from warehouse.core.customer_merges)
                using (customer_id)
            order by given.customer_id
        """,
        reason="An id that was published leads nowhere, though records of its customer are there.",
        remedy="Build again; if it stays, see `cartera identity history` of the id shown.",
    ),
    *consent.RULES,
]
