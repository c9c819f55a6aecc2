"""Customer ids that last: clusters meet the ledger of ids given before.

The ledger is append-only. A record belongs to the customer of its last event, and a merged
customer to the one that it was merged into. For each build:

1. every known id goes where most of its records went (then where its founding record went),
2. of the ids that meet in one cluster the oldest survives and the others point to it,
3. a cluster that no id went to gets a new one, minted from its founding record.

An id is a keyed hash of the founding record and of how often that record founded before, so
that it says nothing and a rebuild from nothing finds it again.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

import duckdb
import pyarrow as pa

from cartera.keys import SEPARATOR

LEDGER_COLUMNS = """
    event_id bigint, event varchar, customer_id varchar, other_customer_id varchar,
    source_system varchar, source_record_id varchar, reason varchar,
    publication_id varchar, occurred_at timestamp
"""


def customer_id(key: bytes, system: str, record_id: str, number: int) -> str:
    """The id that a founding record mints the ``number``-th time: C and 13 letters or digits."""
    text = SEPARATOR.join(["customer", system, record_id, str(number)]).encode()
    digest = hashlib.blake2b(text, digest_size=16, key=key[:64]).digest()
    return "C" + base64.b32encode(digest).decode()[:13]


def assign(
    connection: duckdb.DuckDBPyConnection, key: bytes, publication_id: str, as_of: datetime
) -> None:
    """Write ``work.identity.assigned`` (record, customer_id) and append to the ledger.

    Needs ``work.identity.clusters`` and the ledger of before in ``work.identity.ledger``.
    """
    _known(connection)
    _homes(connection)
    _mint(connection, key)
    connection.execute(
        """
        create or replace table work.identity.assigned as
        select record, cluster, coalesce(survivors.customer_id, minted.customer_id) as customer_id
        from work.identity.clusters
        left join survivors using (cluster)
        left join minted using (cluster)
        """
    )
    _append(connection, publication_id, as_of)


def merges_sql(ledger: str) -> str:
    """(old_customer_id, current_customer_id, valid_from) of ``ledger``, chains followed."""
    return f"""
        with recursive merges as (
            select customer_id as survivor, other_customer_id as old, event_id, occurred_at
            from {ledger} where event = 'merge'
        ),
        chain as (
            select old as old_customer_id, survivor as current_customer_id, occurred_at
            from merges
            union all
            select chain.old_customer_id, merges.survivor, chain.occurred_at
            from chain join merges on merges.old = chain.current_customer_id
        )
        select old_customer_id, current_customer_id, occurred_at as valid_from
        from chain
        where current_customer_id not in (select old from merges)
    """


def _known(connection: duckdb.DuckDBPyConnection) -> None:
    """``known``: each record of before that is still there, and the customer it belonged to."""
    connection.execute(
        f"""
        create or replace temp table known as
        with last_event as (
            select source_system, source_record_id, arg_max(customer_id, event_id) as customer_id
            from work.identity.ledger where source_record_id is not null
            group by source_system, source_record_id
        ),
        merges as ({merges_sql("work.identity.ledger")})
        select record, cluster, coalesce(current_customer_id, last_event.customer_id) as customer_id
        from last_event
        join work.identity.records using (source_system, source_record_id)
        join work.identity.clusters using (record)
        left join merges on merges.old_customer_id = last_event.customer_id
        """
    )


def _homes(connection: duckdb.DuckDBPyConnection) -> None:
    """``homes``: where each known id goes; ``survivors``: the id of each cluster that has one."""
    connection.execute(
        """
        create or replace temp table mints as
        select customer_id, source_system, source_record_id, event_id
        from work.identity.ledger where event in ('mint', 'split') and reason = 'founding'
        """
    )
    connection.execute(
        """
        create or replace temp table homes as
        select customer_id, cluster, event_id from (
            select
                known.customer_id, cluster, count(*) as records,
                bool_or(records.source_system = mints.source_system
                    and records.source_record_id = mints.source_record_id) as has_founder,
                any_value(mints.event_id) as event_id
            from known
            join work.identity.records using (record)
            left join mints on mints.customer_id = known.customer_id
            group by known.customer_id, cluster
        )
        qualify row_number() over (
            partition by customer_id order by records desc, has_founder desc, cluster
        ) = 1
        """
    )
    connection.execute(
        """
        create or replace temp table survivors as
        select cluster, arg_min(customer_id, (event_id, customer_id)) as customer_id
        from homes group by cluster
        """
    )


def _mint(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """``minted``: a new id for every cluster that no known id went to."""
    founders = connection.execute(
        """
        with founders as (
            select cluster, arg_min(record, (coalesce(created_at, 'infinity'::timestamp), record))
                as record
            from work.identity.clusters join work.identity.records using (record)
            where cluster not in (select cluster from survivors)
            group by cluster
        )
        select cluster, record, source_system, source_record_id,
            1 + (select count(*) from mints where mints.source_system = records.source_system
                and mints.source_record_id = records.source_record_id) as number
        from founders join work.identity.records using (record)
        order by cluster
        """
    ).to_arrow_table()
    ids = [
        customer_id(key, system, record_id, number)
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


def _append(connection: duckdb.DuckDBPyConnection, publication_id: str, as_of: datetime) -> None:
    """One event per change, numbered on from the ledger's last, in an order of their own."""
    connection.execute(
        """
        insert into work.identity.ledger
        with changed as (
            select
                assigned.record, assigned.customer_id, known.customer_id as before,
                minted.founder is not null as is_founder,
                minted_cluster.customer_id is not null as is_new
            from work.identity.assigned
            left join known using (record)
            left join minted on minted.founder = assigned.record
            left join minted minted_cluster on minted_cluster.cluster = assigned.cluster
        ),
        events as (
            select
                case
                    when is_new and before is not null then 'split'
                    when is_founder then 'mint'
                    when before is null then 'join'
                    else 'move'
                end as event,
                customer_id,
                before as other_customer_id,
                record,
                case when is_founder then 'founding' else 'linked' end as reason
            from changed
            where before is null
                or (before <> changed.customer_id
                    and not exists (
                        select 1 from survivors
                        join homes h on h.cluster = survivors.cluster
                        where h.customer_id = before and survivors.customer_id = changed.customer_id
                            and h.customer_id <> survivors.customer_id
                    ))
            union all
            select 'merge', survivors.customer_id, homes.customer_id, null, 'oldest id survives'
            from homes join survivors using (cluster)
            where homes.customer_id <> survivors.customer_id
        )
        select
            (select coalesce(max(event_id), 0) from work.identity.ledger)
            + row_number() over (order by reason <> 'founding', created_at, source_system,
                source_record_id, event, customer_id, other_customer_id),
            event, customer_id, other_customer_id, source_system, source_record_id, reason,
            $publication_id, $as_of
        from events left join work.identity.records using (record)
        """,
        {"publication_id": publication_id, "as_of": as_of.replace(tzinfo=None)},
    )
