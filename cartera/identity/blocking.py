"""Which pairs of records are worth comparing: those that share a block.

A block is all records that agree on something telling: an e-mail, a phone, a surname with a
birth date. Blocks are wide, many of them, so that one slip hides nobody; and bounded, since a
block of n records has n²/2 pairs: a value that too many share tells nobody apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

# A block of more records is left out, and told.
LARGEST = 100
# Of blocks that say little: they find the badly mistyped in a small base, and cost nothing in a
# large one, where they are all too large.
LARGEST_WIDE = 15
# Pairs that a record may cost on average; where they are more, the largest blocks go.
PAIRS_PER_RECORD = 60
FEWEST_PAIRS = 1_000_000

# In one order or the other: forms are filled in the wrong way round.
_NAMES = (
    "if(given_key < surname_key, given_key || ' ' || surname_key, surname_key || ' ' || given_key)"
)
# Name of the block: what must agree. A missing part means no block.
BLOCKS = {
    "email": ["email_key"],
    "meant": ["email_meant"],
    "phone": ["phone_key"],
    "tax_id": ["coalesce(tax_digits, tax_key)"],
    "loyalty": ["loyalty_key"],
    "born_given": ["birth_key::varchar", "given_key"],
    "born_surname": ["birth_key::varchar", "surname_key"],
    "house_given": ["address_key", "given_key"],
    "house_surname": ["address_key", "surname_key"],
    "names": ["given_key", "surname_key", "second_surname_key"],
    "post_names": ["postal_key", _NAMES],
    "post_born": ["postal_key", "birth_key::varchar"],
    "post_house": ["postal_key", "address_key"],
    "post_number": ["postal_key", "split_part(address_key, ' ', -1)", "surname_key"],
    "post_number_given": ["postal_key", "split_part(address_key, ' ', -1)", "given_key"],
    "town_names": ["city_key", _NAMES],
    "born_town": ["city_key", "birth_key::varchar"],
    "born_seconds": ["birth_key::varchar", "second_surname_key"],
    "wide_born": ["birth_key::varchar"],
    "wide_names": [_NAMES],
    "wide_post_given": ["postal_key", "given_key"],
    "wide_post_surname": ["postal_key", "surname_key"],
    "wide_house": ["address_key"],
    "wide_post": ["postal_key"],
    "wide_number": ["split_part(address_key, ' ', -1)", "surname_key"],
}
# Blocks that look each other up: a mistyped domain meets the right one.
_SAME_AS = {"meant": "email"}


@dataclass(frozen=True)
class Blocked:
    """What blocking came to: pairs to compare, and what was left out."""

    pairs: int
    largest: int
    left_out_blocks: int
    left_out_records: int


def make_blocks(connection: duckdb.DuckDBPyConnection) -> Blocked:
    """Temp table ``blocks`` (block, record) within the budget.

    Reads the temp table ``comparable``. Which blocks there are depends on the records alone.
    ``closed`` has the blocks that are too large to be used, ``block_counts`` how many there are
    of each size.
    """
    connection.execute(
        f"""
        create or replace temp table all_blocks as {blocks_sql("comparable")};

        create or replace temp table block_sizes as
        select *, is_wide and records > {LARGEST_WIDE} as is_too_wide
        from (
            select block, count(*) as records, bool_and(is_wide) as is_wide
            from all_blocks group by block having count(*) > 1
        );
        create or replace temp table block_counts as
        select is_wide, records, count(*) as blocks from block_sizes group by all;
        """
    )
    records = connection.execute("select count(*) from comparable").fetchall()[0][0]
    blocked = within_budget(connection, "block_counts", records)
    largest = blocked.largest
    connection.execute(
        f"""
        create or replace temp table closed as
        select block from block_sizes where is_too_wide or records > {largest};
        create or replace temp table blocks as
        select block, record from all_blocks semi join (
            select block from block_sizes where not is_too_wide and records <= {largest}
        ) using (block);
        drop table block_sizes;
        drop table all_blocks;
        """
    )
    return blocked


def blocks_sql(records: str) -> str:
    """(block, record, is_wide): every block that records of the table ``records`` are in."""
    parts = []
    for name, columns in BLOCKS.items():
        label = _SAME_AS.get(name, name)
        some = " and ".join(f"{column} is not null" for column in columns)
        parts.append(
            f"select hash('{label}', {', '.join(columns)}) as block, record, "
            f"{str(label.startswith('wide')).lower()} as is_wide from {records} where {some}"
        )
    return " union all ".join(parts)


def within_budget(connection: duckdb.DuckDBPyConnection, counts: str, records: int) -> Blocked:
    """The largest block that may be used, so that all pairs together stay within the budget.

    ``counts`` (is_wide, records, blocks) is how many blocks there are of each size.
    """
    narrow = f"from {counts} where records > 1 and not (is_wide and records > {LARGEST_WIDE})"
    sizes = connection.execute(
        f"select records, sum(blocks * (records * (records - 1) // 2))::bigint {narrow} "
        f"and records <= {LARGEST} group by records order by records"
    ).fetchall()
    budget = max(FEWEST_PAIRS, PAIRS_PER_RECORD * records)
    largest, pairs = LARGEST, 0
    for size, in_blocks in sizes:
        if pairs + in_blocks > budget:
            largest = size - 1
            break
        pairs += in_blocks
    count, members = connection.execute(
        f"select coalesce(sum(blocks), 0)::bigint, coalesce(sum(blocks * records), 0)::bigint "
        f"{narrow} and records > {largest}"
    ).fetchall()[0]
    return Blocked(pairs, largest, count, members)


def make_candidates(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``candidates`` (record_a < record_b): each pair of a block, once."""
    connection.execute(
        """
        create or replace temp table candidates as
        select distinct a.record as record_a, b.record as record_b
        from blocks a join blocks b on a.block = b.block and a.record < b.record;
        """
    )
