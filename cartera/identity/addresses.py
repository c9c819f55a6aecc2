"""Postal addresses in a form that can be compared: street, number, flat."""

from __future__ import annotations

import duckdb

from cartera.identity import seeds
from cartera.identity.names import PARTICLES, folded

# How a flat is announced: it says nothing, what follows does.
_FLAT = [
    "piso",
    "planta",
    "pta",
    "puerta",
    "esc",
    "escalera",
    "portal",
    "bloque",
    "blq",
    "bl",
    "izq",
    "izda",
    "izquierda",
    "dcha",
    "dch",
    "derecha",
    "flat",
    "apt",
    "apartment",
    "apto",
    "ap",
    "depto",
    "dpto",
    "departamento",
    "unit",
    "suite",
    "ste",
    "int",
    "interior",
    "num",
    "numero",
    "no",
    "n",
]


def make_addresses(connection: duckdb.DuckDBPyConnection, people: str) -> None:
    """Temp table ``addresses``: address → street, house_number, flat; NULL where not told.

    The number stands behind the street's name, or before it as in English.
    """
    seeds.make_table(connection, "street_words", "word", "meant")
    dropped = seeds.sql_list([*PARTICLES, "s"])
    flats = seeds.sql_list(_FLAT)
    announced = "|".join(_FLAT)
    placeholders = seeds.sql_list(seeds.words("placeholders", "address"))
    plain = folded("left(address, 200)")
    plain = f"regexp_replace({plain}, '^ *c *[/.] *', 'calle ')"
    plain = f"regexp_replace({plain}, '[^a-z0-9]+', ' ', 'g')"
    plain = f"trim(regexp_replace({plain}, '([0-9]+) ?([a-z]?)', ' \\1 \\2', 'g'))"
    connection.execute(
        f"""
        create or replace temp table addresses as
        with plain as materialized (
            select address, trim(regexp_replace({plain}, ' +', ' ', 'g')) as text
            from (select distinct address from {people} where address is not null)
        ),
        numbered as materialized (
            select address, regexp_extract(text, '[0-9]+') as number,
                instr(text, number) as place, text
            from plain where text not in ({placeholders})
        ),
        cut as materialized (
            select address, number, substr(text, place + length(number)) as behind,
                case when place = 1 then regexp_extract(behind, '^[^0-9]*')
                    else left(text, place - 1) end as street,
                place = 1 as is_number_first
            from numbered where number <> ''
        ),
        parted as materialized (
            select address, number,
                regexp_replace(trim(street), ' ({announced})$', '') as street,
                case when is_number_first then substr(behind, length(street) + 1)
                    else behind end as flat
            from cut
        ),
        streets as materialized (
            -- Many addresses, few streets.
            select street, list_filter(string_split(trim(street), ' '),
                lambda word: word not in ({dropped})) as words
            from (select distinct street from parted where street <> '')
        ),
        spelt as materialized (
            select street, words[2:-2] as middle, len(words) as n,
                coalesce(front.meant, words[1]) as front, coalesce(back.meant, words[-1]) as back
            from streets
            left join seed_street_words front on front.word = words[1]
            left join seed_street_words back on back.word = words[-1]
            where len(words) > 0
        ),
        named as materialized (
            select street, case when n = 1 then front else array_to_string(
                case when front = 'calle' then [] else [front] end || middle || [back], ' ') end
                as name
            from spelt
        ),
        flats as materialized (
            select flat, nullif(array_to_string(list_filter(string_split(trim(flat), ' '),
                lambda word: word not in ({flats})), ' '), '') as flat_key
            from (select distinct flat from parted)
        )
        select address, named.name as street, ltrim(parted.number, '0') as house_number, flat_key
        from parted
        join named on named.street = parted.street
        join flats on flats.flat = parted.flat
        where named.name <> ''
        """
    )


def towns(people: str) -> str:
    """(city, town): each city as it is told, and its letters alone, as a query."""
    return f"""
        select city, nullif(regexp_replace({folded("city")}, '[^\\p{{L}}]+', ' ', 'g'), '') as town
        from (select distinct city from {people} where city is not null)
    """


def house(people: str) -> str:
    """One text for a house as it was told, town and all, as SQL; NULL without a number."""
    street = f"trim(regexp_replace({folded(f'{people}.address')}, '[^a-z0-9]+', ' ', 'g'))"
    town = f"coalesce({people}.postal_code, {folded(f'{people}.city')})"
    return f"case when regexp_matches({people}.address, '[0-9]') then {street} || '|' || {town} end"
