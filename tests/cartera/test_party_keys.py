"""Who is named by an e-mail or a phone alone has a name that only this company's key makes."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera.party_keys import party, party_key, rename_former, renamed, write_party_keys
from cartera.settings import Settings

ROWS = """(values
    (null, ' Ana@Example.com', null), (null, 'ana@example.com', '600111222'),
    (null, null, '600111222'), ('A-1', 'ana@example.com', null), (null, null, null)
) as told(party_id, party_email, party_phone)"""
ANA = "email:" + md5(b"ana@example.com", usedforsecurity=False).hexdigest()
LUIS = "phone:" + md5(b"600333444", usedforsecurity=False).hexdigest()


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def names(db: duckdb.DuckDBPyConnection, key: str) -> list[Any]:
    query = f"select {party()} as party from {ROWS}"
    write_party_keys(Settings(home=Path("nowhere"), hash_key=key), db, query, "names")
    rows = db.execute(
        f"select party_key from {ROWS} left join names on names.party = {party()}"
    ).fetchall()
    return [name for (name,) in rows]


def test_a_name_is_of_the_address_and_of_the_key(db: duckdb.DuckDBPyConnection) -> None:
    ana, again, phone, with_id, nobody = names(db, "a key")
    assert ana == again != phone
    assert with_id is nobody is None
    assert db.execute("select count(*) from names").fetchone() == (2,)
    # Whoever has no key tries addresses in vain.
    assert not set(names(db, "another")) & {ana, phone}
    assert ANA.partition(":")[2] not in ana


def test_names_of_before_become_those_of_now(
    db: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    """Without the addresses: of a ledger's records, and in what its events tell."""
    key = settings.hash_key.encode()
    db.execute(
        "create table ledger as from (values (?, ?), ('S-1', null)) as t(name, evidence)",
        [ANA, f'{{"with": "shop:{ANA}", "stood_as": ["{LUIS}"]}}'],
    )
    assert rename_former(settings, db, "ledger", "name")
    assert rename_former(settings, db, "ledger", "evidence")
    ana, luis = party_key(key, ANA), party_key(key, LUIS)
    assert db.execute("from ledger").fetchall() == [
        (ana, f'{{"with": "shop:{ana}", "stood_as": ["{luis}"]}}'),
        ("S-1", None),
    ]
    assert not rename_former(settings, db, "ledger", "name")
    assert renamed(settings, f"shop:{ANA}") == f"shop:{ana}"
    assert renamed(settings, "shop:S-1") == "shop:S-1"
