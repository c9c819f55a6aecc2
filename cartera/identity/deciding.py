"""A steward decides, and may take it back: what ``link``, ``unlink`` and ``undo`` do.

The files in ``stewards/`` hold what is in force; ``state/stewards.jsonl`` keeps every action
with the lines that it added and removed, so that each can be undone, and the undoing too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import duckdb

from cartera import clock, records
from cartera.errors import RefusedByData, UsageError
from cartera.identity.lookup import Named, find
from cartera.identity.stewards import (
    CUSTOMER,
    Decision,
    Kind,
    load_decisions,
    refuse_contradictions,
    save_decisions,
)
from cartera.lock import hold
from cartera.settings import Settings

# Where a decision stands that is not written yet.
NEW = "this decision"


@dataclass(frozen=True)
class Action:
    """What was done: the decisions that it put in force and those that it took out."""

    number: int
    action: str
    added: tuple[Decision, ...]
    removed: tuple[Decision, ...]
    why: str
    who: str
    undoes: int | None = None


def decide_link(
    settings: Settings, connection: duckdb.DuckDBPyConnection, a: str, b: str, reason: str
) -> Action:
    """``a`` and ``b`` are one person. Raises RefusedByData, with the chain, if that was denied."""
    one, other = _present(connection, a), _present(connection, b)
    if one.record == other.record:
        raise UsageError(f"{a} and {b} are the same record, {one.record}.", fix="Name two.")
    return _decide(settings, connection, "link", "must_link", [(one.record, other.record)], reason)


def decide_unlink(
    settings: Settings, connection: duckdb.DuckDBPyConnection, a: str, b: str | None, reason: str
) -> Action:
    """``a`` and ``b`` are two people; without ``b``, the record ``a`` is not this customer.

    Raises UsageError for a record that is alone already.
    """
    one = _present(connection, a)
    if b is not None:
        pairs = [(one.record, _present(connection, b).record)]
        if pairs[0][0] == pairs[0][1]:
            raise UsageError(f"{a} and {b} are the same record, {one.record}.", fix="Name two.")
    elif one.is_customer:
        raise UsageError(
            f"{a} is a customer: say which record does not belong to it.",
            fix=f"Its records are: {', '.join(one.members[:10])}.",
        )
    else:
        whole = find(connection, str(one.customer_id))
        pairs = [(one.record, member) for member in whole.members if member != one.record]
        if not pairs:
            raise UsageError(f"{a} is alone already.", fix="Name what it must stay apart from.")
    return _decide(settings, connection, "unlink", "cannot_link", pairs, reason)


def undo(
    settings: Settings, connection: duckdb.DuckDBPyConnection, number: int | None, reason: str
) -> Action:
    """Take back an action, by default the last one; that may be the undoing of another."""
    with hold(settings, "stewards", wait=5):
        done = actions(settings)
        if not done:
            raise UsageError("No steward has decided anything yet.")
        if number is None:
            number = done[-1].number
        found = next((action for action in done if action.number == number), None)
        if found is None:
            raise UsageError(f"There is no action {number}.", fix=f"The last is {done[-1].number}.")
        by = next((a for a in done if a.undoes == number and not _is_undone(done, a.number)), None)
        if by:
            raise UsageError(
                f"Action {number} was undone already, by action {by.number}.",
                fix=f"`cartera identity undo {by.number}` brings it back.",
            )
        return _apply(
            settings,
            connection,
            Action(
                done[-1].number + 1,
                "undo",
                tuple(replace(d, where=NEW) for d in found.removed),
                found.added,
                reason,
                records.user(),
                undoes=number,
            ),
        )


def actions(settings: Settings) -> list[Action]:
    """Every action of the stewards, oldest first."""
    return [
        Action(
            number=row["number"],
            action=row["action"],
            added=tuple(Decision(**line) for line in row["added"]),
            removed=tuple(Decision(**line) for line in row["removed"]),
            why=row["why"],
            who=row["who"],
            undoes=row["undoes"],
        )
        for row in records.read(settings, "stewards")
    ]


def _is_undone(done: list[Action], number: int) -> bool:
    return any(a.undoes == number and not _is_undone(done, a.number) for a in done)


def _decide(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    action: str,
    kind: Kind,
    pairs: list[tuple[str, str]],
    reason: str,
) -> Action:
    who, when = records.user(), clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    new = [Decision(kind, a, b, who, when, reason, where=NEW) for a, b in pairs]
    with hold(settings, "stewards", wait=5):
        known = {(d.kind, d.pair) for d in load_decisions(settings)}
        added = tuple(d for d in new if (d.kind, d.pair) not in known)
        if not added:
            raise UsageError(
                "That is decided already.", fix="`cartera identity decisions` shows it."
            )
        done = actions(settings)
        number = done[-1].number + 1 if done else 1
        return _apply(settings, connection, Action(number, action, added, (), reason, who))


def _apply(settings: Settings, connection: duckdb.DuckDBPyConnection, action: Action) -> Action:
    """Write files and journal. Nothing is written if the decisions would contradict each other."""
    before = load_decisions(settings)
    gone = {(d.kind, d.pair) for d in action.removed}
    by_hand = [d for d in before if (d.kind, d.pair) in gone and _is_yaml(d)]
    if by_hand:
        raise UsageError(f"{by_hand[0].where}: written by hand.", fix="Take it out by hand.")
    after = [*(d for d in before if (d.kind, d.pair) not in gone), *action.added]
    _refuse(settings, connection, after)
    for kind in {d.kind for d in (*action.added, *action.removed)}:
        save_decisions(settings, kind, [d for d in after if d.kind == kind and not _is_yaml(d)])
    told = {k: v for k, v in asdict(action).items() if k not in ("added", "removed")}
    bare = {
        name: [asdict(replace(d, where="")) for d in getattr(action, name)]
        for name in ("added", "removed")
    }
    records.append(settings, "stewards", **told, **bare)
    return action


def _refuse(
    settings: Settings, connection: duckdb.DuckDBPyConnection, decisions: list[Decision]
) -> None:
    """Raises RefusedByData if ``decisions`` contradict each other, with ids read as records."""
    names = {name for d in decisions for name in d.pair}
    meaning = {
        name: found.record if (found := find(connection, name)).members else name
        for name in names
        if CUSTOMER.fullmatch(name)
    }
    number = {name: place for place, name in enumerate(sorted({meaning.get(n, n) for n in names}))}

    def numbered(name: str) -> int:
        return number[meaning.get(name, name)]

    refuse_contradictions(
        [(d, numbered(d.record_a), numbered(d.record_b)) for d in decisions],
        lambda against: _way_out(actions(settings), against),
    )


def _way_out(done: list[Action], against: list[Decision]) -> str | None:
    """How to take back one of the decisions ``against`` a new one, if the command line made it."""
    for d in against:
        if d.where == NEW or _is_yaml(d):
            continue
        for action in reversed(done):
            made = (d.kind, d.pair) in {(a.kind, a.pair) for a in action.added}
            if made and not _is_undone(done, action.number):
                verb = "must be one" if d.kind == "must_link" else "must stay apart"
                return (
                    f"`cartera identity undo {action.number}` takes back that {d.record_a} and "
                    f"{d.record_b} {verb}; then decide again."
                )
    return None


def _is_yaml(decision: Decision) -> bool:
    return decision.where.rpartition(":")[0].endswith((".yml", ".yaml"))


def _present(connection: duckdb.DuckDBPyConnection, name: str) -> Named:
    named = find(connection, name)
    if not named.members:
        raise RefusedByData(f"{name} was known, and its records have left their sources.")
    return named
