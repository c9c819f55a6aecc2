"""Source records in a form that can be compared.

Reads ``work.staging.stg_people`` and writes ``work.identity.records``: one row per source
record, with e-mail, phone, tax id and names folded for comparison. Placeholders such as
``test@test.com`` or ``000000000`` become NULL and are counted.
"""

from __future__ import annotations

import duckdb
import phonenumbers
import pyarrow as pa

from cartera.duck import literal

# Values that people type when they do not want to give one.
PLACEHOLDER_EMAILS = (
    "test@test.com",
    "test@example.com",
    "no@no.com",
    "none@none.com",
    "noemail@noemail.com",
    "sinemail@sinemail.com",
    "a@a.com",
    "x@x.com",
    "info@info.com",
    "nomail@nomail.com",
    "notiene@notiene.com",
)
PARTICLES = ("de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "do", "dos", "van", "von")


def standardise(connection: duckdb.DuckDBPyConnection, default_country: str) -> dict[str, int]:
    """Write ``work.identity.records``; returns how many placeholders were nulled, by kind.

    ``default_country`` (ISO alpha-2) reads the phones of records without a country.
    """
    connection.execute("create schema if not exists work.identity")
    country = f"coalesce(upper(country), {literal(default_country)})"
    _phones(connection, country)
    emails = ", ".join(literal(email) for email in PLACEHOLDER_EMAILS)
    connection.execute(
        f"""
        create or replace table work.identity.records as
        with named as (
            select
                *,
                case
                    when given_name is not null or surname is not null then given_name
                    when contains(full_name, ',') then trim(split_part(full_name, ',', 2))
                    else {_given_of_full_name()}
                end as given,
                case
                    when given_name is not null or surname is not null
                        then concat_ws(' ', surname, second_surname)
                    when contains(full_name, ',') then trim(split_part(full_name, ',', 1))
                    else {_surnames_of_full_name()}
                end as surnames
            from work.staging.stg_people
        ),
        folded as (
            select *, {_folded("given")} as given_words, {_folded("surnames")} as surname_words
            from named
        )
        select
            row_number() over (order by source_system, source_record_id) - 1 as record,
            people.*,
            {_first_surname("surnames")} as surname_1,
            nullif(trim(substr(surnames, length({_first_surname("surnames")}) + 1)), '')
                as surname_2,
            nullif(list_extract(given_words, 1), '') as given_key,
            nullif(list_extract(surname_words, 1), '') as surname_key,
            nullif(list_extract(surname_words, 2), '') as second_surname_key,
            case when typed_email in ({emails}) then null else typed_email end as email_key,
            phones.e164 as phone_key,
            {_number("tax_id")} as tax_key,
            {_number("loyalty_number")} as loyalty_key,
            typed_email in ({emails}) as has_placeholder_email,
            phones.is_placeholder as has_placeholder_phone
        from (
            select
                *,
                case
                    when regexp_full_match(
                        lower(trim(email)), '[^@ ]+@[^@ .]+([.][^@ .]+)+'
                    ) then lower(trim(email))
                end as typed_email
            from folded
        ) people
        left join phones
            on phones.phone = people.phone and phones.phone_country = {country}
        """
    )
    row = connection.execute(
        "select count(*) filter (has_placeholder_email), count(*) filter (has_placeholder_phone) "
        "from work.identity.records"
    ).fetchall()[0]
    return {"email": row[0], "phone": row[1]}


def e164(phone: str, country: str) -> tuple[str | None, bool]:
    """``phone`` as +34600111222, and whether it is a placeholder such as 000000000."""
    digits = "".join(character for character in phone if character.isdigit())
    if len(set(digits)) <= 1 or digits in ("123456789", "987654321"):
        return None, True
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None, False
    if not phonenumbers.is_possible_number(number):
        return None, False
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), False


def _phones(connection: duckdb.DuckDBPyConnection, country: str) -> None:
    """A temp table ``phones``: each distinct phone and country once, as E.164."""
    distinct = connection.execute(
        f"select distinct phone, {country} as phone_country from work.staging.stg_people "
        "where phone is not null order by all"
    ).to_arrow_table()
    numbers = [
        e164(phone, country)
        for phone, country in zip(
            distinct["phone"].to_pylist(), distinct["phone_country"].to_pylist(), strict=True
        )
    ]
    table = distinct.append_column("e164", pa.array([n for n, _ in numbers], pa.string()))
    table = table.append_column("is_placeholder", pa.array([p for _, p in numbers], pa.bool_()))
    connection.register("phones_arrow", table)
    connection.execute("create or replace temp table phones as from phones_arrow")
    connection.unregister("phones_arrow")


def _number(column: str) -> str:
    """A tax id or card number in capitals; NULL for 000000000, 11111111H, N/A and the like."""
    text = f"regexp_replace(upper({column}), '[^A-Z0-9]', '', 'g')"
    digits = f"regexp_replace({column}, '[^0-9]', '', 'g')"
    distinct = f"len(list_distinct(string_split({digits}, '')))"
    return (
        f"case when {digits} <> '' and not (length({digits}) > 3 and {distinct} = 1) "
        f"then {text} end"
    )


def _folded(column: str) -> str:
    """The words of a name without accents, case, punctuation and particles, as a list."""
    particles = ", ".join(literal(word) for word in PARTICLES)
    text = f"lower(strip_accents(replace({column}, 'ª', 'aria')))"
    words = f"string_split(trim(regexp_replace({text}, '[^a-z]+', ' ', 'g')), ' ')"
    kept = f"list_filter({words}, lambda word: word not in ({particles}))"
    return f"case when len({kept}) > 0 then {kept} else {words} end"


def _first_surname(column: str) -> str:
    """The first surname as written, with the particles before it: ``de la Cruz``."""
    return f"list_extract({_units(column)}, 1)"


def _units(column: str) -> str:
    """The words of a name, each with the particles before it, as a list: ``de la Cruz`` is one."""
    particles = "|".join(PARTICLES)
    return f"regexp_extract_all(trim({column}), '(?i)(?:(?:{particles}) +)*[^ ]+')"


def _given_of_full_name() -> str:
    """Of two or three words the first is the given name, of more the first two."""
    words = _units("full_name")
    return f"array_to_string({words}[1:case when len({words}) > 3 then 2 else 1 end], ' ')"


def _surnames_of_full_name() -> str:
    words = _units("full_name")
    return f"array_to_string({words}[case when len({words}) > 3 then 3 else 2 end:], ' ')"
