"""What keeps people apart: shared identifiers, and contradictions between two records."""

from __future__ import annotations

import duckdb

from cartera.identity.comparisons import COLUMNS, COMPARISONS, PARTS, is_at

# An e-mail or phone under this many given names, slips aside, or on this many records, is
# nobody's own.
SHARED_NAMES = 8
SHARED_RECORDS = 40
# A tax id or loyalty number under this many names was mistyped or lent.
CONTRADICTING_NAMES = 4
# A house under this many surnames is an office or a placeholder.
HOUSE_NAMES = 30

# What of a record many may share, by kind.
SHARED = {
    "email": "email_key",
    "phone": "phone_key",
    "tax_id": "tax_key",
    "loyalty_number": "loyalty_key",
    "address": "address_key || coalesce(' ' || city_key, '')",
}
_LIMITS = {
    "email": ("email_key", SHARED_NAMES),
    "phone": ("phone_key", SHARED_NAMES),
    "tax_id": ("tax_key", CONTRADICTING_NAMES),
    "loyalty_number": ("loyalty_key", CONTRADICTING_NAMES),
}


def make_shared(connection: duckdb.DuckDBPyConnection) -> None:
    """``work.identity.shared_identifiers``: of clerks, switchboards and placeholders."""
    held = " union all ".join(
        f"""
        select '{kind}' as kind, {column} as value, count(*) as records, {names} as fewest,
            count(distinct given_key) as names
        from work.identity.records where {column} is not null group by {column}
        having count(distinct given_key) >= {names} or count(*) >= {SHARED_RECORDS}
        """
        for kind, (column, names) in _LIMITS.items()
    )
    own = " union all ".join(
        f"select '{kind}' as kind, {column} as value, given_key, bool_or(given_known) as known "
        f"from work.identity.records semi join held on kind = '{kind}' and value = {column} "
        f"and names < {SHARED_RECORDS} where given_key is not null group by all"
        for kind, (column, _) in _LIMITS.items()
    )
    connection.execute(
        f"""
        create or replace table work.identity.shared_identifiers as
        with held as materialized ({held}),
        -- Somebody whose name was mistyped again and again is still one.
        own as materialized ({own}),
        slips as (
            select distinct a.kind, a.value, a.given_key from own a
            join own b using (kind, value)
            where not a.known and (b.known or b.given_key < a.given_key)
                and length(a.given_key) >= 3 and length(b.given_key) >= 3
                and damerau_levenshtein(a.given_key, b.given_key) = 1
        ),
        counted as (
            select kind, value, any_value(records) as records, any_value(fewest) as fewest,
                any_value(names) - count(given_key) as names
            from held left join slips using (kind, value) group by kind, value
        )
        select kind, value, records, names,
            if(names >= fewest, 'many names', 'many records') as reason
        from counted where names >= fewest or records >= {SHARED_RECORDS}
        union all
        select 'address' as kind, {SHARED["address"]} as value,
            count(*) as records, count(distinct surname_key) as names, 'many names' as reason
        from work.identity.records where address_key is not null group by value
        having count(distinct surname_key) >= {HOUSE_NAMES}
        order by kind, value
        """
    )


def make_comparable(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``comparable``: each record of ``work.identity.records`` as pairs see it."""
    connection.execute(
        f"create or replace temp table comparable as {comparable_sql('work.identity.records')}"
    )


def comparable_sql(records: str, shared_table: str = "work.identity.shared_identifiers") -> str:
    """Each record of the table ``records`` as pairs see it, without what many share."""
    replaced = ", ".join(
        f"case when {value} not in (select value from {shared_table} "
        f"where kind = '{kind}') then {value.split()[0]} end as {value.split()[0]}"
        for kind, value in SHARED.items()
    )
    parts = ", ".join(f"{value} as {name}" for name, value in PARTS.items())
    return f"""
        select record, {", ".join(COLUMNS)}, {parts}
        from (select * replace ({replaced}) from {records})
    """


def has_evidence(*, has_families: bool) -> str:
    """Whether a scored pair agrees on more than names and towns, as SQL.

    Without that, two of one name are two. What is nearly equal counts half: between strangers of
    one name some date or street is always nearly equal.
    """
    whole = [
        is_at("email", "equal", "domain"),
        is_at("phone", "equal"),
        is_at("tax_id", "equal", "slip"),
        is_at("loyalty_number", "equal"),
        is_at("birth_date", "equal"),
        is_at("address", "equal"),
    ]
    half = [is_at(name, "slip") for name in ("email", "phone", "birth_date", "address")]
    if not has_families:
        half.append(is_at("address", "street"))
    enough = 2 if has_families else 1
    return f"({' or '.join(whole)} or {' + '.join(f'({h})::int' for h in half)} >= {enough})"


def veto(*, has_families: bool) -> str:
    """Why two scored records cannot be one person, as SQL; NULL where nothing speaks against it.

    Needs the columns of ``compare``.
    """
    if not has_families:
        return "case when tax_conflict then 'tax ids differ' end"
    tax = is_at("tax_id", "equal")
    number = is_at("tax_id", "equal", "slip")
    contact = f"({is_at('email', 'equal')} or {is_at('phone', 'equal')})"
    both = f"({is_at('email', 'equal')} and {is_at('phone', 'equal')})"
    born = is_at("birth_date", "equal")
    house = is_at("address", "equal")
    own = f"({born} or {contact} or {number})"
    given = (
        f"({is_at('given', 'else', 'crossed')} or ({is_at('given', 'resembles')} and not {own}))"
    )
    surname = f"({is_at('surname', 'else')} or ({is_at('surname', 'resembles')} and not {own}))"
    return f"""case
        when tax_conflict then 'tax ids differ'
        when {is_at("given", "else", "crossed", "resembles")}
            and {is_at("surname", "else", "resembles")}
            and not ({number} and ({born} or {house} or {contact})) then 'names differ'
        when {is_at("given", "else", "crossed")} and {is_at("birth_date", "else")}
            then 'names and birth dates differ'
        when {tax} or ({number} and ({born} or {house})) then null
        when {given} then 'given names differ'
        when {is_at("birth_date", "else")} then 'birth dates differ'
        when is_other_generation and not {number} then 'a generation apart'
        when {surname} and not ({contact} and ({born} or {both}))
            then 'surnames differ'
        when {is_at("surname", "second_differs")} and not ({born} and ({contact} or {house}))
            then 'second surnames differ'
    end"""


# Two numbers of one kind that both pass their check digits are two people's. A RFC follows
# names as they were written: only its date counts.
TAX_CONFLICT = """coalesce(
    tax_kind_l = tax_kind_r and tax_key_l <> tax_key_r and (
        tax_kind_l in ('nif', 'nie', 'rut', 'cuit', 'cpf')
        or (tax_kind_l = 'rfc' and tax_key_l[5:10] <> tax_key_r[5:10])
    ), false)"""


# A slip of a finger makes 1990 of 1960; so do a father and his son of one name.
GENERATION_YEARS = 15
OTHER_GENERATION = f"""(
    coalesce(generation_l <> generation_r, false)
    or coalesce(abs(year(birth_key_l) - year(birth_key_r)) >= {GENERATION_YEARS}, false))"""


def compare(pairs: str) -> str:
    """``pairs`` (record_a, record_b) with the level of each comparison, as a query.

    record_a, record_b, gamma_<name> (see ``Comparison.number``), tax_conflict,
    is_other_generation, is_partial (a name is not told) and is_several (a mailbox that several
    write from, and no given name to tell).
    """
    needed = ", ".join(
        f"{side}.{column} as {column}_{suffix}"
        for side, suffix in (("a", "l"), ("b", "r"))
        for column in [*COLUMNS, *PARTS]
    )
    gammas = ", ".join(
        f"({comparison.sql()})::tinyint as gamma_{comparison.name}" for comparison in COMPARISONS
    )
    return f"""
        select record_a, record_b, {gammas}, {TAX_CONFLICT} as tax_conflict,
            {OTHER_GENERATION} as is_other_generation,
            gamma_given < 0 or gamma_surname < 0 as is_partial,
            gamma_given < 0 and coalesce(is_several_email_l, false) as is_several
        from (
            select record_a, record_b, {needed}
            from {pairs} join comparable a on a.record = record_a
            join comparable b on b.record = record_b
        )
    """
