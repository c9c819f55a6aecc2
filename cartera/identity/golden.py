"""The golden record: of each customer, the values that survive, and which record each is from."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from cartera.duck import literal
from cartera.identity.survivorship import UNITS, Survival

# Golden attribute: the column of ``work.identity.records`` that it is taken from.
ATTRIBUTES = {
    "given_name": "given",
    "surname_1": "surname_1",
    "surname_2": "surname_2",
    "email": "email_key",
    "phone_e164": "phone_key",
    "birth_date": "birth_key",
    "tax_id": "tax_key",
    "loyalty_number": "loyalty_key",
    "address": "address",
    "postal_code": "postal_code",
    "city": "city",
    "region": "region",
    "country": "country",
    "language": "language",
}

# What reaches somebody, and its kind of shared identifier.
_REACHED_BY = {"email_key": "email", "phone_key": "phone"}


def write_golden(
    connection: duckdb.DuckDBPyConnection,
    survivorship: Mapping[str, Survival],
    target: str = "contacts.contacts.golden_records",
) -> None:
    """Write ``target``: one row per customer of ``work.identity.assigned``.

    Each attribute has ``<attribute>_source``, the record that it is from. Of candidates that no
    rule tells apart, the one with the lowest ``system:record_id`` wins.
    """
    counted = [unit for unit in UNITS if "most_frequent" in survivorship[unit].rules]
    counts = "".join(f", {unit}_said.times as {unit}_times" for unit in counted)
    said = " ".join(
        f"left join ({_frequency(unit)}) {unit}_said using (customer_id, {unit}_text)"
        for unit in counted
    )
    texts = "".join(f", {_text(unit)} as {unit}_text" for unit in counted)
    best = ", ".join(f"{_winner(unit, survivorship[unit])} as {unit}_best" for unit in UNITS)
    told = ", ".join(
        f"{unit}_best.{name} as {name}, "
        f"case when {unit}_best.{name} is not null then {unit}_best.origin end as {name}_source"
        for unit, names in UNITS.items()
        for name in names
    )
    alone = ", ".join(
        f"{ATTRIBUTES[name]} as {name}, "
        f"case when {ATTRIBUTES[name]} is not null then origin end as {name}_source"
        for names in UNITS.values()
        for name in names
    )
    read = sorted({*ATTRIBUTES.values(), "source"} - set(_REACHED_BY))
    own = "".join(f", {_own(column, kind)} as {column}" for column, kind in _REACHED_BY.items())
    connection.execute(
        f"""
        create or replace table {target} as
        with sizes as (
            select customer_id, count(*) as records from work.identity.assigned group by all
        ),
        members as (
            select
                customer_id, sizes.records = 1 as is_alone, {", ".join(read)}{own},
                source_system || ':' || source_record_id as origin,
                coalesce(updated_at, created_at, 'epoch'::timestamp) as changed_at
            from work.identity.assigned
            join work.identity.records using (record)
            join sizes using (customer_id)
        ),
        several as (select *{texts} from members where not is_alone),
        candidates as (select several.*{counts} from several {said}),
        winners as (select customer_id, {best} from candidates group by customer_id)
        select customer_id, {told} from winners
        union all
        -- Most customers have one record, and nothing to choose from.
        select customer_id, {alone} from members where is_alone
        order by customer_id
        """
    )


def _own(column: str, kind: str) -> str:
    """An identifier, unless people of many names have it: a clerk's mailbox reaches no customer."""
    return (
        f"case when {column} not in (select value from work.identity.shared_identifiers "
        f"where kind = '{kind}' and reason = 'many names') then {column} end"
    )


def _columns(unit: str) -> list[str]:
    return [ATTRIBUTES[name] for name in UNITS[unit]]


def _winner(unit: str, survival: Survival) -> str:
    """The values of the unit's best record, with its origin, as a struct."""
    values = ", ".join(
        f"{name} := {column}" for name, column in zip(UNITS[unit], _columns(unit), strict=True)
    )
    key = ", ".join([*(_rank(rule, unit, survival) for rule in survival.rules), "origin"])
    some = " or ".join(f"{column} is not null" for column in _columns(unit))
    return f"arg_min(struct_pack({values}, origin := origin), ({key})) filter ({some})"


def _rank(rule: str, unit: str, survival: Survival) -> str:
    """What ``rule`` sorts candidates by: the lowest wins."""
    columns = _columns(unit)
    if rule == "verified":
        return _place(survival.verified) if survival.verified else "0"
    if rule == "source_priority":
        return _place(survival.sources) if survival.sources else "0"
    if rule == "most_recent":
        return "-epoch(changed_at)"
    if rule == "most_frequent":
        return f"-{unit}_times"
    if rule == "most_complete":
        return "-(" + " + ".join(f"({column} is not null)::int" for column in columns) + ")"
    return f"-length(concat_ws(' ', {', '.join(columns)}))"


def _place(sources: tuple[str, ...]) -> str:
    """The place of a record's source in ``sources``; all others come after."""
    whens = " ".join(f"when {literal(name)} then {n}" for n, name in enumerate(sources))
    return f"case source {whens} else {len(sources)} end"


def _frequency(unit: str) -> str:
    """How many records of each customer say the same, accents and case aside, as a query."""
    return f"select customer_id, {unit}_text, count(*) as times from several group by all"


def _text(unit: str) -> str:
    return f"lower(strip_accents(concat_ws(' ', {', '.join(_columns(unit))})))"
