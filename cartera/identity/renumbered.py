"""Records that their source gave another number: known by what they say, not by their key.

A source that moves to a new system may number its records anew. Then an old key is gone, or
stands for somebody else, and its content comes back under another key. The fingerprint of a
record (a hash of its identifiers) tells: who was known by that content in that system, and by
that alone, is the same person still.
"""

from __future__ import annotations

import duckdb

from cartera.identity.ledger import members_sql

# A name alone is no fingerprint: two people may bear it.
_IDENTIFIERS = ("email_key", "phone_key", "tax_key", "loyalty_key")
_NAMES = ("given_key", "surname_key", "second_surname_key")


def find_renumbered(connection: duckdb.DuckDBPyConnection) -> None:
    """Write ``work.identity.fingerprints`` (record, fingerprint), ``prior`` and ``renumbered``.

    ``prior``: each record that the ledger knows and its customer. ``renumbered`` (record,
    customer_id, old_source_record_id): records that were known under another key.
    """
    told = ", ".join(f"coalesce({name}::varchar, '')" for name in (*_NAMES, *_IDENTIFIERS))
    some = " or ".join(f"{name} is not null" for name in _IDENTIFIERS)
    connection.execute(
        f"""
        create or replace table work.identity.fingerprints as
        select
            record,
            case
                when {some} or (given_key is not null and surname_key is not null
                    and birth_date is not null)
                then md5(concat_ws(chr(31), source, {told}, coalesce(birth_date::varchar, '')))
            end as fingerprint
        from work.identity.records;

        create or replace table work.identity.prior as
        select members.*, fingerprint
        from ({members_sql("work.identity.ledger")}) as members
        left join work.identity.fingerprints_before using (source_system, source_record_id);

        create or replace temp table here as
        select record, source_system, source_record_id, fingerprint
        from work.identity.records join work.identity.fingerprints using (record);

        -- Of before: those that are gone, or whose key says something else now.
        create or replace temp table left_over as
        select prior.*
        from work.identity.prior left join here using (source_system, source_record_id)
        where prior.fingerprint is not null
            and here.fingerprint is distinct from prior.fingerprint;

        create or replace table work.identity.renumbered as
        -- A content that two customers had tells neither.
        with certain as (
            select source_system, fingerprint, any_value(customer_id) as customer_id
            from work.identity.prior
            where fingerprint in (select fingerprint from left_over)
            group by source_system, fingerprint
            having count(distinct customer_id) = 1
        ),
        left_by as (
            select
                source_system, fingerprint, certain.customer_id,
                min(source_record_id) as old_source_record_id
            from left_over join certain using (source_system, fingerprint)
            group by all
        )
        select here.record, left_by.customer_id, left_by.old_source_record_id
        from here
        join left_by using (source_system, fingerprint)
        left join work.identity.prior on prior.source_system = here.source_system
            and prior.source_record_id = here.source_record_id
        where here.fingerprint is distinct from prior.fingerprint;

        -- Old keys whose person has another one now, where they stand.
        create or replace table work.identity.vacated as
        select left_over.source_system, left_over.source_record_id, min(here.record) as record
        from left_over
        join here using (source_system, fingerprint)
        join work.identity.renumbered using (record)
        group by all;
        """
    )


def known_sql() -> str:
    """(record, customer_id): each record of before that is still there, whatever its key."""
    return """
        select record, customer_id from work.identity.renumbered
        union all
        select records.record, prior.customer_id
        from work.identity.prior
        join work.identity.records using (source_system, source_record_id)
        where records.record not in (select record from work.identity.renumbered)
            -- A key whose person has another one now is somebody else's; but where only facts
            -- name it still, they mean the person of before.
            and (records.source = 'facts' or not exists (
                select 1 from work.identity.vacated
                where vacated.source_system = prior.source_system
                    and vacated.source_record_id = prior.source_record_id
            ))
    """


def steps_sql(ledger: str = "work.identity.ledger") -> str:
    """(source_system, old_key, new_key, build): moves of people to another number, as told.

    ``build`` orders the publications that told them.
    """
    return f"""
        select
            source_system, source_record_id as new_key,
            unnest(from_json(evidence, '{{"stood_as": ["VARCHAR"]}}').stood_as) as old_key, build
        from {ledger}
        join (
            select publication_id, min(event_id) as build from {ledger} group by all
        ) using (publication_id)
        where evidence like '%"stood_as"%'
    """


def today_sql(starts: str, columns: str) -> str:
    """(``columns``, source_system, source_record_id): the key that each of ``starts`` has today.

    ``starts`` (columns, source_system, source_record_id, build) are keys as they stood after a
    build. What is told in one build happened at once: a key takes one step of a build at most.
    """
    return f"""
        with recursive steps as (
            select *, lag(build, 1, 0) over (
                partition by source_system, old_key order by build
            ) as since
            from ({steps_sql()})
        ),
        walk as (
            select {columns}, source_system, source_record_id, build, 0 as step from ({starts})
            union all
            select {columns}, source_system, new_key, steps.build, step + 1
            from walk
            join steps using (source_system)
            where walk.source_record_id = steps.old_key
                and walk.build >= steps.since and walk.build < steps.build
        )
        select {columns}, source_system, arg_max(source_record_id, step) as source_record_id
        from walk group by {columns}, source_system
    """


def stand_founders(connection: duckdb.DuckDBPyConnection) -> None:
    """``standing``: the key that each id's founding record has today (customer_id, event_id, key).

    Needs the temp table ``mints``.
    """
    connection.execute(
        "create or replace temp table standing as "
        + today_sql("from mints", "customer_id, event_id")
    )


def old_keys_sql() -> str:
    """(record_a, record_b): facts that name an old key, and the record that has a new one."""
    return f"""
        with moved as (
            select source_system, source_record_id as old_key, record
            from work.identity.vacated
            union
            select steps.source_system, old_key, records.record
            from ({steps_sql()}) as steps
            join work.identity.records
                on records.source_system = steps.source_system
                and records.source_record_id = steps.new_key
        )
        select old.record as record_a, moved.record as record_b
        from moved
        join work.identity.records old
            on old.source_system = moved.source_system
            and old.source_record_id = moved.old_key
        where old.source = 'facts' and old.record <> moved.record
    """
