"""People who belong together without being one person: households and shared addresses."""

from __future__ import annotations

import duckdb

# So many customers at one address without a floor or door are a house, not a household.
HOUSEHOLD = 6
# More than these share a reception, a residence or a campus.
MOST = 20
# Records and their customers.
EVERYBODY = "from work.identity.assigned join work.identity.records using (record)"


# What ties customers who both have it.
TIES = {"address": "house", "email": "email_key", "phone": "phone_key"}


def write_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Write ``work.identity.customer_links``."""
    connection.execute(
        f"create or replace table work.identity.customer_links as {links_sql(EVERYBODY)}"
    )


def links_sql(everybody: str) -> str:
    """Pairs of customers who belong together, each with its kind once, as a query.

    ``household``: one address of few, or one address, e-mail or phone and a surname in common;
    ``shared_mailbox`` and ``shared_phone``: the same without. Clerks' mailboxes and switchboards
    tie nobody. ``everybody`` is a query of records and their customers.
    """
    return f"""
        with people as (
            select customer_id, email_key, phone_key, house, surname_key, second_surname_key
            from ({everybody})
        ),
        holders as (
            select 'address' as evidence, house as value, customer_id from people
            where house is not null group by all
            union all
            select 'email', email_key, customer_id from people
            where email_key is not null and email_key not in
                (select value from work.identity.shared_identifiers where kind = 'email')
            group by all
            union all
            select 'phone', phone_key, customer_id from people
            where phone_key is not null and phone_key not in
                (select value from work.identity.shared_identifiers where kind = 'phone')
            group by all
        ),
        groups as (
            select evidence, value, count(*) as members
            from holders group by all having count(*) between 2 and {MOST}
        ),
        pairs as (
            select
                one.customer_id as customer_id_a, other.customer_id as customer_id_b,
                evidence, min(members) as members
            from groups
            join holders one using (evidence, value)
            join holders other using (evidence, value)
            where one.customer_id < other.customer_id
            group by all
        ),
        surnames as (
            select distinct customer_id, unnest([surname_key, second_surname_key]) as surname
            from people
        ),
        relatives as (
            select distinct customer_id_a, customer_id_b
            from pairs
            join surnames one on one.customer_id = customer_id_a
            join surnames other on other.customer_id = customer_id_b
                and other.surname = one.surname
        ),
        kinds as (
            select
                pairs.*,
                case
                    when relatives.customer_id_a is not null
                        or (evidence = 'address' and members <= {HOUSEHOLD}) then 'household'
                    when evidence = 'email' then 'shared_mailbox'
                    when evidence = 'phone' then 'shared_phone'
                end as kind
            from pairs left join relatives using (customer_id_a, customer_id_b)
        )
        select
            customer_id_a, customer_id_b, kind,
            string_agg(distinct evidence, ',' order by evidence) as evidence,
            max(members) as members
        from kinds where kind is not null
        group by customer_id_a, customer_id_b, kind
        order by customer_id_a, customer_id_b, kind
    """
