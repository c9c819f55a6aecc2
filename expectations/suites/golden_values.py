"""A golden record says nothing that no record of its customer says."""

from __future__ import annotations

import re

from expectations.rules import Rule, no_rows

_NAMES = "lower(strip_accents(concat_ws(' ', given_name, surname, second_surname, full_name)))"

# Golden attribute: whether a source record says the value ``v``. Identifiers are kept in one
# spelling, names are cut out of what was typed, phones lose their signs; the rest stays as it is.
_IS_SAID = {
    "given_name": f"contains({_NAMES}, lower(strip_accents(split_part(v, ' ', 1))))",
    "surname_1": f"contains({_NAMES}, lower(strip_accents(split_part(v, ' ', 1))))",
    "surname_2": f"contains({_NAMES}, lower(strip_accents(split_part(v, ' ', 1))))",
    "email": "email_key = v",
    "phone_e164": "contains(regexp_replace(phone, '[^0-9]', '', 'g'), right(v, 6))",
    "birth_date": "birth_date = v",
    "tax_id": "tax_key = v",
    "loyalty_number": "loyalty_key = v",
    "address": "address = v",
    "postal_code": "postal_code = v",
    "city": "city = v",
    "region": "region = v",
    "country": "country = v",
    "language": "language = v",
}


def _unsaid() -> str:
    """Attributes whose named source is no record of the customer, or says something else.

    One join and one aggregate for all attributes; a source's id is not shown, it can be an e-mail.
    """
    golden = ", ".join(f"{name} as v_{name}, {name}_source" for name in _IS_SAID)
    said = ", ".join(
        # A record that is not the source is not read.
        f"bool_or(case when origin = {name}_source then {_of(name, test)} end) as {name}_is_said"
        for name, test in _IS_SAID.items()
    )
    missing = ", ".join(
        f"case when (golden.{name} is not null or golden.{name}_source is not null) "
        f"and not coalesce({name}_is_said, false) then '{name}' end"
        for name in _IS_SAID
    )
    return f"""
        with records as (
            select
                identity_map.customer_id,
                source_system || ':' || source_record_id as origin,
                records.email_key, records.tax_key, records.loyalty_key, people.*
            from contacts.contacts.identity_map
            inner join work.identity.records using (source_system, source_record_id)
            inner join work.staging.stg_people as people using (source_system, source_record_id)
        ),
        golden as (select customer_id, {golden} from contacts.contacts.golden_records),
        said as (
            select customer_id, {said}
            from golden inner join records using (customer_id)
            group by customer_id
        ),
        unsaid as (
            select customer_id, concat_ws(', ', {missing}) as attributes
            from contacts.contacts.golden_records as golden
            left join said using (customer_id)
        )
        select customer_id, attributes
        from unsaid
        where attributes <> ''
        order by customer_id
    """


def _of(name: str, test: str) -> str:
    return re.sub(r"\bv\b", f"v_{name}", test)


RULES: list[Rule] = [
    no_rows(
        "golden_values_have_a_source",
        severity="critical",
        table="contacts.contacts.golden_records",
        sql=_unsaid(),
        reason="A golden value is not what the record that it names as its source says.",
        remedy="Compare the customer's records with `cartera identity explain`; the survivorship "
        "step mixed up customers or records.",
    ),
]
