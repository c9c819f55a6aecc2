"""The pairs of a build on top of another: which blocks changed, and who is compared for it."""

from __future__ import annotations

import duckdb

from cartera.identity import blocking, guards, scoring
from cartera.identity.changes import KEY, EverybodyNeeded
from cartera.identity.comparisons import COLUMNS
from cartera.identity.judging import judge
from cartera.identity.model import Model


def block(connection: duckdb.DuckDBPyConnection, records: int, largest: int) -> blocking.Blocked:
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


def compare(connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> int:
    """Bring ``base.judged`` up to date; ``touched``: whose pairs came, went or changed."""
    number(
        connection,
        "select one as place from candidates union select other from candidates",
        f"place, {KEY}, {', '.join(COLUMNS)}",
    )
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


def number(connection: duckdb.DuckDBPyConnection, places: str, columns: str = "*") -> None:
    """``work.identity.records`` of the people at ``places``, by key; ``near`` (place, record)."""
    connection.execute(
        f"""
        create or replace table work.identity.records as
            select row_number() over (order by {KEY}) - 1 as record, *
            from (select {columns} from base.people semi join ({places}) chosen using (place));
        create or replace temp table near as select place, record from work.identity.records;
        """
    )
