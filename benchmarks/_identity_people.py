"""People's records of the demo company as identity gets them, without the rest of the company.

The same records that ``cartera demo`` exports, with the columns of ``stg_people``, and the
person behind each. Names are missing or in one field as the systems deliver them.
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import duckdb

from cartera.duck import literal
from ingestion.demo.people import make_people
from ingestion.demo.records import make_records
from ingestion.demo.scratch import Company, scratch_database

DELIVERED = """
select
    r.system as source_system, r.record_id as source_record_id,
    case r.system when 'crm' then 'crm_contacts' when 'shop' then 'shop_accounts'
        when 'loyalty' then 'loyalty_members' when 'mailing' then 'newsletter_subscribers'
        else 'leads' end as source,
    case when r.system in ('crm', 'shop') then given
        when r.system = 'loyalty' and u(k, 'upper') < 0.6 then upper(given)
        when r.system = 'loyalty' then given end as given_name,
    case when r.system in ('crm', 'loyalty') then s1
        when r.system = 'shop' and s2 is not null and u(k, 'joined') >= 0.5 then s1 || ' ' || s2
        when r.system = 'shop' then s1 end as surname,
    case when r.system in ('crm', 'loyalty') then s2
        when r.system = 'shop' and u(k, 'joined') >= 0.5 then null end as second_surname,
    case when r.system = 'leadtool' then full_name
        when r.system = 'mailing' and u(k, 'nameless') >= 0.6 then full_name
        when r.system = 'mailing' and u(k, 'nameless') >= 0.35 then given end as full_name,
    email,
    phone,
    case when r.system in ('crm', 'loyalty') then tax_id end as tax_id,
    case when r.system = 'loyalty' then r.record_id
        when r.system = 'crm' and u(k, 'card') < 0.25 then known.loyalty_id end as loyalty_number,
    case when r.system in ('crm', 'shop', 'loyalty') then birth_date end as birth_date,
    case when r.system in ('crm', 'shop', 'loyalty') then address end as address,
    case when r.system in ('crm', 'shop', 'loyalty') then postal_code end as postal_code,
    case when r.system <> 'mailing' then city end as city,
    case when r.system in ('crm', 'shop', 'loyalty') then region end as region,
    case when r.system <> 'mailing' or u(k, 'land2') < 0.5 then country end as country,
    language, null::varchar as home_store_id, null::varchar as account_owner,
    created_at, updated_at, r.p as person, r.h as household
from records r join known using (p)
order by source_system, source_record_id
"""


def write_demo_people(target: Path, people: int, seed: int = 7) -> None:
    """Write the records of ``people`` persons to the Parquet file ``target``.

    Beside the columns of ``stg_people`` it has ``person`` and ``household``, the truth.
    """
    with (
        tempfile.TemporaryDirectory(dir=target.parent) as folder,
        scratch_database(Path(folder)) as db,
    ):
        company = Company(db, people, seed, date(2026, 11, 1), 730)
        make_people(company)
        make_records(company)
        db.execute(f"copy ({DELIVERED}) to {literal(target)} (format parquet)")


if __name__ == "__main__":
    import sys

    write_demo_people(Path(sys.argv[1]), int(sys.argv[2]))
    print(duckdb.sql(f"select source, count(*) from '{sys.argv[1]}' group by all"))
