"""Source records in a form that can be compared.

Reads ``work.staging.stg_people`` and writes ``work.identity.records``: one row per source
record, with names, e-mail, phone, tax id, birth date and address folded for comparison beside
what was delivered. Placeholders such as ``test@test.com`` or ``000000000`` become NULL and are
counted.
"""

from __future__ import annotations

import duckdb

from cartera.duck import identifier, literal
from cartera.identity import addresses, emails, names, phones, seeds, tax_ids

# A birth date on this many records, and this many times as often as the others, was made up.
DATE_RECORDS = 20
DATE_TIMES = 25
# As delivered they matter to nobody any more.
RAW = ("given_name", "surname", "second_surname", "full_name", "email", "phone", "tax_id")
PLACEHOLDERS = ("email", "phone", "name", "birth_date", "tax_id", "address")
# What a record says of itself alone, whatever others there are.
FORMS = [
    "given",
    "surname_1",
    "surname_2",
    "given_key",
    "given_last",
    "given_full",
    "given_roots",
    "given_parts",
    "given_bits",
    "given_initials",
    "given_has_initial",
    "given_known",
    "surname_key",
    "second_surname_key",
    "generation",
    "email_key",
    "is_several_email",
    "phone_key",
    "tax_key",
    "tax_kind",
    "tax_digits",
    "loyalty_key",
    "address_key",
    "flat_key",
    "postal_key",
    "city_key",
    "house",
    "typed_email",
    "has_placeholder_email",
    "has_placeholder_phone",
    "has_placeholder_name",
    "has_placeholder_tax_id",
    "has_placeholder_address",
]


def standardise(connection: duckdb.DuckDBPyConnection, default_country: str) -> dict[str, int]:
    """Write ``work.identity.records``; returns how many placeholders were nulled, by kind.

    ``default_country`` (ISO alpha-2) reads the phones and tax ids of records without a country."""
    connection.execute("create schema if not exists work.identity")
    columns = [row[0] for row in connection.execute("describe work.staging.stg_people").fetchall()]
    _number(connection, columns)
    connection.execute("create or replace temp view fresh as from staged")
    make_forms(connection, default_country)
    make_frequent_dates(connection, "staged")
    emails.make_meant(connection, "formed")
    connection.execute(f"create or replace table work.identity.records as {records_sql(columns)}")
    for table in ("staged", "formed"):
        connection.execute(f"drop table if exists {table}")
    return count_placeholders(connection)


def count_placeholders(
    connection: duckdb.DuckDBPyConnection, records: str = "work.identity.records"
) -> dict[str, int]:
    """How many placeholders were nulled in the table ``records``, by kind."""
    counts = ", ".join(f"count(*) filter (has_placeholder_{kind})" for kind in PLACEHOLDERS)
    row = connection.execute(f"select {counts} from {records}").fetchall()[0]
    return dict(zip(PLACEHOLDERS, row, strict=True))


def _number(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> None:
    """Temp table ``staged``: people with a number each, by key, and two hashes of all they say."""
    told = ", ".join(identifier(column) for column in columns)
    connection.execute(
        f"""
        create or replace temp table delivered as
        select *, hash({told}) as said, hash('again', {told}) as said_too
        from work.staging.stg_people;

        create or replace temp table staged as
        select record, delivered.*
        from delivered join (
            select rowid as place,
                row_number() over (order by source_system, source_record_id) - 1 as record
            from delivered
        ) on place = delivered.rowid;

        drop table delivered;
        """
    )


def make_forms(connection: duckdb.DuckDBPyConnection, default_country: str) -> None:
    """Temp table ``formed`` (record, said, said_too, FORMS) of the records in ``fresh``."""
    country = own_country(default_country)
    connection.execute(
        f"""
        create or replace temp table typed as
        select record, given_name, surname, second_surname, full_name, tax_id, address, city,
            country, language, phone, postal_code,
            said, said_too, {country} as own_country,
            {names.generation()} as generation,
            {names.whole_name()} as whole,
            coalesce({names.is_english()}, false) as english,
            {emails.cleaned("email")} as typed_email,
            {tax_ids.text("tax_id")} as tax_text,
            {tax_ids.text("loyalty_number")} as loyalty_key
        from fresh
        """
    )
    names.make_split(connection, "typed")
    connection.execute(
        f"""
        create or replace temp table named as
        with parted as (
            select record,
                left(case when typed.whole is null then given_name else split.given end,
                    {names.LONGEST}) as given,
                left(case when typed.whole is null
                    then nullif(concat_ws(' ', surname, second_surname), '')
                    else split.surnames end, {names.LONGEST}) as surnames
            from typed left join name_split split using (whole, english)
        )
        select record,
            case when is_misfiled then surnames else given end as given,
            case when is_misfiled then given else surnames end as surnames
        from ({names.misfiled("parted")})
        """
    )
    names.make_given_forms(connection, "named")
    names.make_surname_forms(connection, "named")
    phones.make_phones(connection, "typed", country)
    addresses.make_addresses(connection, "typed")
    emails.make_providers(connection, "typed")
    kind = tax_ids.kind("tax_text", "own_country")
    connection.execute(
        f"""
        create or replace temp table formed as
        with checked as (
            select *, {kind} as tax_kind_told,
                {emails.is_placeholder("typed_email")} as is_made_up_email
            from typed
        ),
        valid as (
            select *, {tax_ids.is_valid("tax_text", "tax_kind_told")} as is_valid_tax from checked
        )
        select
            record, said, said_too,
            named.given,
            surname_forms.surname_1,
            surname_forms.surname_2,
            given_key,
            given_last,
            given_full,
            given_roots,
            given_parts,
            given_bits,
            given_initials,
            given_has_initial,
            given_known,
            surname_key,
            second_surname_key,
            generation,
            case when not is_made_up_email
                then {emails.canonical("typed_email", "providers")} end as email_key,
            not is_made_up_email and {emails.is_several("typed_email")} as is_several_email,
            phones.e164 as phone_key,
            case when is_valid_tax then tax_text end as tax_key,
            case when tax_text is not null then tax_kind_told end as tax_kind,
            case when tax_kind_told in ('nif', 'nie', 'rut', 'cuit', 'cpf')
                then ltrim(regexp_replace(tax_text[:-2], '[^0-9XYZ]', '', 'g'), '0')
                when tax_kind_told = 'other' and own_country = 'ES'
                    and regexp_full_match(tax_text, '[0-9]{{7,8}}') then ltrim(tax_text, '0')
                end as tax_digits,
            loyalty_key,
            street || ' ' || house_number as address_key,
            flat_key,
            nullif(regexp_replace(upper(postal_code), '[^A-Z0-9]', '', 'g'), '') as postal_key,
            town as city_key,
            {addresses.house("valid")} as house,
            typed_email,
            coalesce(is_made_up_email, false) as has_placeholder_email,
            coalesce(phones.is_placeholder, false) as has_placeholder_phone,
            coalesce((named.given is not null and given_key is null)
                or (named.surnames is not null and surname_key is null), false)
                as has_placeholder_name,
            valid.tax_id is not null and tax_text is null as has_placeholder_tax_id,
            valid.address is not null and valid.address <> '' and street is null
                and {names.folded("valid.address")} in
                ({seeds.sql_list(seeds.words("placeholders", "address"))})
                as has_placeholder_address
        from valid
        left join named using (record)
        left join given_forms using (given)
        left join surname_forms using (surnames)
        left join providers on providers.domain = split_part(typed_email, '@', 2)
        left join phones on phones.phone = valid.phone
            and phones.phone_country = valid.own_country
        left join addresses on addresses.address = valid.address
        left join ({addresses.towns("typed")}) towns on towns.city = valid.city
        """
    )
    for table in ("typed", "named", "name_split", "phones", "phones_typed", "addresses"):
        connection.execute(f"drop table {table}")


def own_country(default_country: str) -> str:
    """A record's country (ISO alpha-2), however it is written, as SQL; the default if it is not."""
    plain = f"trim(regexp_replace({names.folded('country')}, '[^a-z]+', ' ', 'g'))"
    known = seeds.sql_map([(name, code) for name, code in seeds.rows("countries")])
    return (
        f"coalesce(case when country is not null then coalesce({known}[{plain}], "
        f"case when length({plain}) = 2 then upper({plain}) end) end, {literal(default_country)})"
    )


def make_frequent_dates(connection: duckdb.DuckDBPyConnection, people: str) -> None:
    """Temp table ``made_up_dates``: birth dates of ``people`` that a form or a clerk filled in."""
    connection.execute(
        f"""
        create or replace temp table made_up_dates as
        with counted as (
            select birth_date, count(*) as records from {people}
            where birth_date is not null group by birth_date
        )
        select birth_date from counted
        where records >= {DATE_RECORDS}
            and records >= {DATE_TIMES} * (select median(records) from counted)
        """
    )


def told_columns(columns: list[str]) -> list[str]:
    """Of the columns of ``stg_people`` those that records keep as they were told."""
    return [name for name in columns if name not in RAW]


def records_sql(columns: list[str], staged: str = "staged", forms: str = "formed as forms") -> str:
    """Forms, and what only all records together tell, as a query.

    Needs ``made_up_dates`` and ``meant_domains``.
    """
    dates = seeds.sql_list(seeds.words("placeholders", "birth_date"))
    told = ", ".join(
        "case when not has_placeholder_address then people.address end as address"
        if name == "address"
        else f"people.{identifier(name)}"
        for name in told_columns(columns)
    )
    return f"""
        select
            people.record, people.said, people.said_too, {told}, {", ".join(FORMS)},
            case when not has_placeholder_email and meant is not null
                then split_part(typed_email, '@', 1) || '@' || meant end as email_meant,
            case when not is_made_up_date then people.birth_date end as birth_key,
            is_made_up_date as has_placeholder_birth_date
        from (
            select *, coalesce(birth_date::varchar in ({dates})
                or birth_date in (select birth_date from made_up_dates)
                or birth_date > created_at or birth_date < date '1900-01-02', false
            ) as is_made_up_date
            from {staged}
        ) people
        join {forms} using (record)
        left join meant_domains on meant_domains.domain = split_part(typed_email, '@', 2)
    """
