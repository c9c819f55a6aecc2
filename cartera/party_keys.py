"""Names of the people whom facts name by an e-mail or a phone, and by no id.

Such a name stands where the e-mail does not: in the ledger of identities, in tombstones. So it is a
keyed hash, which nobody without this company's key works out by trying. It is made here, where
the key may be, and comes to SQL as a table of distinct values.

What is hashed with the key is a digest already. Homes of before had that digest for a name, so they
are brought up to date without the e-mails, which may be gone from them (``renamed``).
"""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa

from cartera.keys import hash_key, keyed_hash
from cartera.settings import Settings

# The name of before: a digest without a key, which tells whose it is to whoever tries addresses.
FORMER = "(?:email|phone):[0-9a-f]{32}"
_WITHOUT_A_KEY = re.compile(FORMER)
_PURPOSE = "party"


def party(record: str = "party_id", email: str = "party_email", phone: str = "party_phone") -> str:
    """What a name is made of, as SQL over a row that names a person in these columns.

    NULL where the row has an id, or names nobody.
    """
    return (
        f"case when {record} is null then coalesce('email:' || md5(lower(trim({email}))), "
        f"'phone:' || md5({phone})) end"
    )


def party_key(key: bytes, told: str) -> str:
    """The name of ``told``, which is as ``party`` makes it: ``party:`` and 32 hex digits."""
    return f"{_PURPOSE}:{keyed_hash(key, _PURPOSE, told)}"


def write_party_keys(
    settings: Settings, connection: duckdb.DuckDBPyConnection, parties: str, table: str
) -> None:
    """Temp table ``table`` (party, party_key): one row for each ``party`` that the query yields."""
    key = hash_key(settings)
    found = connection.execute(
        f"select distinct party from ({parties}) where party is not null order by party"
    ).to_arrow_table()["party"]
    names = pa.array([party_key(key, told) for told in found.to_pylist()], pa.string())
    connection.register("parties_arrow", pa.table({"party": found, "party_key": names}))
    connection.execute(f"create or replace temp table {table} as from parties_arrow")
    connection.unregister("parties_arrow")


def rename_former(
    settings: Settings, connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> bool:
    """Names of before in the texts of ``column`` as they are now; False if there were none."""
    told = (
        f"select unnest(regexp_extract_all({column}, '{FORMER}')) as party from {table} "
        f"where regexp_matches({column}, '{FORMER}')"
    )
    write_party_keys(settings, connection, told, "former_names")
    # One name of a text at a time: what an event tells may have several.
    one = (
        f"update {table} set {column} = replace({column}, party, party_key) "
        f"from former_names where regexp_extract({column}, '{FORMER}') = party"
    )
    found = False
    while connection.execute(one).fetchall()[0][0]:
        found = True
    connection.execute("drop table former_names")
    return found


def renamed(settings: Settings, text: str) -> str:
    """``text`` with names of before as they are now."""
    if not _WITHOUT_A_KEY.search(text):
        return text
    key = hash_key(settings)
    return _WITHOUT_A_KEY.sub(lambda found: party_key(key, found[0]), text)
