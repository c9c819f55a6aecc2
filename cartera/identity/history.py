"""What became of an id or a record, and what a steward should look at next."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from cartera.identity.explain import LINKED_BY, evidence_words
from cartera.identity.ledger import ABANDONED, MEMBERSHIP, merges_sql
from cartera.identity.lookup import Named, find

LEDGER = "contacts.contacts.identity_ledger"


def history(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    """Every event of a customer and of the ids merged into it, or of one record, oldest first."""
    named = find(connection, name)
    if named.is_customer:
        rows = connection.execute(
            f"""
            with mine as (
                select $name as id union select $current union
                select old_customer_id from ({merges_sql(LEDGER)})
                where current_customer_id = $current
            )
            select * from {LEDGER}
            where customer_id in (from mine) or other_customer_id in (from mine)
            order by event_id
            """,
            {"name": name, "current": named.customer_id or name},
        )
    else:
        system, _, record_id = name.partition(":")
        rows = connection.execute(
            f"""
            select * from {LEDGER}
            where (source_system = $system and source_record_id = $record)
                or (event in ('link', 'unlink')
                    and $name in (evidence ->> 'a', evidence ->> 'b'))
                or list_contains($merges, event_id)
            order by event_id
            """,
            {
                "name": name,
                "system": system,
                "record": record_id,
                "merges": _merges_of(connection, system, record_id),
            },
        )
    columns = [column[0] for column in rows.description]
    events = [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]
    for event in events:
        event["evidence"] = json.loads(event["evidence"]) if event["evidence"] else None
        event["says"] = _says(event)
    return {"name": name, "now": _now(named), "events": events}


def _merges_of(connection: duckdb.DuckDBPyConnection, system: str, record: str) -> list[int]:
    """The merges that took a record along, from one of its own events to the next."""
    own = connection.execute(
        f"""
        select event_id, customer_id, lead(event_id) over (order by event_id) as next_id
        from {LEDGER} where source_system = ? and source_record_id = ?
            and event in {MEMBERSHIP} and reason is distinct from '{ABANDONED}'
        order by event_id
        """,
        [system, record],
    ).fetchall()
    found = []
    for event, customer, next_event in own:
        while merge := connection.execute(
            f"select event_id, customer_id from {LEDGER} where event = 'merge' "
            "and event_id > $event and other_customer_id = $customer "
            "and ($until is null or event_id < $until) order by event_id limit 1",
            {"event": event, "customer": customer, "until": next_event},
        ).fetchone():
            event, customer = merge
            found.append(event)
    return found


def review(
    connection: duckdb.DuckDBPyConnection, limit: int, kind: str | None = None
) -> list[dict[str, Any]]:
    """What to decide next: the pairs of customers with the most revenue between them first."""
    cursor = connection.execute(
        """
        select
            review.*,
            coalesce(a.net_revenue, 0) + coalesce(b.net_revenue, 0) as revenue_at_stake
        from contacts.contacts.identity_review as review
        left join warehouse.marts.customer_360 a on a.customer_id = review.customer_id_a
        left join warehouse.marts.customer_360 b on b.customer_id = review.customer_id_b
        where $kind is null or review.kind = $kind
        order by revenue_at_stake desc, weight desc nulls last, kind, value, customer_id_a,
            customer_id_b
        limit $most
        """,
        {"kind": kind, "most": limit},
    )
    columns = [column[0] for column in cursor.description]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["evidence"] = evidence_words(row["evidence"])
    return rows


def _now(named: Named) -> str:
    if not named.members:
        return f"{named.name} was known, and its records have left their sources."
    if not named.is_customer:
        return f"{named.name} is a record of customer {named.customer_id}."
    if named.customer_id == named.name:
        return f"{named.name} is a customer of {len(named.members)} source records."
    return f"{named.name} is now {named.customer_id}, of {len(named.members)} source records."


def _says(event: dict[str, Any]) -> str:
    """An event as a sentence."""
    record = f"{event['source_system']}:{event['source_record_id']}"
    mine, other = event["customer_id"], event["other_customer_id"]
    evidence = event["evidence"] or {}
    kind, reason = event["event"], event["reason"]
    if kind in ("link", "unlink"):
        verb = "must be one" if evidence.get("rule") == "must_link" else "must stay apart"
        who = f"{evidence['who']}: {reason}" if evidence.get("who") else reason
        return f"steward: {evidence.get('a')} and {evidence.get('b')} {verb} ({who})"
    if kind == "merge":
        why = LINKED_BY.get(evidence.get("linked_by", ""), "")
        between = f"{evidence['between']} and {evidence['and']}" if "between" in evidence else ""
        told = f": {between}, {why}" if between and why else ""
        return f"{other} became {mine}, {reason}{told}"
    if event["source_record_id"] is None:
        return f"{other} leads to {mine}: {reason}"
    if kind == "mint":
        return f"{mine} began with {record}"
    if reason == "renumbered":
        return f"{record} is what was {event['source_system']}:{evidence.get('from')} before"
    why = LINKED_BY.get(evidence.get("linked_by", ""), "")
    told = f": {why} as {evidence['with']}" if why and "with" in evidence else ""
    if kind == "split":
        return f"{record} left {other} and became {mine}{told}"
    if kind == "move":
        return f"{record} went from {other} to {mine}{told}"
    return f"{record} joined {mine}{told}"
