"""One row per customer, one customer per person, and every fact with an identifier resolved."""

from __future__ import annotations

from expectations.rules import Catalog, Rule, no_rows

_FACTS = {
    "fct_orders": "order_key",
    "fct_refunds": "refund_key",
    "fct_campaign_messages": "message_key",
    "fct_consents": "consent_key",
    "fct_audience_pulls": "pull_key",
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
        f"select distinct '{table}' as table_name, customer_id from {table}" for table in tables
    )
    return f"""
        select used.table_name, used.customer_id
        from ({used}) as used
        anti join warehouse.core.dim_customers using (customer_id)
        where used.customer_id is not null
        order by all
    """


# The source records of each customer with their normalised identifiers, guards applied: a tax
# id or loyalty number under this many given names was mistyped or lent (identity's own limit).
_CONTRADICTING_NAMES = 4
_SHARED_RECORDS = 40
_HOLDERS = """
    select customer_id, given_key, surname_key, second_surname_key, tax_key, loyalty_key, email_key
    from work.identity.records
    inner join contacts.contacts.identity_map using (source_system, source_record_id)
"""


def _one_customer_per(key: str, kind: str) -> str:
    """Customers that share a value of ``key``; the value itself is not shown.

    Those whom identity kept apart since something else contradicts are counted elsewhere.
    """
    return f"""
        select string_agg(distinct customer_id, ' ' order by customer_id) as customers
        from ({_HOLDERS})
        where {key} is not null
            and {key} not in (select value from work.identity.kept_apart where kind = '{kind}')
        group by {key}
        having count(distinct customer_id) > 1
            and count(distinct given_key) < {_CONTRADICTING_NAMES}
            and count(*) < {_SHARED_RECORDS}
        order by customers
    """


# Cousins may share a mailbox, a given name and the first surname: then the second tells them
# apart, and only records that agree on it too must be one customer.
_ONE_CUSTOMER_PER_EMAIL = f"""
    with holders as (
        select *, count(distinct second_surname_key)
            over (partition by email_key, given_key, surname_key) as people
        from ({_HOLDERS})
        where email_key is not null
            and given_key is not null
            and surname_key is not null
            and email_key not in (
                select value from work.identity.shared_identifiers where kind = 'email'
                union all
                select value from work.identity.kept_apart where kind = 'email'
            )
    )
    select string_agg(distinct customer_id, ' ' order by customer_id) as customers
    from holders
    where people <= 1 or second_surname_key is not null
    group by email_key, given_key, surname_key, if(people > 1, second_surname_key, null)
    having count(distinct customer_id) > 1
    order by customers
"""
_KEPT_APART = f"""
    select kind, string_agg(distinct customer_id, ' ' order by customer_id)[:200] as customers
    from (
        select customer_id, given_key, 'tax_id' as kind, tax_key as value from ({_HOLDERS})
        union all
        select customer_id, given_key, 'loyalty_number', loyalty_key from ({_HOLDERS})
    )
    where value is not null
    group by kind, value
    having count(distinct customer_id) > 1
        and (
            count(distinct given_key) >= {_CONTRADICTING_NAMES}
            or count(*) >= {_SHARED_RECORDS}
            or (kind, value) in (select (kind, value) from work.identity.kept_apart)
        )
    order by kind, customers
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
    # The id itself is not shown: for newsletters it is an e-mail address.
    no_rows(
        "identity_map_unique",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql="""
            select
                source_system,
                count(*) as times,
                string_agg(distinct customer_id, ' ' order by customer_id) as customers
            from contacts.contacts.identity_map
            group by source_system, source_record_id
            having count(*) > 1
            order by source_system, customers
        """,
        reason="A source record stands in identity_map twice, so its facts would be doubled.",
        remedy="Compare the customers shown with `cartera identity explain`.",
    ),
    no_rows(
        "one_customer_per_tax_id",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql=_one_customer_per("tax_key", "tax_id"),
        reason="Two customers hold one tax id: one person or company counted twice.",
        remedy="Link them with `cartera identity link`, or correct the tax id at its source.",
    ),
    no_rows(
        "one_customer_per_loyalty_number",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql=_one_customer_per("loyalty_key", "loyalty_number"),
        reason="Two customers hold one loyalty number: one person counted twice.",
        remedy="Link them with `cartera identity link`, or correct the number at its source.",
    ),
    no_rows(
        "one_customer_per_email_and_name",
        severity="critical",
        table="contacts.contacts.identity_map",
        sql=_ONE_CUSTOMER_PER_EMAIL,
        reason="Two customers hold one e-mail under one name, and no guard calls it shared.",
        remedy="Look at them with `cartera identity explain` and link them if they are one.",
    ),
    no_rows(
        "strong_keys_kept_apart",
        severity="info",
        table="contacts.contacts.identity_map",
        sql=_KEPT_APART,
        reason="A tax id or loyalty number under many names, or whose holders contradict each "
        "other, was taken for mistyped: they stay apart.",
        remedy="Have the number corrected where it was typed.",
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
]
