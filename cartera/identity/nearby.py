"""Who is looked at again when a build stands on another: what changed, and who is near to it.

A record that is new, changed or gone reaches those that it shares a block, a group of pairs or
an identifier with. Only they are compared, joined and given ids again; to all others the build
before did what this one would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from cartera.identity import blocking, edges, guards
from cartera.identity.changes import (
    KEY,
    EverybodyNeeded,
    count,
    hear,
    refuse_many,
    share,
    take_in,
)
from cartera.identity.clustering import components
from cartera.identity.ledger import merges_sql
from cartera.identity.model import Model
from cartera.identity.near_pairs import block, compare, number
from cartera.identity.renumbered import steps_sql
from cartera.identity.stewards import CUSTOMER, Decision

BEFORE = "ledger_before.contacts.identity_ledger"
MAP = "ledger_before.contacts.identity_map"


@dataclass(frozen=True)
class Near:
    """How many records there are, how many of them are looked at, and the blocks of all."""

    records: int
    looked_at: int
    compared: int
    blocked: blocking.Blocked


def find_near(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    default_country: str,
    decisions: Sequence[Decision],
) -> Near:
    """Bring ``base`` up to date and write ``work.identity.records`` of who is looked at.

    Temp tables: ``near`` (place, record), ``comparable`` and ``judged`` of them, ``left_behind``
    (place, key) of the records that are gone or said something else. Needs the ledger of before
    in the attached ``ledger_before``. Raises EverybodyNeeded where only a build of everybody
    will do; it finds nothing of this in its way.
    """
    if any(CUSTOMER.fullmatch(name) for d in decisions for name in d.pair):
        raise EverybodyNeeded("stewards speak of customers")
    columns = [row[0] for row in connection.execute("describe work.staging.stg_people").fetchall()]
    hear(connection, columns)
    take_in(connection, columns, default_country)
    share(connection)
    records = count(connection, "base.people")
    prior, largest = connection.execute("select prior, largest from base.facts").fetchall()[0]
    if model.prior_bits(records) != prior:
        raise EverybodyNeeded("there are twice as many records")
    blocked = block(connection, records, largest)
    compared = compare(connection, model, prior)
    _touch(connection, decisions)
    looked_at = _close(connection)
    refuse_many(looked_at, records)
    connection.execute(
        """
        create or replace temp table judged as
        select a.record as record_a, b.record as record_b, pair.* exclude (place_a, place_b)
        from base.judged pair
        join near a on a.place = pair.place_a
        join near b on b.place = pair.place_b
        """
    )
    return Near(records, looked_at, compared, blocked)


def _touch(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """To ``touched``: whom stewards speak or spoke of, who came back or under another number."""
    names = pa.table({"name": pa.array([n for d in decisions for n in d.pair], pa.string())})
    connection.register("decided_names", names)
    connection.execute(
        f"""
        insert into touched
        select place from base.people where source_system || ':' || source_record_id in (
            from decided_names
            union select means_a from ledger_before.contacts.steward_decisions
            union select means_b from ledger_before.contacts.steward_decisions
        );
        insert into touched
        select place from base.people join (
            select source_system, new_key as source_record_id from ({steps_sql(BEFORE)})
            union select source_system, old_key from ({steps_sql(BEFORE)})
        ) using ({KEY});
        -- Who is back: whose they were, others may be now.
        create or replace temp table belonged as
            select distinct customer_id from {BEFORE}
            semi join (from base.people semi join news using (place)) back using ({KEY});
        insert into belonged
            select current_customer_id from ({merges_sql(BEFORE)})
            where old_customer_id in (from belonged);
        insert into touched
        select place from base.people join (
            select {KEY} from {MAP} where customer_id in (from belonged)
        ) using ({KEY});
        drop table belonged;
        -- Who has a content that somebody had who is gone.
        insert into touched
        select place from base.people join (
            select {KEY} from {MAP}
            join (
                select distinct source_system, fingerprint
                from {MAP} semi join left_behind using ({KEY}) where fingerprint is not null
            ) using (source_system, fingerprint)
        ) using ({KEY})
        """
    )
    connection.unregister("decided_names")


def _close(connection: duckdb.DuckDBPyConnection) -> int:
    """``near``: all that hangs together with ``touched``, and what is too large to be left out."""
    pairs = connection.execute(
        "select place_a, place_b from base.judged where may_link"
    ).fetchnumpy()
    touched = connection.execute("select distinct place from touched").fetchnumpy()["place"]
    places = connection.execute("select 1 + max(place) from base.people").fetchall()[0][0] or 0
    places = max(places, int(touched.max(initial=-1)) + 1)
    a, b = pairs["place_a"].astype(np.int64), pairs["place_b"].astype(np.int64)
    labels = components(places, a, b)
    chosen = np.bincount(labels, minlength=places) > edges.LARGEST_COMPONENT
    chosen[labels[touched.astype(np.int64)]] = True
    table = pa.table({"place": np.flatnonzero(chosen[labels])})
    connection.register("near_arrow", table)
    number(connection, "from near_arrow")
    connection.unregister("near_arrow")
    guards.make_comparable(connection)
    return count(connection, "near")
