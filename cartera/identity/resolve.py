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
from cartera.identity.forgetting import forget_the_erased
from cartera.identity.golden import write_golden
from cartera.identity.ledger import load_elsewhere, load_ledger, make_tables
from cartera.identity.link import Linked, join_up, link
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
    alarms: tuple[str, ...] = ()
    reconciled: Reconciled | None = None


@dataclass(frozen=True)
class _Run:
    """What one run of the step goes by."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    publication_id: str
    as_of: datetime
    base_contacts: Path | None
    decisions: Sequence[Decision]
    model: Model
    survivorship: Mapping[str, Survival]
    tell: Callable[[str], None]

    @property
    def before(self) -> str | None:
        """The publication that the build stands on."""
        return self.base_contacts.parent.name if self.base_contacts else None


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
    connection.execute("create schema if not exists contacts.contacts")
    connection.execute("create schema if not exists work.identity")
    # ``work`` is gone at the end of the build: to press it small would be half of all work here.
    connection.execute("set force_compression = 'uncompressed'")
    run = _Run(
        settings,
        connection,
        publication_id,
        as_of,
        base_contacts,
        load_decisions(settings) if decisions is None else decisions,
        load_model(settings.state),
        load_survivorship(survivorship_file(settings)),
        progress or (lambda line: None),
    )
    base = base_of(
        connection, settings.state, run.model, settings.default_country, run.survivorship
    )
    target, aside = contacts_file(connection), None
    if target and base_contacts and run.before and base.open_copy(connection, run.before):
        try:
            attach(connection, base_contacts, "ledger_before", write=False)
            resolved = _on_top(run, base_contacts, target)
            if not in_full:
                base.keep(connection, publication_id, run.before)
                return resolved
            aside = set_aside(connection, target)
        except EverybodyNeeded as why:
            run.tell(f"identity: everybody is looked at, since {why}")
        finally:
            connection.execute("detach ledger_before")
    linked, placeholders = _everybody(run)
    reconciled = compare(connection, aside, linked.compared) if aside else None
    if in_full:
        run.tell(f"identity: {reconciled or 'there was nothing to stand on, and to compare with'}")
    leave(connection, base, run.model, linked.blocked.largest)
    base.keep(connection, publication_id, run.before)
    return _told(run, linked, placeholders, reconciled)


def _on_top(run: _Run, base_contacts: Path, target: Path) -> Resolved:
    """Resolve on top of ``base`` and ``ledger_before``. Raises EverybodyNeeded."""
    connection = run.connection
    make_tables(connection)
    load_elsewhere(run.settings, connection, base_contacts, run.tell, BEFORE)
    if first_value(connection, "select count(*) from work.identity.elsewhere"):
        raise EverybodyNeeded("a publication was rolled back")
    near = find_near(connection, run.model, run.settings.default_country, run.decisions)
    run.tell(f"identity: {near.looked_at:,} of {near.records:,} records looked at again")
    load_near_ledger(connection, run.decisions)
    find_renumbered(connection)
    write_rules(connection, run.decisions)
    linked = join_up(connection, run.model, near.looked_at, near.blocked, near.compared)
    _name(run, linked)
    carry_over(connection, base_contacts, target, run.survivorship)
    return _told(run, linked, count_placeholders(connection, "base.people"), None)


def _everybody(run: _Run) -> tuple[Linked, dict[str, int]]:
    """Resolve all records from nothing but the ledger; also the placeholders, by kind."""
    connection = run.connection
    load_ledger(run.settings, connection, run.base_contacts, run.tell)
    forget_the_erased(run.settings, connection)
    placeholders = standardise(connection, run.settings.default_country)
    run.tell("identity: records standardised")
    find_renumbered(connection)
    write_rules(connection, run.decisions)
    linked = link(connection, run.model)
    run.tell("identity: records linked")
    # A sixth of all memory that identity takes, and nobody asks again.
    connection.execute("drop table comparable; drop table candidates; drop table scored")
    _name(run, linked)
    # Text is most of what is written; to try every way of pressing it would double the work.
    connection.execute("set force_compression = 'fsst'")
    write_golden(connection, run.survivorship)
    write_contacts(connection)
    connection.execute("set force_compression = 'uncompressed'")
    write_links(connection)
    return linked, placeholders


def _name(run: _Run, linked: Linked) -> None:
    """Give everybody who was linked an id, and the ledger what happened."""
    for alarm in linked.alarms:
        run.tell(f"identity: {alarm}")
    assign(run.connection, hash_key(run.settings), run.publication_id, run.as_of)
    append_decisions(run.connection, run.publication_id, run.as_of)


def _told(
    run: _Run, linked: Linked, placeholders: dict[str, int], reconciled: Reconciled | None
) -> Resolved:
    counts = run.connection.execute(
        "select count(*), count(distinct customer_id) from contacts.contacts.identity_map"
    ).fetchall()[0]
    run.tell(f"identity: {counts[0]:,} source records are {counts[1]:,} customers")
    return Resolved(counts[0], counts[1], placeholders, tuple(linked.alarms), reconciled)
