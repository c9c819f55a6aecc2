"""Who is looked at again when a build stands on another: what changed, and who is near to it.

A record that is new, changed or gone reaches those that it shares a block, a group of pairs or
an identifier with. Only they are compared, joined and given ids again; to all others the build
before did what this one would do. What follows from everybody together (identifiers that many
share, blocks that are too large, dates that were made up) is brought up to date first, and the
records that it touches count as changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from cartera.identity import blocking, edges, emails, guards, scoring
from cartera.identity.clustering import components
from cartera.identity.judging import judge
from cartera.identity.ledger import merges_sql
from cartera.identity.model import Model
from cartera.identity.renumbered import steps_sql
from cartera.identity.standardise import (
    FORMS,
    make_forms,
    make_frequent_dates,
    records_sql,
    told_columns,
)
from cartera.identity.stewards import CUSTOMER, Decision

# Where more than this share of all records changed, everybody is looked at.
MOST = 0.2
_KEY = "source_system, source_record_id"
BEFORE = "ledger_before.contacts.identity_ledger"
MAP = "ledger_before.contacts.identity_map"


class EverybodyNeeded(Exception):
    """Only a build that looks at everybody will do; says why."""


@dataclass(frozen=True)
class Near:
    """How many records there are, how many of them are looked at, and the blocks of all."""

    records: int
    looked_at: int
    compared: int
    blocked: blocking.Blocked


def find_near(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    default_country: str,
    decisions: Sequence[Decision],
) -> Near:
    """Bring ``base`` up to date and write ``work.identity.records`` of who is looked at.

    Temp tables: ``near`` (place, record), ``comparable`` and ``judged`` of them, ``left_behind``
    (place, key) of the records that are gone or said something else. Needs the ledger of before
    in the attached ``ledger_before``. Raises EverybodyNeeded where only a build of everybody
    will do; it finds nothing of this in its way.
    """
    if any(CUSTOMER.fullmatch(name) for d in decisions for name in d.pair):
        raise EverybodyNeeded("stewards speak of customers")
    columns = [row[0] for row in connection.execute("describe work.staging.stg_people").fetchall()]
    _hear(connection, columns)
    _take_in(connection, columns, default_country)
    _share(connection)
    records = _count(connection, "base.people")
    prior, largest = connection.execute("select prior, largest from base.facts").fetchall()[0]
    if model.prior_bits(records) != prior:
        raise EverybodyNeeded("there are twice as many records")
    blocked = _block(connection, records, largest)
    compared = _compare(connection, model, prior)
    _touch(connection, decisions)
    looked_at = _close(connection)
    _refuse_many(looked_at, records)
    connection.execute(
        """
        create or replace temp table judged as
        select a.record as record_a, b.record as record_b, pair.* exclude (place_a, place_b)
        from base.judged pair
        join near a on a.place = pair.place_a
        join near b on b.place = pair.place_b
        """
    )
    return Near(records, looked_at, compared, blocked)


def _refuse_many(some: int, records: int) -> None:
    if some > max(MOST * records, 1):
        raise EverybodyNeeded(f"{some:,} of {records:,} records changed or are near to those")


def _hear(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> None:
    """``staged``: records that are new or say something else; ``left_behind``: who is gone."""
    told = ", ".join(f'"{column}"' for column in columns)
    said = f"hash({told}) as said, hash('again', {told}) as said_too"
    connection.execute(
        f"""
        create or replace temp table heard as select {said} from work.staging.stg_people;
        create or replace temp table unheard as
            from heard anti join base.people using (said, said_too);
        create or replace temp table left_behind as
            select place, {_KEY} from base.people anti join heard using (said, said_too);
        create or replace temp table staged as
            select (select coalesce(max(place), -1) from base.people)
                + row_number() over (order by {_KEY}) as record, *
            from (select *, {said} from work.staging.stg_people)
            semi join unheard using (said, said_too);
        drop table heard;
        drop table unheard;
        """
    )
    changed = max(_count(connection, "staged"), _count(connection, "left_behind"))
    _refuse_many(changed, _count(connection, "base.people"))


def _take_in(
    connection: duckdb.DuckDBPyConnection, columns: list[str], default_country: str
) -> None:
    """Bring ``base.people`` up to date; what is no more as it was goes to ``was`` first.

    ``news``: the places of records that are compared anew.
    """
    connection.execute("create or replace temp view fresh as from staged")
    make_forms(connection, default_country)
    told = ", ".join(f'"{name}"' for name in told_columns(columns))
    only_told = f"(select record, said, said_too, {told} from arrived)"
    only_forms = f"(select record, {', '.join(FORMS)} from arrived) as forms"
    own = f"place as record, said, said_too, {told}, {', '.join(FORMS)}"
    connection.execute(
        f"""
        create or replace temp table was as
            from base.people semi join left_behind using (place);
        delete from base.people where place in (select place from left_behind);
        create or replace temp table arrived as
            select staged.record, staged.said, staged.said_too, {told},
                formed.* exclude (record, said, said_too)
            from staged join formed using (record);
        create or replace temp view everybody as
            select birth_date, typed_email from base.people
            union all select birth_date, typed_email from arrived;
        """
    )
    make_frequent_dates(connection, "everybody")
    emails.make_meant(connection, "everybody")
    connection.execute(
        f"""
        create or replace temp table reached as
        select place from base.people where birth_date in (
            (from made_up_dates except from base.dates)
            union (from base.dates except from made_up_dates)
        )
        union
        select place from base.people where split_part(typed_email, '@', 2) in (
            select domain from (
                (from meant_domains except from base.domains)
                union (from base.domains except from meant_domains)
            )
        );
        insert into was by name from base.people semi join reached using (place);
        insert into arrived by name
            select {own} from base.people semi join reached using (place);
        delete from base.people where place in (from reached);
        insert into base.people by name
            select record as place, * exclude (record)
            from ({records_sql(columns, only_told, only_forms)});
        create or replace temp table news as select record as place from arrived;
        create or replace table base.dates as from made_up_dates;
        create or replace table base.domains as from meant_domains;
        drop view everybody;
        """
    )
    for table in ("staged", "formed", "arrived", "reached"):
        connection.execute(f"drop table if exists {table}")


def _share(connection: duckdb.DuckDBPyConnection) -> None:
    """``work.identity.shared_identifiers`` of everybody; whom a change of it touches is news."""
    connection.execute(
        f"""
        drop table if exists work.identity.records;
        create or replace temp table said_now as
            {values_of(guards.SHARED, "base.people semi join news using (place)")}
            union {values_of(guards.SHARED, "was")};
        create or replace temp table sayers as {holding(guards.SHARED, "said_now")};
        create or replace view work.identity.records as
            select place as record, * exclude (place)
            from base.people semi join temp.sayers using (place);
        """
    )
    guards.make_shared(connection)
    connection.execute(
        f"""
        create or replace table work.identity.shared_identifiers as
            from (
                from work.identity.shared_identifiers semi join said_now using (kind, value)
                union all (from base.shared anti join said_now using (kind, value))
            ) order by kind, value;
        create or replace temp table either as
            select kind, value from work.identity.shared_identifiers
            union select kind, value from base.shared;
        create or replace temp table other as
            select kind, value from either
            anti join (
                select kind, value from work.identity.shared_identifiers
                intersect select kind, value from base.shared
            ) using (kind, value);
        create or replace temp table sharers as {holding(guards.SHARED, "either")};
        create or replace temp table shifted as
            ({holding(guards.SHARED, "other")}) except from news;
        insert into was by name from base.people semi join shifted using (place);
        insert into news from shifted;
        create or replace temp table shared_before as from base.shared;
        create or replace table base.shared as from work.identity.shared_identifiers;
        drop view work.identity.records;
        drop table either;
        drop table said_now;
        drop table sayers;
        drop table other;
        drop table shifted;
        """
    )


def values_of(kinds: Mapping[str, str], people: str) -> str:
    """(kind, value): what ``people`` say of these kinds, as a query."""
    return " union ".join(
        f"select '{kind}' as kind, {value} as value from {people} where {value} is not null"
        for kind, value in kinds.items()
    )


def holding(kinds: Mapping[str, str], values: str) -> str:
    """The places of all people who have one of the ``values`` (kind, value), as a query."""
    return " union ".join(
        f"select place from base.people "
        f"where {value} in (select value from {values} where kind = '{kind}')"
        for kind, value in kinds.items()
    )


def _block(connection: duckdb.DuckDBPyConnection, records: int, largest: int) -> blocking.Blocked:
    """``candidates`` (place_a, place_b): who is compared; ``parted``: who is a pair no more.

    Looks at the blocks that news are in or were in.
    """
    numbered = "(select place as record, * exclude (place) from {})"
    news = numbered.format("base.people semi join news using (place)")
    was = numbered.format("was")
    sharing = numbered.format("base.people semi join sharers using (place)")
    connection.execute(
        f"""
        create or replace temp table seen_now as {guards.comparable_sql(news)};
        create or replace temp table seen_then as
            {guards.comparable_sql(was, "shared_before")};
        create or replace temp table seen_sharing as {guards.comparable_sql(sharing)};
        create or replace temp table blocks_then as {blocking.blocks_sql("seen_then")};
        create or replace temp table touched_blocks as
            select block, bool_and(is_wide) as is_wide from (
                from blocks_then union all ({blocking.blocks_sql("seen_now")})
            ) group by block;
        -- A value that many share is no block: who has one is looked at by itself.
        create or replace temp table members as
            select block, record as place
            from ({blocking.blocks_sql(numbered.format("base.people"))}) as everywhere
            semi join touched_blocks using (block)
            anti join sharers on sharers.place = record
            union all
            select block, record from ({blocking.blocks_sql("seen_sharing")}) as there
            semi join touched_blocks using (block);
        create or replace temp table members_then as
            (from members anti join news using (place))
            union all select block, record as place from blocks_then;
        create or replace temp table sizes as
            select block, is_wide, coalesce(now.records, 0) as records,
                coalesce(before.records, 0) as records_then
            from touched_blocks
            left join (select block, count(*) as records from members group by block) now
                using (block)
            left join (select block, count(*) as records from members_then group by block) before
                using (block);
        create or replace table base.block_sizes as
            select is_wide, records, sum(blocks)::bigint as blocks from (
                from base.block_sizes
                union all select is_wide, records, 1 from sizes where records > 1
                union all select is_wide, records_then, -1 from sizes where records_then > 1
            ) group by all having sum(blocks) <> 0;
        """
    )
    blocked = blocking.within_budget(connection, "base.block_sizes", records)
    if blocked.largest != largest:
        raise EverybodyNeeded("larger or smaller blocks are within the budget")
    closed = f"records > {largest} or (is_wide and records > {blocking.LARGEST_WIDE})"
    connection.execute(
        f"""
        create or replace temp table closed_then as
            from base.closed semi join touched_blocks using (block);
        delete from base.closed where block in (from closed_then);
        insert into base.closed select block from sizes where {closed};
        create or replace temp table open_members as
            select members.* from members anti join base.closed using (block);
        create or replace temp table candidates as
            with pairs as (
                select a.place as one, b.place as other
                from open_members a semi join news on news.place = a.place
                join open_members b on b.block = a.block and a.place <> b.place
                union all
                -- Who meets in a block that was too large before was never compared.
                select a.place, b.place
                from (from open_members semi join closed_then using (block)) a
                join open_members b on b.block = a.block and a.place < b.place
            )
            select distinct least(one, other) as one, greatest(one, other) as other from pairs;
        create or replace temp table parted as
            with lost as (
                select members.* from members
                semi join base.closed using (block) anti join closed_then using (block)
                anti join news using (place)
            )
            select distinct place_a, place_b from base.judged pair
            join lost a on a.place = pair.place_a
            join lost b on b.place = pair.place_b and b.block = a.block;
        create or replace temp table seen_parted as
            {
            guards.comparable_sql(
                numbered.format(
                    "base.people semi join (select place_a as place from parted "
                    "union select place_b from parted) ends using (place)"
                )
            )
        };
        create or replace temp table blocks_parted as
            select block, record from ({blocking.blocks_sql("seen_parted")});
        delete from parted using (
            select place_a, place_b from parted
            join blocks_parted a on a.record = place_a
            join blocks_parted b on b.record = place_b and b.block = a.block
            anti join base.closed on base.closed.block = a.block
        ) joined
        where parted.place_a = joined.place_a and parted.place_b = joined.place_b;
        """
    )
    for table in (
        "seen_now",
        "seen_then",
        "seen_sharing",
        "seen_parted",
        "blocks_parted",
        "blocks_then",
        "members",
        "members_then",
        "open_members",
        "sizes",
        "touched_blocks",
        "closed_then",
        "sharers",
        "shared_before",
    ):
        connection.execute(f"drop table {table}")
    return blocked


def _compare(connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> int:
    """Bring ``base.judged`` up to date; ``touched``: whose pairs came, went or changed."""
    _number(connection, "select one as place from candidates union select other from candidates")
    guards.make_comparable(connection)
    connection.execute(
        """
        create or replace temp table candidates as
        select least(a.record, b.record) as record_a, greatest(a.record, b.record) as record_b
        from candidates join near a on a.place = one join near b on b.place = other
        """
    )
    compared = scoring.score(connection, model, "candidates", "scored")
    judge(connection, model, prior)
    connection.execute(
        """
        create or replace temp table compared_pairs as
            select a.place as place_a, b.place as place_b, judged.* exclude (record_a, record_b)
            from judged join near a on a.record = record_a join near b on b.record = record_b;
        create or replace temp table going as
            select place_a, place_b from base.judged semi join was on place_a = was.place
            union select place_a, place_b from base.judged semi join was on place_b = was.place
            union select place_a, place_b from base.judged
                semi join compared_pairs using (place_a, place_b)
            union from parted;
        create or replace temp table touched as
            select place_a as place from going union select place_b from going
            union select place_a from compared_pairs union select place_b from compared_pairs
            union from news union select place from was;
        delete from base.judged using going
            where judged.place_a = going.place_a and judged.place_b = going.place_b;
        insert into base.judged by name from compared_pairs;
        drop table compared_pairs;
        drop table going;
        """
    )
    return compared


def _touch(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """To ``touched``: whom stewards speak or spoke of, who came back or under another number."""
    names = pa.table({"name": pa.array([n for d in decisions for n in d.pair], pa.string())})
    connection.register("decided_names", names)
    connection.execute(
        f"""
        insert into touched
        select place from base.people where source_system || ':' || source_record_id in (
            from decided_names
            union select record_a from ledger_before.contacts.steward_decisions
            union select record_b from ledger_before.contacts.steward_decisions
        );
        insert into touched
        select place from base.people join (
            select source_system, new_key as source_record_id from ({steps_sql(BEFORE)})
            union select source_system, old_key from ({steps_sql(BEFORE)})
        ) using ({_KEY});
        -- Who is back: whose they were, others may be now.
        create or replace temp table belonged as
            select distinct customer_id from {BEFORE}
            semi join (from base.people semi join news using (place)) back using ({_KEY});
        insert into belonged
            select current_customer_id from ({merges_sql(BEFORE)})
            where old_customer_id in (from belonged);
        insert into touched
        select place from base.people join (
            select {_KEY} from {MAP} where customer_id in (from belonged)
        ) using ({_KEY});
        drop table belonged;
        -- Who has a content that somebody had who is gone.
        insert into touched
        select place from base.people join (
            select {_KEY} from {MAP}
            join (
                select distinct source_system, fingerprint
                from {MAP} semi join left_behind using ({_KEY}) where fingerprint is not null
            ) using (source_system, fingerprint)
        ) using ({_KEY})
        """
    )
    connection.unregister("decided_names")


def _close(connection: duckdb.DuckDBPyConnection) -> int:
    """``near``: all that hangs together with ``touched``, and what is too large to be left out."""
    pairs = connection.execute(
        "select place_a, place_b from base.judged where may_link"
    ).fetchnumpy()
    touched = connection.execute("select distinct place from touched").fetchnumpy()["place"]
    places = connection.execute("select 1 + max(place) from base.people").fetchall()[0][0] or 0
    places = max(places, int(touched.max(initial=-1)) + 1)
    a, b = pairs["place_a"].astype(np.int64), pairs["place_b"].astype(np.int64)
    labels = components(places, a, b)
    chosen = np.bincount(labels, minlength=places) > edges.LARGEST_COMPONENT
    chosen[labels[touched.astype(np.int64)]] = True
    table = pa.table({"place": np.flatnonzero(chosen[labels])})
    connection.register("near_arrow", table)
    _number(connection, "from near_arrow")
    connection.unregister("near_arrow")
    guards.make_comparable(connection)
    return _count(connection, "near")


def _number(connection: duckdb.DuckDBPyConnection, places: str) -> None:
    """``work.identity.records`` of the people at ``places``, by key; ``near`` (place, record)."""
    connection.execute(
        f"""
        create or replace table work.identity.records as
            select row_number() over (order by {_KEY}) - 1 as record, *
            from (from base.people semi join ({places}) chosen using (place));
        create or replace temp table near as select place, record from work.identity.records;
        """
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found: int = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    return found
