"""The identity step of a build: from staged people to customers, in three moves.

Reads ``work.staging.stg_people``; writes the schema ``contacts`` of ``contacts.duckdb`` and
``work.identity.bindings``, through which facts find their customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from cartera.duck import attach, first_value
from cartera.identity.base import base_of, leave
from cartera.identity.carry_over import carry_over, contacts_file, load_near_ledger
from cartera.identity.changes import EverybodyNeeded
from cartera.identity.contacts import write_contacts
from cartera.identity.golden import write_golden
from cartera.identity.ledger import load_elsewhere, load_ledger, make_tables
from cartera.identity.link import join_up, link
from cartera.identity.model import Model, load_model
from cartera.identity.nearby import BEFORE, find_near
from cartera.identity.persist import assign
from cartera.identity.reconcile import Reconciled, compare, set_aside
from cartera.identity.renumbered import find_renumbered
from cartera.identity.rules import append_decisions, write_rules
from cartera.identity.standardise import count_placeholders, standardise
from cartera.identity.stewards import Decision, load_decisions
from cartera.identity.survivorship import Survival, load_survivorship, survivorship_file
from cartera.identity.together import write_links
from cartera.keys import hash_key
from cartera.settings import Settings


@dataclass(frozen=True)
class Resolved:
    """What the step came to."""

    source_records: int
    customers: int
    placeholders: dict[str, int]
    reconciled: Reconciled | None = None


def resolve(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    *,
    publication_id: str,
    as_of: datetime,
    base_contacts: Path | None,
    decisions: Sequence[Decision] | None = None,
    in_full: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Resolved:
    """Resolve all source records. ``work`` and ``contacts`` must be attached for writing.

    The ledger of before is the base publication's; without one, the exported ledger, so that
    a rebuild from nothing gives the same ids. ``decisions`` are the stewards', by default those
    in force now. ``in_full`` looks at everybody again and says what differs from what a build on
    top of the last one comes to, if there is one to stand on. Raises ContractError or
    RefusedByData for decisions that cannot be followed.
    """
    tell = progress or (lambda line: None)
    connection.execute("create schema if not exists contacts.contacts")
    connection.execute("create schema if not exists work.identity")
    # ``work`` is gone at the end of the build: to press it small would be half of all work here.
    connection.execute("set force_compression = 'uncompressed'")
    stated = load_decisions(settings) if decisions is None else decisions
    model = load_model(settings.state)
    survivorship = load_survivorship(survivorship_file(settings))
    base = base_of(connection, settings.state, model, settings.default_country, survivorship)
    before = base_contacts.parent.name if base_contacts else None
    target, aside = contacts_file(connection), None
    if target and base_contacts and before and base.open_copy(connection, before):
        try:
            attach(connection, base_contacts, "ledger_before", write=False)
            resolved = _resolve_near(
                settings,
                connection,
                publication_id,
                as_of,
                base_contacts,
                target,
                stated,
                model,
                survivorship,
                tell,
            )
            if not in_full:
                base.keep(connection, publication_id, before)
                return resolved
            aside = set_aside(connection, target)
        except EverybodyNeeded as why:
            tell(f"identity: everybody is looked at, since {why}")
        finally:
            connection.execute("detach ledger_before")
    load_ledger(settings, connection, base_contacts, tell)
    placeholders = standardise(connection, settings.default_country)
    tell("identity: records standardised")
    find_renumbered(connection)
    write_rules(connection, stated)
    linked = link(connection, model)
    for alarm in linked.alarms:
        tell(f"identity: {alarm}")
    tell("identity: records linked")
    # A sixth of all memory that identity takes, and nobody asks again.
    connection.execute("drop table comparable; drop table candidates; drop table scored")
    assign(connection, hash_key(settings), publication_id, as_of)
    append_decisions(connection, publication_id, as_of)
    # Text is most of what is written; to try every way of pressing it would double the work.
    connection.execute("set force_compression = 'fsst'")
    write_golden(connection, survivorship)
    write_contacts(connection)
    connection.execute("set force_compression = 'uncompressed'")
    write_links(connection)
    reconciled = compare(connection, aside, linked.compared) if aside else None
    if in_full:
        tell(f"identity: {reconciled or 'there was nothing to stand on, and to compare with'}")
    leave(connection, base, model, linked.blocked.largest)
    base.keep(connection, publication_id, before)
    return _told(connection, placeholders, tell, reconciled)


def _resolve_near(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    publication_id: str,
    as_of: datetime,
    base_contacts: Path,
    target: Path,
    stated: Sequence[Decision],
    model: Model,
    survivorship: Mapping[str, Survival],
    tell: Callable[[str], None],
) -> Resolved:
    """Resolve on top of ``base`` and ``ledger_before``. Raises EverybodyNeeded."""
    make_tables(connection)
    load_elsewhere(settings, connection, base_contacts, tell, BEFORE)
    if first_value(connection, "select count(*) from work.identity.elsewhere"):
        raise EverybodyNeeded("a publication was rolled back")
    near = find_near(connection, model, settings.default_country, stated)
    tell(f"identity: {near.looked_at:,} of {near.records:,} records looked at again")
    load_near_ledger(connection, stated)
    find_renumbered(connection)
    write_rules(connection, stated)
    linked = join_up(connection, model, near.looked_at, near.blocked, near.compared)
    for alarm in linked.alarms:
        tell(f"identity: {alarm}")
    assign(connection, hash_key(settings), publication_id, as_of)
    append_decisions(connection, publication_id, as_of)
    carry_over(connection, base_contacts, target, survivorship)
    return _told(connection, count_placeholders(connection, "base.people"), tell, None)


def _told(
    connection: duckdb.DuckDBPyConnection,
    placeholders: dict[str, int],
    tell: Callable[[str], None],
    reconciled: Reconciled | None,
) -> Resolved:
    counts = connection.execute(
        "select count(*), count(distinct customer_id) from contacts.contacts.identity_map"
    ).fetchall()[0]
    tell(f"identity: {counts[0]:,} source records are {counts[1]:,} customers")
    return Resolved(counts[0], counts[1], placeholders, reconciled)
