"""Customer ids that last: clusters meet the ledger of ids given before.

The ledger is append-only. A record belongs to the customer of its last event, and a merged
customer to the one that it was merged into. For each build:

1. every known id goes where most of its records went (then where its founding record went,
   then to the cluster of the lowest record),
2. of the ids that meet in one cluster the oldest survives and the others point to it,
3. a cluster that no id went to gets a new one, minted from its founding record,
4. an id that nobody bears any more leads to where its founding record is.

An id is a keyed hash of the founding record and of how often that record founded before, so
that it says nothing and a rebuild from nothing finds it again.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

import duckdb
import pyarrow as pa

from cartera.identity.ledger import ABANDONED, FOUNDING, merges_sql
from cartera.identity.renumbered import known_sql, stand_founders
from cartera.keys import SEPARATOR

# Of several links of a record the one to tell of: a steward's, a strong key, the most weight.
STRENGTH = """case linked_by when 'steward' then 6 when 'tax_id' then 5 when 'loyalty_number' then 4
    when 'email' then 3 when 'phone' then 2 else 1 end, coalesce(weight, 0)"""


def customer_id(key: bytes, system: str, record_id: str, number: int) -> str:
    """The id that a founding record mints the ``number``-th time: C and 13 letters or digits."""
    text = SEPARATOR.join(["customer", system, record_id, str(number)]).encode()
    digest = hashlib.blake2b(text, digest_size=16, key=key[:64]).digest()
    return "C" + base64.b32encode(digest).decode()[:13]


def assign(
    connection: duckdb.DuckDBPyConnection, key: bytes, publication_id: str, as_of: datetime
) -> None:
    """Write ``work.identity.assigned`` (record, cluster, customer_id) and append to the ledger.

    Needs ``work.identity.clusters`` and ``links``, what ``find_renumbered`` left, and the ledger
    of before in ``work.identity.ledger``.
    """
    when = {"publication_id": publication_id, "as_of": as_of.replace(tzinfo=None)}
    _known(connection)
    _homes(connection)
    _mint(connection, key)
    connection.execute(
        """
        create or replace table work.identity.assigned as
        select record, cluster, coalesce(survivors.customer_id, minted.customer_id) as customer_id
        from parts
        left join survivors using (cluster)
        left join minted using (cluster)
        """
    )
    _append_members(connection, when)
    _append_abandoned(connection, when)
    _append_pointers(connection, when)


def _known(connection: duckdb.DuckDBPyConnection) -> None:
    """``parts``: clusters named by their lowest record; ``known``: who was whose before."""
    connection.execute(
        f"""
        create or replace temp table parts as
        select record, min(record) over (partition by cluster) as cluster
        from work.identity.clusters;

        create or replace temp table known as
        select record, cluster, customer_id
        from ({known_sql()}) join parts using (record);

        """
    )
    _mints(connection)


def _mints(connection: duckdb.DuckDBPyConnection) -> None:
    """``mints``: each id, its founding record as it was; ``standing``: as it is numbered now."""
    connection.execute(
        f"""
        create or replace temp table mints as
        select customer_id, source_system, source_record_id, event_id, reason, build
        from work.identity.ledger
        join (
            select publication_id, min(event_id) as build from work.identity.ledger group by all
        ) using (publication_id)
        where event in ('mint', 'split') and reason in ('{FOUNDING}', '{ABANDONED}');
        """
    )
    stand_founders(connection)


def _homes(connection: duckdb.DuckDBPyConnection) -> None:
    """``homes``: where each known id goes; ``survivors``: the id of each cluster that has one."""
    connection.execute(
        """
        create or replace temp table founders as
        select customer_id, event_id, coalesce(vacated.record, records.record) as record
        from standing
        left join work.identity.vacated using (source_system, source_record_id)
        left join work.identity.records using (source_system, source_record_id);

        create or replace temp table homes as
        select customer_id, cluster, event_id from (
            select
                known.customer_id, cluster, count(*) as records,
                coalesce(bool_or(known.record = founders.record), false) as has_founder,
                min(founders.event_id) as event_id
            from known left join founders using (customer_id)
            group by known.customer_id, cluster
        )
        qualify row_number() over (
            partition by customer_id order by records desc, has_founder desc, cluster
        ) = 1;

        create or replace temp table survivors as
        select cluster, arg_min(customer_id, (event_id, customer_id)) as customer_id
        from homes group by cluster;
        """
    )


def _mint(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """``minted``: a new id for every cluster that no known id went to."""
    founders = connection.execute(
        """
        with lowest as (
            select cluster, arg_min(record, (coalesce(created_at, 'infinity'::timestamp), record))
                as record
            from parts join work.identity.records using (record)
            where cluster not in (select cluster from survivors)
            group by cluster
        ),
        founded as (
            select source_system, source_record_id, count(*) as times from mints group by all
        )
        select cluster, record, source_system, source_record_id, 1 + coalesce(times, 0) as number
        from lowest
        join work.identity.records using (record)
        left join founded using (source_system, source_record_id)
        order by cluster
        """
    ).to_arrow_table()
    # Of an erased id the ledger knows no record: where it would come again, the next is taken.
    erased = {
        told
        for (told,) in connection.execute(
            "select customer_id from work.identity.ledger where event = 'erase'"
        ).fetchall()
    }

    def unused(system: str, record_id: str, number: int) -> str:
        minted = customer_id(key, system, record_id, number)
        return unused(system, record_id, number + 1) if minted in erased else minted

    ids = [
        unused(system, record_id, number)
        for system, record_id, number in zip(
            founders["source_system"].to_pylist(),
            founders["source_record_id"].to_pylist(),
            founders["number"].to_pylist(),
            strict=True,
        )
    ]
    minted = pa.table(
        {
            "cluster": founders["cluster"],
            "founder": founders["record"],
            "customer_id": pa.array(ids, pa.string()),
        }
    )
    connection.register("minted_arrow", minted)
    connection.execute("create or replace temp table minted as from minted_arrow")
    connection.unregister("minted_arrow")


def _append_members(connection: duckdb.DuckDBPyConnection, when: dict[str, object]) -> None:
    """One event per record that came or went elsewhere, and per id that was merged."""
    connection.execute(
        f"""
        create or replace temp table strongest as
        select record, arg_max(struct_pack(linked_by, weight, other), ({STRENGTH}, -other)) as link
        from (
            select record_a as record, record_b as other, linked_by, weight
            from work.identity.links
            union all
            select record_b, record_a, linked_by, weight from work.identity.links
        ) group by record;

        create or replace temp table merged as
        select homes.customer_id as old, survivors.customer_id as survivor
        from homes join survivors using (cluster)
        where homes.customer_id <> survivors.customer_id;

        create or replace temp table bridges as
        select old, survivor, arg_max(links, ({STRENGTH}, -record_a, -record_b)) as link
        from work.identity.links
        join known a on a.record = record_a
        join known b on b.record = record_b
        join merged
            on least(old, survivor) = least(a.customer_id, b.customer_id)
            and greatest(old, survivor) = greatest(a.customer_id, b.customer_id)
        group by all;
        """
    )
    _append(
        connection,
        f"""
        with stood as (
            select record, list(source_record_id order by source_record_id) as keys
            from work.identity.vacated group by record
        ),
        changed as (
            select
                assigned.record, assigned.customer_id, known.customer_id as before,
                minted.founder is not null as is_founder,
                minted_cluster.customer_id is not null as is_new,
                renumbered.old_source_record_id as old_key
            from work.identity.assigned
            left join known using (record)
            left join minted on minted.founder = assigned.record
            left join minted minted_cluster on minted_cluster.cluster = assigned.cluster
            left join work.identity.renumbered on renumbered.record = assigned.record
        ),
        member_events as (
            select
                case
                    when is_new and before is not null then 'split'
                    when is_founder then 'mint'
                    when before is null then 'join'
                    else 'move'
                end as event,
                changed.customer_id, nullif(before, changed.customer_id) as other_customer_id,
                changed.record,
                case when is_founder then '{FOUNDING}' when old_key is not null then 'renumbered'
                    else 'linked' end as reason,
                case
                    when old_key is not null
                        then json_object('from', old_key, 'stood_as', coalesce(stood.keys, []))
                    when link is not null and not is_founder then json_object(
                        'linked_by', link.linked_by, 'weight', link.weight,
                        'with', other.source_system || ':' || other.source_record_id
                    )
                end as evidence
            from changed
            left join merged on merged.old = before and merged.survivor = changed.customer_id
            left join strongest on strongest.record = changed.record
            left join stood on stood.record = changed.record
            left join work.identity.records other on other.record = link.other
            where before is null or old_key is not null
                or (before <> changed.customer_id and merged.old is null)
        )
        select event, customer_id, other_customer_id, source_system, source_record_id, reason,
            evidence, created_at
        from member_events join work.identity.records using (record)
        union all
        select 'merge', merged.survivor, merged.old, null, null, 'oldest id survives',
            case when link is not null then json_object(
                'linked_by', link.linked_by, 'weight', link.weight,
                'between', a.source_system || ':' || a.source_record_id,
                'and', b.source_system || ':' || b.source_record_id
            ) end, null
        from merged
        left join bridges using (old, survivor)
        left join work.identity.records a on a.record = link.record_a
        left join work.identity.records b on b.record = link.record_b
        """,
        when,
    )


def _append_abandoned(connection: duckdb.DuckDBPyConnection, when: dict[str, object]) -> None:
    """Ids that only rolled back publications gave: put on the ledger, never to be given again."""
    connection.execute(
        """
        create or replace temp table abandoned as
        select distinct customer_id, source_system, source_record_id
        from work.identity.elsewhere
        where event in ('mint', 'split') and reason like 'founding%'
            and customer_id not in (select customer_id from work.identity.ledger)
        """
    )
    _append(
        connection,
        f"""
        select 'mint' as event, customer_id, null as other_customer_id, source_system,
            source_record_id, '{ABANDONED}' as reason, null as evidence, null as created_at
        from abandoned
        """,
        when,
    )
    _append(
        connection,
        """
        select 'merge' as event, assigned.customer_id, elsewhere.customer_id as other_customer_id,
            null as source_system, null as source_record_id, 'rolled back' as reason,
            null as evidence, null as created_at
        from work.identity.elsewhere
        join work.identity.records using (source_system, source_record_id)
        join work.identity.assigned using (record)
        join abandoned on abandoned.customer_id = elsewhere.customer_id
        group by elsewhere.customer_id, assigned.customer_id
        qualify row_number() over (
            partition by elsewhere.customer_id
            order by count(*) desc, assigned.customer_id
        ) = 1
        """,
        when,
    )


def _append_pointers(connection: duckdb.DuckDBPyConnection, when: dict[str, object]) -> None:
    """An id that nobody bears any more follows its founding record, as a person would expect.

    An id that led elsewhere through one that moves would move along: it is told where it stays.
    """
    _mints(connection)
    events = f"""
        select 'move' as event, assigned.customer_id,
            merges.old_customer_id as other_customer_id, null as source_system,
            null as source_record_id, 'follows its founding record' as reason, null as evidence,
            null as created_at
        from ({merges_sql("work.identity.ledger")}) as merges
        join standing on standing.customer_id = merges.old_customer_id
        join work.identity.records using (source_system, source_record_id)
        join work.identity.assigned using (record)
        where assigned.customer_id <> merges.current_customer_id
    """
    while _append(connection, events, when):
        pass


def _append(connection: duckdb.DuckDBPyConnection, events: str, when: dict[str, object]) -> int:
    """Number ``events`` on from the ledger's last, in an order of their own; returns how many."""
    rows = connection.execute(
        f"""
        insert into work.identity.ledger by name
        select
            (select coalesce(max(event_id), 0) from work.identity.ledger)
            + row_number() over (order by reason <> '{FOUNDING}', created_at, source_system,
                source_record_id, event, customer_id, other_customer_id) as event_id,
            events.* exclude (created_at),
            $publication_id as publication_id, $as_of::timestamp as occurred_at
        from ({events}) as events
        """,
        when,
    ).fetchall()
    return int(rows[0][0])
