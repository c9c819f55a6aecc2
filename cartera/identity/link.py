"""Which source records are one person, by strong keys alone.

Two records are linked by the same tax id or loyalty number, or by the same e-mail or phone
with an agreeing name. Guards: an e-mail or phone under many names belongs to a clerk or a
switchboard and links nobody; a record without a name never joins two people, it follows its
e-mail or phone if one person alone holds that.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# An e-mail or phone under this many given names, or on this many records, is nobody's own.
SHARED_NAMES = 8
SHARED_RECORDS = 40
# A tax id or loyalty number under this many names was mistyped or lent.
CONTRADICTING_NAMES = 4

# Strongest first: where several keys link two records, this is the one that is told.
KEYS = ("tax_id", "loyalty_number", "email", "phone")


def link(connection: duckdb.DuckDBPyConnection) -> None:
    """Write ``work.identity.links`` (pairs) and ``work.identity.clusters`` (record, cluster).

    A cluster is named by the lowest record number in it, so that the same records give the
    same clusters in whatever order they come.
    """
    _shared(connection)
    connection.execute(
        "create or replace table work.identity.links "
        "(record_a bigint, record_b bigint, linked_by varchar, weight double, evidence json)"
    )
    connection.execute(
        "insert into work.identity.links by name select record_a, record_b, "
        "if(reason = 'renumbered', reason, 'steward') as linked_by from work.identity.must_links"
    )
    for key, column in [
        ("tax_id", "tax_key"),
        ("loyalty_number", "loyalty_key"),
    ]:
        guard = f"count(distinct given_key) < {CONTRADICTING_NAMES} and count(*) < {SHARED_RECORDS}"
        _link_groups(connection, key, [column], f"{column} is not null", guard)
    for key in ("email", "phone"):
        _link_groups(
            connection,
            key,
            [f"{key}_key", "given_key", "surname_key"],
            f"{key}_key is not null and given_key is not null and surname_key is not null "
            f"and {key}_key not in "
            f"(select value from work.identity.shared_identifiers where kind = '{key}')",
            "true",
        )
    _cluster(connection)
    for key in ("email", "phone"):
        _follow(connection, key, [f"{key}_key", "given_key"], "given_key is not null")
        _cluster(connection)
    for key in ("email", "phone"):
        _follow(connection, key, [f"{key}_key"], "given_key is null")
        _cluster(connection)
    _keep_apart(connection)
    _pairs(connection)


def _shared(connection: duckdb.DuckDBPyConnection) -> None:
    """``shared_identifiers``: e-mails and phones of clerks, switchboards and placeholders."""
    parts = [
        f"""
        select '{key}' as kind, {key}_key as value, count(*) as records,
            count(distinct given_key) as names,
            case when count(distinct given_key) >= {SHARED_NAMES} then 'many names'
                else 'many records' end as reason
        from work.identity.records where {key}_key is not null group by {key}_key
        having count(distinct given_key) >= {SHARED_NAMES} or count(*) >= {SHARED_RECORDS}
        """
        for key in ("email", "phone")
    ]
    connection.execute(
        f"create or replace table work.identity.shared_identifiers as {' union all '.join(parts)}"
    )


def _link_groups(
    connection: duckdb.DuckDBPyConnection, key: str, columns: list[str], where: str, guard: str
) -> None:
    """Link each record of a group to the group's lowest: as many links as records, not pairs.

    A group with two second surnames is two people, and a record without one is neither's.
    """
    names = ", ".join(columns)
    person = "''"
    if "surname_key" in columns:
        person = (
            f"case when count(distinct second_surname_key) over (partition by {names}) > 1 "
            "then coalesce(second_surname_key, 'record ' || record) else '' end"
        )
    connection.execute(
        f"""
        insert into work.identity.links (record_a, record_b, linked_by)
        with grouped as (
            select record, {names}, {person} as person
            from work.identity.records
            where {where} and ({names}) in (
                select ({names}) from work.identity.records where {where}
                group by {names} having count(*) > 1 and {guard}
            )
        )
        select lowest, record, '{key}' from (
            select record, min(record) over (partition by {names}, person) as lowest from grouped
        ) where record <> lowest
        """
    )


def _follow(
    connection: duckdb.DuckDBPyConnection, key: str, columns: list[str], which: str
) -> None:
    """Records without a whole name join each other, and the one person who holds their key.

    ``columns`` is what must agree. A record that has found its person is taken no further:
    it would join two people.
    """
    names = ", ".join(columns)
    connection.execute(
        f"""
        insert into work.identity.links (record_a, record_b, linked_by)
        with candidates as (
            select record, cluster, cluster_size, surname_key, {names}
            from work.identity.records join work.identity.clusters using (record)
            where {key}_key is not null and {key}_key not in
                (select value from work.identity.shared_identifiers where kind = '{key}')
        ),
        holders as (
            select {names}, min(cluster) as holder, count(distinct cluster) as people
            from candidates where surname_key is not null group by {names}
        ),
        followers as (
            select record, {names}, min(record) over (partition by {names}) as lowest
            from candidates join work.identity.records using (record, {names})
            where records.surname_key is null and {which} and cluster_size = 1
        )
        select case when people = 1 then holder else lowest end as leader, record, '{key}_alone'
        from followers left join holders using ({names})
        where leader <> record
        """
    )


def _cluster(connection: duckdb.DuckDBPyConnection) -> None:
    """Connected components of the links."""
    total = connection.execute("select count(*) from work.identity.records").fetchall()[0][0]
    links = connection.execute("select record_a, record_b from work.identity.links").fetchnumpy()
    a, b = links["record_a"].astype(np.int64), links["record_b"].astype(np.int64)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(total, total))
    _, labels = connected_components(graph, directed=False) if total else (0, np.array([], int))
    clusters = pa.table({"record": pa.array(np.arange(total)), "label": pa.array(labels)})
    connection.register("clusters_arrow", clusters)
    connection.execute(
        "create or replace table work.identity.clusters as "
        "select record, min(record) over (partition by label) as cluster, "
        "count(*) over (partition by label) as cluster_size from clusters_arrow"
    )
    connection.unregister("clusters_arrow")


def _keep_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """Cut links where a chain of them joins two records that stewards keep apart.

    The links of such a cluster are laid again, strongest first; one that would close a forbidden
    chain goes to ``work.identity.cut``.
    """
    connection.execute("create or replace table work.identity.cut as from work.identity.links")
    connection.execute("delete from work.identity.cut")
    forbidden = connection.execute(
        """
        select c.record_a, c.record_b from work.identity.cannot_links c
        join work.identity.clusters a on a.record = c.record_a
        join work.identity.clusters b on b.record = c.record_b
        where a.cluster = b.cluster
        """
    ).fetchall()
    if not forbidden:
        return
    links = connection.execute(
        """
        select record_a, record_b, linked_by from work.identity.links
        where record_a in (
            select record from work.identity.clusters where cluster in (
                select cluster from work.identity.clusters join work.identity.cannot_links
                    on record in (record_a, record_b)
            )
        )
        """
    ).fetchall()
    order = {name: place for place, name in enumerate(("steward", "renumbered", *KEYS))}
    parts: dict[int, set[int]] = {}
    cut = []
    for a, b, linked_by in sorted(links, key=lambda link: (order.get(link[2], 9), *link)):
        one, other = parts.setdefault(a, {a}), parts.setdefault(b, {b})
        if one is other:
            continue
        if any((x in one and y in other) or (x in other and y in one) for x, y in forbidden):
            cut.append((a, b, linked_by))
            continue
        one |= other
        for record in other:
            parts[record] = one
    connection.executemany(
        "insert into work.identity.cut (record_a, record_b, linked_by) values (?, ?, ?)", cut
    )
    connection.execute(
        "delete from work.identity.links where (record_a, record_b) in "
        "(select (record_a, record_b) from work.identity.cut)"
    )
    _cluster(connection)


def _pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """``pairs``: what was compared and what came of it; here the links alone, and those cut."""
    connection.execute(
        """
        update work.identity.links
        set evidence = json_object(linked_by, json_object('level', 'the same', 'weight', null));

        create or replace table work.identity.pairs as
        select record_a, record_b, weight, null::double as probability, 'linked' as decision,
            null::varchar as veto, evidence
        from work.identity.links
        union all
        select record_a, record_b, weight, null, 'vetoed', 'steward',
            json_object(linked_by, json_object('level', 'the same', 'weight', null))
        from work.identity.cut
        """
    )
