"""What identity leaves: the restricted tables, and the bindings that facts are joined with."""

from __future__ import annotations

import duckdb

from cartera.identity.ledger import ABANDONED, merges_sql
from cartera.identity.persist import STRENGTH
from cartera.identity.together import EVERYBODY

# Facts that Cartera recorded itself name a customer, not a source record.
OWN_SYSTEM = "cartera"
# What is one person's own, by kind.
OWN = {
    "email": "email_key",
    "phone": "phone_key",
    "tax_id": "tax_key",
    "loyalty_number": "loyalty_key",
}


def write_contacts(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the schema ``contacts`` of ``contacts.duckdb``, and what core reads of identity."""
    for table, query in (
        ("identity_ledger", "select * from work.identity.ledger order by event_id"),
        ("identity_map", map_sql()),
        ("identity_pairs", pairs_sql()),
    ):
        connection.execute(f"create or replace table contacts.contacts.{table} as {query}")
    write_small(connection)
    write_review(connection)
    write_bindings(connection)


def write_small(connection: duckdb.DuckDBPyConnection) -> None:
    """``steward_decisions`` and ``shared_identifiers``."""
    connection.execute(
        """
        create or replace table contacts.contacts.steward_decisions as
        select kind, record_a, record_b, who, "when", why,
            number_a is not null and number_b is not null as is_in_force,
            -- A customer's id stands for a record.
            coalesce(a.source_system || ':' || a.source_record_id, record_a) as means_a,
            coalesce(b.source_system || ':' || b.source_record_id, record_b) as means_b
        from work.identity.decided
        left join work.identity.records a on a.record = number_a
        left join work.identity.records b on b.record = number_b
        order by all;

        create or replace table contacts.contacts.shared_identifiers as
        from work.identity.shared_identifiers order by kind, value;
        """
    )


def map_sql() -> str:
    """Rows of ``identity_map``: each record of ``work.identity.records`` and its customer."""
    return f"""
        with linked as (
            select record, arg_max(linked_by, ({STRENGTH}, linked_by)) as linked_by
            from (
                select record_a as record, linked_by, weight from work.identity.links
                union all
                select record_b, linked_by, weight from work.identity.links
            ) group by record
        ),
        since as (
            select source_system, source_record_id, max(occurred_at) as valid_from
            from work.identity.ledger
            where source_record_id is not null and reason is distinct from '{ABANDONED}'
            group by source_system, source_record_id
        )
        select
            source_system, source_record_id, customer_id,
            coalesce(linked_by, 'alone') as linked_by, valid_from, fingerprint
        from work.identity.assigned
        join work.identity.records using (record)
        left join work.identity.fingerprints using (record)
        left join linked using (record)
        left join since using (source_system, source_record_id)
        order by record
    """


def pairs_sql() -> str:
    """Rows of ``identity_pairs``: what was compared, what came of it and why."""
    return """
        with linked as (
            select least(record_a, record_b) as record_a, greatest(record_a, record_b) as record_b,
                string_agg(distinct linked_by, ', ' order by linked_by) as linked_by
            from work.identity.links group by all
        ),
        -- What joins records without a comparison, such as a steward's word, is a pair too.
        together as (
            select
                coalesce(pairs.record_a, linked.record_a) as record_a,
                coalesce(pairs.record_b, linked.record_b) as record_b,
                linked.linked_by, pairs.weight, pairs.probability,
                coalesce(pairs.decision, 'linked') as decision, pairs.veto,
                pairs.evidence::varchar as evidence
            from work.identity.pairs
            full join linked on linked.record_a = least(pairs.record_a, pairs.record_b)
                and linked.record_b = greatest(pairs.record_a, pairs.record_b)
        )
        select
            a.source_system as source_system_a, a.source_record_id as source_record_id_a,
            b.source_system as source_system_b, b.source_record_id as source_record_id_b,
            one.customer_id as customer_id_a, other.customer_id as customer_id_b,
            linked_by, weight, probability, decision, veto, evidence
        from together
        join work.identity.records a on a.record = record_a
        join work.identity.records b on b.record = record_b
        join work.identity.assigned one on one.record = record_a
        join work.identity.assigned other on other.record = record_b
        order by record_a, record_b, decision
    """


def write_review(connection: duckdb.DuckDBPyConnection) -> None:
    """``identity_review`` of everybody."""
    connection.execute(
        "create or replace table contacts.contacts.identity_review as "
        + review_sql(EVERYBODY, "contacts.contacts.identity_pairs")
    )


def review_sql(everybody: str, pairs: str) -> str:
    """Rows of ``identity_review``: what a steward should look at, two customers a row.

    What one e-mail, phone, tax id or card number joins and a guard kept apart, and the pairs of
    the grey zone. A pair that a steward has decided on is not asked again. ``everybody`` is a
    query of records and their customers, ``pairs`` the table of pairs.
    """
    held = " union all ".join(
        f"""
        select '{kind}' as kind, {column} as value, customer_id from ({everybody})
        where {column} is not null group by all
        """
        for kind, column in OWN.items()
    )
    return f"""
        with decided as (
            select distinct least(a.customer_id, b.customer_id) as customer_id_a,
                greatest(a.customer_id, b.customer_id) as customer_id_b
            from work.identity.cannot_links c
            join work.identity.assigned a on a.record = c.record_a
            join work.identity.assigned b on b.record = c.record_b
        ),
        held as ({held}),
        guarded as (
            select
                kind, value, count(*) as customers,
                min(customer_id) as customer_id_a, max(customer_id) as customer_id_b,
                coalesce(any_value(shared.reason), any_value(kept.reason), 'too little agrees')
                    as reason
            from held left join work.identity.shared_identifiers shared using (kind, value)
            left join work.identity.kept_apart kept using (kind, value)
            group by kind, value having count(*) > 1
        ),
        grey as (
            select
                'pair' as kind, null as value, 2 as customers,
                least(a, b) as customer_id_a, greatest(a, b) as customer_id_b,
                case decision when 'grey' then 'grey zone'
                    else 'kept apart: ' || coalesce(veto, 'a guard') end as reason,
                weight, probability,
                source_system_a || ':' || source_record_id_a as record_a,
                source_system_b || ':' || source_record_id_b as record_b,
                evidence
            from (
                select *, customer_id_a as a, customer_id_b as b
                from {pairs}
            )
            where decision in ('grey', 'vetoed') and a <> b
            qualify row_number() over (
                partition by least(a, b), greatest(a, b)
                order by weight desc nulls last, source_system_a, source_record_id_a,
                    source_system_b, source_record_id_b
            ) = 1
        )
        select * from guarded anti join decided
            on customers = 2 and guarded.customer_id_a = decided.customer_id_a
            and guarded.customer_id_b = decided.customer_id_b
        union all by name
        select * from grey anti join decided using (customer_id_a, customer_id_b)
        order by kind, value, customer_id_a, customer_id_b
    """


def write_bindings(connection: duckdb.DuckDBPyConnection) -> None:
    """Where facts find their customer: by source record, or by an id of today or of before."""
    connection.execute(
        f"""
        create or replace table work.identity.customer_merges as
            {merges_sql("work.identity.ledger")};

        create or replace table work.identity.bindings as
        select source_system as person_system, source_record_id as person_record_id, customer_id
        from contacts.contacts.identity_map
        union all
        select '{OWN_SYSTEM}', customer_id, customer_id
        from (select distinct customer_id from contacts.contacts.identity_map)
        union all
        select '{OWN_SYSTEM}', old_customer_id, current_customer_id
        from work.identity.customer_merges
        -- A customer whose records have all left their sources is nobody any more.
        where current_customer_id in (select customer_id from contacts.contacts.identity_map);
        """
    )
