"""What a build takes over from the one that it stands on, and what it puts in its place.

The restricted file of a build is a copy of the one before, with the rows of those who were
looked at again in place of theirs. What core reads is written whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera.duck import attach, identifier
from cartera.identity.changes import KEY, holding, values_of
from cartera.identity.contacts import (
    OWN,
    map_sql,
    pairs_sql,
    review_sql,
    write_bindings,
    write_small,
)
from cartera.identity.golden import write_golden
from cartera.identity.ledger import merges_sql
from cartera.identity.nearby import BEFORE, MAP
from cartera.identity.outcome import write_kept_apart
from cartera.identity.renumbered import steps_sql
from cartera.identity.stewards import Decision
from cartera.identity.survivorship import Survival
from cartera.identity.together import TIES, links_sql

# What is carried; the rest of the file is written anew by others.
_TABLES = (
    "golden_records",
    "identity_ledger",
    "identity_map",
    "identity_pairs",
    "identity_review",
)
# What the gate reads of records.
_READ = (
    "source_system",
    "source_record_id",
    "given_key",
    "surname_key",
    "second_surname_key",
    "tax_key",
    "loyalty_key",
    "email_key",
)


def contacts_file(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """The file that is attached as ``contacts``; None if it is in memory."""
    row = connection.execute(
        "select path from duckdb_databases() where database_name = 'contacts'"
    ).fetchone()
    return Path(row[0]) if row and row[0] else None


def load_near_ledger(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """``work.identity.ledger`` and ``fingerprints_before``: of those who are looked at.

    That are all events of their records and of their customers, of records that stewards speak
    of, and those that name no record; and the number of the last event.
    """
    names = pa.table({"name": pa.array([n for d in decisions for n in d.pair], pa.string())})
    connection.register("decided_names", names)
    connection.execute(
        f"""
        create or replace temp table turned as
            select {KEY} from work.identity.records
            union select {KEY} from left_behind;
        create or replace temp table customers_then as
            select distinct customer_id from {MAP} semi join turned using ({KEY});
        -- Also of those who were gone then and are back: how old their ids are decides who stays.
        create or replace temp table customers_told as
            with own as (
                from customers_then
                union select distinct customer_id from {BEFORE} semi join turned using ({KEY})
            )
            from own
            union select current_customer_id from ({merges_sql(BEFORE)})
            where old_customer_id in (from own);
        -- Who went by another number: through those that nobody bears any more, too, an id is
        -- followed to its founding record.
        create or replace temp table renumbered_then as
            select source_system, new_key as source_record_id from ({steps_sql(BEFORE)})
            union select source_system, old_key from ({steps_sql(BEFORE)});
        insert into work.identity.ledger
            select null, 'before', null, null, null, null, null, null, null, null
            from {BEFORE} having count(*) > 0;
        update work.identity.ledger set event_id = (select max(event_id) from {BEFORE});
        insert into work.identity.ledger by name
            from {BEFORE} as told where source_record_id is null
                or (source_system, source_record_id) in (from turned)
                or (source_system, source_record_id) in (from renumbered_then)
                or customer_id in (from customers_told)
                or source_system || ':' || source_record_id in (from decided_names)
            order by event_id;
        drop table customers_told;
        drop table renumbered_then;
        insert into work.identity.fingerprints_before by name
            select {KEY}, fingerprint from {MAP} semi join turned using ({KEY});
        """
    )
    connection.unregister("decided_names")


def carry_over(
    connection: duckdb.DuckDBPyConnection,
    base_contacts: Path,
    target: Path,
    survivorship: Mapping[str, Survival],
) -> None:
    """Write ``contacts`` (the file ``target``) and what core reads, for everybody.

    Needs what ``assign`` left.
    """
    connection.execute("detach contacts")
    shutil.copyfile(base_contacts, target)
    attach(connection, target, "contacts", write=True)
    _clear(connection)
    write_golden(connection, survivorship, "work.identity.golden_near")
    # Text is most of what is written; to try every way of pressing it would double the work.
    connection.execute("set force_compression = 'fsst'")
    _put_in_place(connection)
    write_small(connection)
    _keep_apart(connection)
    _review(connection)
    connection.execute("set force_compression = 'uncompressed'")
    write_bindings(connection)
    _links(connection)
    connection.execute(
        f"""
        create or replace table work.identity.records as
        select place as record, {", ".join(_READ)} from base.people
        """
    )


def _put_in_place(connection: duckdb.DuckDBPyConnection) -> None:
    """The rows of those who were looked at instead of what they had before."""
    connection.execute(
        f"""
        create or replace temp table customers_near as
            from customers_then union select customer_id from work.identity.assigned;
        create or replace temp table moved as
            select {KEY}, assigned.customer_id
            from work.identity.assigned join work.identity.records using (record)
            join {MAP} before using ({KEY})
            where before.customer_id <> assigned.customer_id;

        delete from contacts.contacts.golden_records
            where customer_id in (from customers_near);
        insert into contacts.contacts.golden_records by name from work.identity.golden_near;
        drop table work.identity.golden_near;

        delete from contacts.contacts.identity_map as gone using turned
            where gone.source_system = turned.source_system
            and gone.source_record_id = turned.source_record_id;
        insert into contacts.contacts.identity_map by name {map_sql()};

        insert into contacts.contacts.identity_ledger by name
            from work.identity.ledger
            where event_id > (select coalesce(max(event_id), 0) from {BEFORE})
            order by event_id;

        delete from contacts.contacts.identity_pairs as gone using turned a, turned b
            where gone.source_system_a = a.source_system
            and gone.source_record_id_a = a.source_record_id
            and gone.source_system_b = b.source_system
            and gone.source_record_id_b = b.source_record_id;
        {_follow("a")};
        {_follow("b")};
        insert into contacts.contacts.identity_pairs by name {pairs_sql()};

        delete from base.owners where place in (
            select place from near union select place from left_behind
        );
        insert into base.owners by name
            select place, customer_id from near join work.identity.assigned using (record);
        """
    )


def _keep_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """``kept_apart``: why pairs that may link are apart stands with the pairs."""
    write_kept_apart(
        connection,
        """
        with away as (
            select pair.*, place_a as record_a
            from base.judged pair
            join base.owners a on a.place = place_a
            join base.owners b on b.place = place_b
            where a.customer_id <> b.customer_id and (veto is not null or may_link)
        ),
        refused as (
            select place_a, place_b, told.veto as reason
            from (select place_a, place_b from away where veto is null)
            join base.people a on a.place = place_a
            join base.people b on b.place = place_b
            join contacts.contacts.identity_pairs told
                on told.source_system_a = a.source_system
                and told.source_record_id_a = a.source_record_id
                and told.source_system_b = b.source_system
                and told.source_record_id_b = b.source_record_id
        )
        select away.*, reason from away left join refused using (place_a, place_b)
        """,
        "(select place as record, tax_key, loyalty_key, email_key, phone_key from base.people) "
        "as people",
    )


def _review(connection: duckdb.DuckDBPyConnection) -> None:
    """``identity_review``: rows of values and of customers who were looked at."""
    query = review_sql(
        "from owners_there join base.people using (place)",
        "pairs_there",
    )
    connection.execute(
        f"""
        create or replace temp table said_near as
            {values_of(OWN, "base.people semi join near using (place)")}
            union {values_of(OWN, "was")};
        create or replace temp table owners_there as
            from base.owners semi join ({holding(OWN, "said_near")}) using (place);
        create or replace temp table pairs_there as
            from contacts.contacts.identity_pairs
            where customer_id_a in (from customers_near) or customer_id_b in (from customers_near);
        create or replace temp table review_near as {query};
        delete from contacts.contacts.identity_review
            where customer_id_a in (from customers_near) or customer_id_b in (from customers_near)
            or (kind, value) in (from said_near);
        insert into contacts.contacts.identity_review by name
            from review_near where kind = 'pair' or (kind, value) in (from said_near);
        drop table said_near;
        drop table owners_there;
        drop table pairs_there;
        drop table review_near;
        """
    )


def _links(connection: duckdb.DuckDBPyConnection) -> None:
    """``customer_links``: of those who have a tie in common with somebody looked at.

    The others of a house tie them too: so its people, and whatever else ties these.
    """
    connection.execute(
        f"""
        create or replace temp table ties_near as
            {values_of(TIES, "base.people semi join near using (place)")}
            union {values_of(TIES, "was")};
        create or replace temp table tied as
            select distinct customer_id
            from base.owners semi join ({holding(TIES, "ties_near")}) using (place);
        create or replace temp table ties_of_tied as
            {
            values_of(
                TIES,
                "(from base.people semi join (from base.owners "
                "semi join tied using (customer_id)) using (place)) as them",
            )
        };
        create or replace temp table tied_further as
            select distinct customer_id
            from base.owners semi join ({holding(TIES, "ties_of_tied")}) using (place)
            union from tied;
        create or replace temp table links_near as {
            links_sql(
                "from (from base.owners semi join tied_further using (customer_id)) "
                "join base.people using (place)"
            )
        };
        insert into tied from customers_near;
        delete from base.links
            where customer_id_a in (from tied) and customer_id_b in (from tied);
        insert into base.links by name from links_near
            where customer_id_a in (from tied) and customer_id_b in (from tied);
        create or replace table work.identity.customer_links as from base.links;
        drop table ties_near;
        drop table tied;
        drop table ties_of_tied;
        drop table tied_further;
        drop table links_near;
        """
    )


def _clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what others write."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'contacts'"
    ).fetchall()
    for schema, table in tables:
        if schema != "contacts" or table not in _TABLES:
            connection.execute(f"drop table contacts.{identifier(schema)}.{identifier(table)}")


def _follow(side: str) -> str:
    """Pairs with somebody who was not looked at, of records that have another customer now."""
    return f"""
        update contacts.contacts.identity_pairs as pair set customer_id_{side} = moved.customer_id
        from moved where pair.source_system_{side} = moved.source_system
            and pair.source_record_id_{side} = moved.source_record_id
    """
