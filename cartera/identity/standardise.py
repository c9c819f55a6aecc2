"""Source records in a form that can be compared.

Reads ``work.staging.stg_people`` and writes ``work.identity.records``: one row per source
record, with names, e-mail, phone, tax id, birth date and address folded for comparison beside
what was delivered. Placeholders such as ``test@test.com`` or ``000000000`` become NULL and are
counted.
"""

from __future__ import annotations

import duckdb

from cartera.duck import literal
from cartera.identity import addresses, emails, names, phones, seeds, tax_ids

# A birth date on this many records, and this many times as often as the others, was made up.
DATE_RECORDS = 20
DATE_TIMES = 25
PLACEHOLDERS = ("email", "phone", "name", "birth_date", "tax_id", "address")


def standardise(connection: duckdb.DuckDBPyConnection, default_country: str) -> dict[str, int]:
    """Write ``work.identity.records``; returns how many placeholders were nulled, by kind.

    ``default_country`` (ISO alpha-2) reads the phones and tax ids of records without a country.
    """
    connection.execute("create schema if not exists work.identity")
    people = "work.staging.stg_people"
    country = f"coalesce(upper(country), {literal(default_country)})"
    connection.execute(
        f"""
        create or replace temp table staged as
        select row_number() over (order by source_system, source_record_id) - 1 as record, *,
            {country} as own_country,
            {names.whole_name()} as whole,
            coalesce({names.is_english()}, false) as english,
            {emails.cleaned("email")} as typed_email,
            {tax_ids.text("tax_id")} as tax_text,
            coalesce({tax_ids.text("loyalty_number")}, null) as loyalty_key
        from {people}
        """
    )
    names.make_split(connection, "staged")
    connection.execute(
        f"""
        create or replace temp table named as
        with parted as (
            select record,
                left(case when staged.whole is null then given_name else split.given end,
                    {names.LONGEST}) as given,
                left(case when staged.whole is null
                    then nullif(concat_ws(' ', surname, second_surname), '')
                    else split.surnames end, {names.LONGEST}) as surnames
            from staged left join name_split split using (whole, english)
        )
        select record,
            case when is_misfiled then surnames else given end as given,
            case when is_misfiled then given else surnames end as surnames
        from (select *, coalesce({names.is_misfiled()}, false) as is_misfiled from parted)
        """
    )
    names.make_given_forms(connection, "named")
    names.make_surname_forms(connection, "named")
    phones.make_phones(connection, people, country)
    emails.make_domains(connection, "staged")
    addresses.make_addresses(connection, people)
    _frequent_dates(connection)
    _write(connection)
    for table in ("staged", "named", "name_split", "phones", "phones_typed", "addresses"):
        connection.execute(f"drop table {table}")
    counts = ", ".join(f"count(*) filter (has_placeholder_{kind})" for kind in PLACEHOLDERS)
    row = connection.execute(f"select {counts} from work.identity.records").fetchall()[0]
    return dict(zip(PLACEHOLDERS, row, strict=True))


def _frequent_dates(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``made_up_dates``: birth dates that a form or a clerk filled in."""
    connection.execute(
        f"""
        create or replace temp table made_up_dates as
        with counted as (
            select birth_date, count(*) as records from staged
            where birth_date is not null group by birth_date
        )
        select birth_date from counted
        where records >= {DATE_RECORDS}
            and records >= {DATE_TIMES} * (select median(records) from counted)
        """
    )


def _write(connection: duckdb.DuckDBPyConnection) -> None:
    dates = seeds.sql_list(seeds.words("placeholders", "birth_date"))
    kind = tax_ids.kind("tax_text", "own_country")
    connection.execute(
        f"""
        create or replace table work.identity.records as
        with checked as (
            select *, {kind} as tax_kind_told,
                {emails.is_placeholder("typed_email")} as is_made_up_email
            from staged
        ),
        valid as (
            select *, {tax_ids.is_valid("tax_text", "tax_kind_told")} as is_valid_tax from checked
        )
        select
            people.* exclude (
                whole, english, typed_email, tax_text, own_country, tax_kind_told,
                is_made_up_email, is_valid_tax, loyalty_key
            ),
            named.given,
            surname_forms.surname_1,
            surname_forms.surname_2,
            given_key,
            given_last,
            given_full,
            given_roots,
            given_parts,
            given_initials,
            given_has_initial,
            given_known,
            surname_key,
            second_surname_key,
            case when not is_made_up_email
                then {emails.canonical("typed_email", "mail_domains")} end as email_key,
            case when not is_made_up_email and meant is not null
                then split_part(typed_email, '@', 1) || '@' || meant end as email_meant,
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
            case when not coalesce(is_made_up_date, false) then people.birth_date end as birth_key,
            street || ' ' || house_number as address_key,
            flat_key,
            nullif(regexp_replace(upper(postal_code), '[^A-Z0-9]', '', 'g'), '') as postal_key,
            nullif(regexp_replace({names.folded("city")}, '[^\\p{{L}}]+', ' ', 'g'), '')
                as city_key,
            coalesce(is_made_up_email, false) as has_placeholder_email,
            coalesce(phones.is_placeholder, false) as has_placeholder_phone,
            coalesce((named.given is not null and given_key is null)
                or (named.surnames is not null and surname_key is null), false)
                as has_placeholder_name,
            coalesce(is_made_up_date, false) as has_placeholder_birth_date,
            people.tax_id is not null and tax_text is null as has_placeholder_tax_id,
            people.address is not null and people.address <> '' and street is null
                and {names.folded("people.address")} in
                ({seeds.sql_list(seeds.words("placeholders", "address"))})
                as has_placeholder_address
        from (
            select *, birth_date is not null and (
                birth_date::varchar in ({dates})
                or birth_date in (select birth_date from made_up_dates)
                or birth_date > created_at or birth_date < date '1900-01-02'
            ) as is_made_up_date
            from valid
        ) people
        left join named using (record)
        left join given_forms using (given)
        left join surname_forms using (surnames)
        left join mail_domains on mail_domains.domain = split_part(typed_email, '@', 2)
        left join phones on phones.phone = people.phone
            and phones.phone_country = people.own_country
        left join addresses on addresses.address = people.address
        order by record
        """
    )
