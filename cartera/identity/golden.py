"""The golden record: of each customer, the attributes that survive, and where each is from.

For every attribute the best value wins: from the source that ``survivorship.csv`` trusts
most, then the most recently changed record, then the lowest source key.
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from cartera.duck import literal

SURVIVORSHIP = Path(__file__).parent / "survivorship.csv"
# Golden attribute: the column of ``work.identity.records`` that it is taken from.
ATTRIBUTES = {
    "given_name": "given",
    "surname_1": "surname_1",
    "surname_2": "surname_2",
    "email": "email_key",
    "phone_e164": "phone_key",
    "birth_date": "birth_date",
    "tax_id": "tax_key",
    "loyalty_number": "loyalty_key",
    "address": "address",
    "postal_code": "postal_code",
    "city": "city",
    "region": "region",
    "country": "country",
    "language": "language",
}


def write_golden(connection: duckdb.DuckDBPyConnection) -> None:
    """Write ``contacts.contacts.golden_records``: one row per customer."""
    outputs = []
    for attribute, column in ATTRIBUTES.items():
        best = (
            f"arg_min(struct_pack(value := {column}, origin := origin), "
            f"(coalesce({attribute}_rank, 99), -epoch(coalesce(changed_at, 'epoch'::timestamp)), "
            f"origin)) filter ({column} is not null)"
        )
        outputs.append(f"{best}.value as {attribute}, {best}.origin as {attribute}_source")
    ranks = ", ".join(f"{_rank(attribute)} as {attribute}_rank" for attribute in ATTRIBUTES)
    connection.execute(
        f"""
        create or replace table contacts.contacts.golden_records as
        with candidates as (
            select
                customer_id,
                records.*,
                source_system || ':' || source_record_id as origin,
                coalesce(updated_at, created_at) as changed_at,
                {ranks}
            from work.identity.assigned join work.identity.records using (record)
        )
        select customer_id, {", ".join(outputs)}
        from candidates group by customer_id order by customer_id
        """
    )


def _rank(attribute: str) -> str:
    """How much each source is trusted for ``attribute``, as a ``case``; 1 is most."""
    with SURVIVORSHIP.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["attribute"] in (attribute, "*")]
    exact = {row["source"]: row["rank"] for row in rows if row["attribute"] == attribute}
    ranks = {row["source"]: row["rank"] for row in rows} | exact
    whens = " ".join(f"when {literal(source)} then {int(rank)}" for source, rank in ranks.items())
    return f"case source {whens} end"
