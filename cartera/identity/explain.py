"""Why records are one customer, or are not, in words for somebody who knows no statistics."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import duckdb

from cartera.identity import joining
from cartera.identity.clustering import LARGEST_CLUSTER
from cartera.identity.edges import LARGEST_COMPONENT
from cartera.identity.lookup import Named, find

LINKED_BY = {
    "tax_id": "they hold the same tax id",
    "loyalty_number": "they hold the same loyalty number",
    "email": "they have the same e-mail, and what else is known agrees",
    "phone": "they have the same phone, and what else is known agrees",
    "email_alone": "they have the same e-mail, which no other person uses",
    "phone_alone": "they have the same phone, which no other person uses",
    "model": "all that is known of them was compared, and agrees enough",
    "steward": "a steward said so",
    "renumbered": "their source gave the record another number",
}
DECISIONS = {
    "linked": "taken for one person",
    "vetoed": "{veto}, and that keeps them apart whatever else agrees",
    "grey": "something agrees, but too little is known to be sure; a steward may decide",
    # What agrees would be enough, were it more than this.
    "below": "hardly more than names and towns agrees, and these alone make nobody one",
}
VETOES = {
    joining.OTHERS: "somebody who was joined to one of them before contradicts the other, or "
    "somebody joined to it",
    joining.BETWEEN: "one of them is nearer, or about as near, to somebody who contradicts the "
    "other",
    joining.NAMELESS: "a record without a whole name joins only the one person that it is clearly "
    "nearest to",
    joining.SIZE: f"together they would have more than {LARGEST_CLUSTER} records, too many for "
    "one person",
    joining.CHAIN: f"more than {LARGEST_COMPONENT} records hung together through such links, and "
    "the weaker ones were cut",
    joining.STEWARD: "a steward keeps them apart",
}
# A bit doubles the odds; people weigh in words.
STRENGTHS = [(7.0, "very strong"), (4.0, "strong"), (2.0, "fair"), (0.0, "weak")]


def explain(connection: duckdb.DuckDBPyConnection, a: str, b: str | None = None) -> dict[str, Any]:
    """Why the records of ``a`` are one customer; or why ``a`` and ``b`` are, or are not.

    Returns ``verdict`` (together, apart, one or gone), ``summary`` (a sentence), ``steps`` (each
    pair on the way with its evidence) and ``decisions`` (stewards' own).
    """
    one = find(connection, a)
    other = find(connection, b) if b else None
    gone = next((named for named in (one, other) if named and not named.members), None)
    if gone:
        return _told("gone", f"{gone.name} was known, and its records have left their sources.")
    if other is None:
        return _alone(connection, one)
    if one.customer_id == other.customer_id:
        return _together(connection, one, other)
    return _apart(connection, one, other)


def evidence_words(evidence: str | None) -> list[dict[str, Any]]:
    """Each column that was compared: ``column``, ``level``, ``weight`` (bits) and ``says``."""
    if not evidence:
        return []
    read = json.loads(evidence)
    pairs = list(read.items()) if isinstance(read, dict) else [(i.get("column"), i) for i in read]
    told = []
    for column, found in pairs:
        found = found if isinstance(found, dict) else {"level": found}
        weight = found.get("bits", found.get("weight"))
        says = str(found.get("level"))
        if weight is not None:
            says += f": {strength(float(weight))}"
        told.append({"column": column, "level": found.get("level"), "weight": weight, "says": says})
    return sorted(told, key=lambda line: -abs(line["weight"] or 0))


def strength(weight: float) -> str:
    """How much ``weight`` bits speak for or against, in words."""
    word = next(word for least, word in STRENGTHS if abs(weight) >= least)
    if abs(weight) < 0.5:
        return "says nothing"
    return f"{word} evidence {'for' if weight > 0 else 'against'}"


def _alone(connection: duckdb.DuckDBPyConnection, one: Named) -> dict[str, Any]:
    """All records of a customer, and why each is among them."""
    records = _members(connection, str(one.customer_id))
    near = [step for step in _near(connection, records) if step["decision"] in ("grey", "vetoed")]
    many = f"{len(records)} source records" if len(records) > 1 else "one source record"
    return _told(
        "one",
        f"Customer {one.customer_id} is {many}: {', '.join(records)}.",
        customer_id=one.customer_id,
        records=records,
        steps=_tree(_links(connection, str(one.customer_id))),
        nearly=near,
        decisions=_decisions(connection, records),
    )


def _together(connection: duckdb.DuckDBPyConnection, one: Named, other: Named) -> dict[str, Any]:
    """The shortest chain of links from the one to the other, the strongest first."""
    customer = str(one.customer_id)
    links = _links(connection, customer)
    chain = _path(links, one.record, other.record)
    if one.is_customer and other.is_customer:
        chain = _tree(links)
        summary = f"{one.name} and {other.name} are one customer, {customer}."
    elif one.record == other.record:
        record = other.name if one.is_customer else one.name
        summary = f"{record} is a record of customer {customer}."
    elif len(chain) == 1:
        summary = f"{one.name} and {other.name} are one customer, {customer}: {chain[0]['why']}."
    else:
        summary = (
            f"{one.name} and {other.name} are one customer, {customer}. Nothing joins the two "
            f"directly; {len(chain)} steps lead from one to the other."
        )
    records = _members(connection, customer)
    return _told(
        "together",
        summary,
        customer_id=customer,
        records=records,
        steps=chain,
        decisions=_decisions(connection, records),
    )


def _apart(connection: duckdb.DuckDBPyConnection, one: Named, other: Named) -> dict[str, Any]:
    """What was found between two customers, and what kept them apart."""
    mine = set(_members(connection, str(one.customer_id)))
    theirs = set(_members(connection, str(other.customer_id)))
    between = [step for step in _near(connection, sorted(mine)) if theirs & set(step["records"])]
    direct = {one.record, other.record}
    between.sort(key=lambda step: set(step["records"]) != direct)
    decisions = [
        decision
        for decision in _decisions(connection, sorted(mine))
        if {decision["means_a"], decision["means_b"]} & theirs
    ]
    shared = _shared(connection, str(one.customer_id), str(other.customer_id))
    if decisions:
        why = f"a steward keeps them apart: {decisions[0]['why']}"
    elif between:
        why = between[0]["why"]
    elif shared:
        why = shared[0]
    else:
        why = "nothing that they share led to comparing them"
    return _told(
        "apart",
        f"{one.name} (customer {one.customer_id}) and {other.name} (customer "
        f"{other.customer_id}) are not one person: {why}.",
        customer_id=one.customer_id,
        other_customer_id=other.customer_id,
        steps=between[:10],
        shared=shared,
        decisions=decisions,
    )


def _told(verdict: str, summary: str, **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "summary": summary, "steps": [], "decisions": [], **more}


def _members(connection: duckdb.DuckDBPyConnection, customer: str) -> list[str]:
    rows = connection.execute(
        "select source_system || ':' || source_record_id from contacts.contacts.identity_map "
        "where customer_id = ? order by all",
        [customer],
    ).fetchall()
    return [row[0] for row in rows]


_STEPS = """
    select
        source_system_a || ':' || source_record_id_a, source_system_b || ':' || source_record_id_b,
        linked_by, weight, probability, decision, veto, evidence
    from contacts.contacts.identity_pairs
"""


def _links(connection: duckdb.DuckDBPyConnection, customer: str) -> list[dict[str, Any]]:
    """The links within a customer, those that say most first."""
    rows = connection.execute(
        f"{_STEPS} where customer_id_a = $id and customer_id_b = $id and linked_by is not null "
        "order by weight desc nulls first, 1, 2",
        {"id": customer},
    ).fetchall()
    return [_step(*row) for row in rows]


def _near(connection: duckdb.DuckDBPyConnection, members: list[str]) -> list[dict[str, Any]]:
    """The pairs of a customer's records with records of others, those that say most first."""
    rows = connection.execute(
        f"""
        {_STEPS} where customer_id_a <> customer_id_b and (
            list_contains($names, source_system_a || ':' || source_record_id_a)
            or list_contains($names, source_system_b || ':' || source_record_id_b)
        ) order by weight desc nulls first, 1, 2
        """,
        {"names": members},
    ).fetchall()
    return [_step(*row) for row in rows]


def _step(
    a: str,
    b: str,
    linked_by: str | None,
    weight: float | None,
    probability: float | None,
    decision: str,
    veto: str | None,
    evidence: str | None,
) -> dict[str, Any]:
    if linked_by:
        why = " and ".join(
            LINKED_BY.get(key, key.replace("_", " ")) for key in linked_by.split(", ")
        )
    else:
        against = f"their {veto}" if veto and veto.endswith("differ") else veto
        why = VETOES.get(veto or "") or DECISIONS.get(decision, decision).format(veto=against)
    return {
        "records": [a, b],
        "linked_by": linked_by,
        "decision": decision,
        "veto": veto,
        "why": why,
        "weight": weight,
        "probability": probability,
        "evidence": evidence_words(evidence),
    }


def _tree(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The strongest links that hold all records together, and none that could be spared."""
    group: dict[str, set[str]] = {}
    tree = []
    for link in links:
        a, b = (group.setdefault(record, {record}) for record in link["records"])
        if a is not b:
            a |= b
            group.update(dict.fromkeys(b, a))
            tree.append(link)
    return tree


def _path(steps: list[dict[str, Any]], start: str, goal: str) -> list[dict[str, Any]]:
    """The fewest links from ``start`` to ``goal``; of equal ways the strongest link first."""
    neighbours: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for step in steps:
        a, b = step["records"]
        neighbours.setdefault(a, []).append((b, step))
        neighbours.setdefault(b, []).append((a, step))
    came: dict[str, tuple[str, dict[str, Any]] | None] = {start: None}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there, step in neighbours.get(here, []):
            if there not in came:
                came[there] = (here, step)
                queue.append(there)
    chain = []
    step_back = came.get(goal)
    while step_back:
        chain.append(step_back[1])
        step_back = came[step_back[0]]
    return chain[::-1]


def _decisions(connection: duckdb.DuckDBPyConnection, names: list[str]) -> list[dict[str, Any]]:
    cursor = connection.execute(
        'select kind, record_a, record_b, who, "when", why, is_in_force, means_a, means_b '
        "from contacts.contacts.steward_decisions "
        "where list_contains($names, means_a) or list_contains($names, means_b) order by all",
        {"names": names},
    )
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _shared(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[str]:
    """What golden records of two customers share all the same, in words."""
    rows = connection.execute(
        """
        select
            a.email is not distinct from b.email and a.email is not null,
            a.phone_e164 is not distinct from b.phone_e164 and a.phone_e164 is not null,
            mail.reason, phone.reason
        from contacts.contacts.golden_records a
        join contacts.contacts.golden_records b on b.customer_id = $b
        left join contacts.contacts.shared_identifiers mail
            on mail.kind = 'email' and mail.value = a.email
        left join contacts.contacts.shared_identifiers phone
            on phone.kind = 'phone' and phone.value = a.phone_e164
        where a.customer_id = $a
        """,
        {"a": one, "b": other},
    ).fetchall()
    told = []
    for same_mail, same_phone, mail_reason, phone_reason in rows:
        for same, what, reason in [
            (same_mail, "e-mail", mail_reason),
            (same_phone, "phone", phone_reason),
        ]:
            if same:
                why = f"it is shared by {reason}" if reason else "that alone makes nobody one"
                told.append(f"they have the same {what}, but {why}")
    return told
