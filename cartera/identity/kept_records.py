"""Records in the form that they are compared in, kept from build to build.

That form depends on what a record says, on the code and on the default country, and on no other
record: it is kept under two hashes of all the record says, so that a build works on records that
are new or changed. The parts hold names, e-mails, phones and tax ids as the landing does.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from cartera.identity.kept import MOST_PARTS, Kept, code_key

# Of records that are gone, forms are dropped when there are this many to those that are there.
_GONE = 0.02


def kept_records(state: Path, default_country: str, columns: list[str]) -> Kept:
    """What is kept for records with these columns."""
    text = "|".join([code_key(), default_country, *columns])
    return Kept(state, "records", hashlib.blake2b(text.encode(), digest_size=6).hexdigest())


def read_records(connection: duckdb.DuckDBPyConnection, kept: Kept) -> bool:
    """Temp table ``forms`` of the records in ``staged`` that are kept; view ``fresh``: the others.

    False where nothing is kept: then there is neither.
    """
    parts = kept.parts()
    if not parts:
        return False
    connection.execute(
        f"""
        create or replace temp table forms as
        select record, kept.*
        from (select record, said, said_too from staged) here
        join {kept.source(parts)} kept using (said, said_too);

        create or replace temp view fresh as from staged anti join forms using (record);
        """
    )
    # One record, one form: were it not so, what is kept would be no help.
    here, found = connection.execute(
        "select count(*), count(distinct record) from forms"
    ).fetchall()[0]
    if here != found:
        connection.execute("drop table forms")
        return False
    return True


def write_records(connection: duckdb.DuckDBPyConnection, kept: Kept) -> None:
    """Keep the forms of the records that there are now. ``forms`` has all of them."""
    parts = kept.parts()
    stood = 0
    if parts:
        source = kept.source(parts)
        stood = connection.execute(f"select count(*) from {source}").fetchall()[0][0]
    there, fresh = connection.execute(
        "select (select count(*) from forms), (select count(*) from formed)"
    ).fetchall()[0]
    gone = stood - (there - fresh)
    if not parts or len(parts) >= MOST_PARTS or gone > _GONE * there:
        kept.replace(connection, "select * exclude (record) from forms")
    elif fresh:
        kept.add(connection, "select * exclude (record) from formed")
