"""Who is meant: the current publication's restricted file, and names of records and customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from cartera import publications, records
from cartera.duck import attach, confine, connect
from cartera.errors import CarteraError, RefusedByData, UsageError
from cartera.identity.ledger import merges_sql
from cartera.identity.stewards import CUSTOMER
from cartera.settings import Settings

RECORD = re.compile(r"[a-z][a-z0-9_]*:[^@\s]+")


@dataclass(frozen=True)
class Named:
    """What a name stands for. A record has one entry in ``members``, a customer all of its own.

    ``members`` is empty for what was known once and is gone.
    """

    name: str
    is_customer: bool
    customer_id: str | None
    members: tuple[str, ...]

    @property
    def record(self) -> str:
        """The record itself, or the customer's first."""
        return self.members[0]


@contextmanager
def open_contacts(
    settings: Settings,
    event: str,
    names: list[str],
    *,
    warehouse: bool = False,
    files: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The current publication's ``contacts``, read-only; who looked at whom goes on the record.

    With ``warehouse`` that is there too. Other files can be read from there only with ``files``.
    Raises RefusedByData before the first publication, CarteraError for a user who may not read
    contact data.
    """
    publication = publications.current(settings)
    if publication is None:
        raise RefusedByData("Nothing has been published yet.", fix="Run `cartera build` first.")
    with connect(settings) as connection:
        try:
            publication.contacts.open("rb").close()
        except PermissionError as error:
            raise CarteraError(
                f"{publication.contacts}: contact data is not for this user.",
                fix="Ask for the role: CARTERA_CONTACTS_GROUP names the group that may read it.",
            ) from error
        attach(connection, publication.contacts, "contacts", write=False)
        if warehouse:
            attach(connection, publication.warehouse, "warehouse", write=False)
        if not files:
            confine(connection)
        # Before they look, so that nobody looks unseen.
        records.access(
            settings,
            event,
            names=list(filter(_is_no_address, names)),
            asked=len(names),
            publication_id=publication.publication_id,
        )
        yield connection


def _is_no_address(name: str) -> bool:
    """Whether a name tells nobody who it is: people type e-mails and phones by mistake."""
    is_record = bool(RECORD.fullmatch(name)) and not re.search(r"[^:]:(email|phone):", name)
    return bool(CUSTOMER.fullmatch(name)) or is_record


def find(connection: duckdb.DuckDBPyConnection, name: str) -> Named:
    """What ``name`` stands for today. Raises UsageError for one that never stood for anything."""
    if CUSTOMER.fullmatch(name):
        return _customer(connection, name)
    system, _, record_id = name.partition(":")
    row = connection.execute(
        "select customer_id from contacts.contacts.identity_map "
        "where source_system = ? and source_record_id = ?",
        [system, record_id],
    ).fetchone()
    if row:
        return Named(name, False, row[0], (name,))
    if _told(connection, "source_system = ? and source_record_id = ?", system, record_id):
        return Named(name, False, None, ())
    raise UsageError(
        f"No record and no customer {name!r}.",
        fix="Name a record as system:record_id, such as crm:1042, or give a customer's id.",
    )


def _customer(connection: duckdb.DuckDBPyConnection, name: str) -> Named:
    ledger = "contacts.contacts.identity_ledger"
    row = connection.execute(
        f"select current_customer_id from ({merges_sql(ledger)}) where old_customer_id = ?", [name]
    ).fetchone()
    customer = row[0] if row else name
    # The founding record first: it is what an id stands for.
    members = connection.execute(
        f"""
        select source_system || ':' || source_record_id
        from contacts.contacts.identity_map as members
        left join (
            select distinct source_system, source_record_id, true as is_founder
            from {ledger} where customer_id = $id and reason = 'founding'
        ) using (source_system, source_record_id)
        where members.customer_id = $id
        order by is_founder nulls last, source_system, source_record_id
        """,
        {"id": customer},
    ).fetchall()
    if not members and not _told(connection, "customer_id = ?", name):
        raise UsageError(
            f"No customer {name!r} was ever published.",
            fix="Copy the id from customer_360, or name a record as system:record_id.",
        )
    return Named(name, True, customer if members else None, tuple(row[0] for row in members))


def _told(connection: duckdb.DuckDBPyConnection, where: str, *values: str) -> bool:
    ledger = "contacts.contacts.identity_ledger"
    sql = f"select 1 from {ledger} where {where} limit 1"
    return connection.execute(sql, list(values)).fetchone() is not None
