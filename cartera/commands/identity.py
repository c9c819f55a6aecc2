"""``cartera identity``: who is who, why, and what stewards decide."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cartera.console import HomeOption, JsonOption, settings_for, show_json, show_line, show_table
from cartera.errors import UsageError
from cartera.identity import deciding
from cartera.identity.explain import explain as explain_names
from cartera.identity.history import history as history_of
from cartera.identity.history import review as review_next
from cartera.identity.lookup import open_contacts
from cartera.identity.stewards import load_decisions

app = typer.Typer(help="Who is who: explain, decide, look back.", no_args_is_help=True)
NAME = "A record as system:record_id, such as crm:1042, or a customer's id."
First = Annotated[str, typer.Argument(metavar="A", help=NAME)]
Second = Annotated[str | None, typer.Argument(metavar="B", help=NAME)]
Reason = Annotated[str, typer.Option(help="Why; goes on the record.")]


@app.command()
def explain(a: First, b: Second = None, home: HomeOption = None, json: JsonOption = False) -> None:
    """Say why A is one customer, or why A and B are together or apart.

    Example: cartera identity explain crm:1042 shop:77
    """
    with open_contacts(settings_for(home), "explain", [a, b] if b else [a]) as connection:
        told = explain_names(connection, a, b)
    if json:
        show_json(told)
        return
    show_line((told["summary"], "bold"))
    for step in told["steps"]:
        _show_step(step)
    if told.get("nearly"):
        show_line("Nearly the same, and kept apart:")
        for step in told["nearly"][:10]:
            _show_step(step)
    for line in told.get("shared", []):
        show_line(f"  • {line}")
    for decision in told["decisions"]:
        verb = "must be one" if decision["kind"] == "must_link" else "must stay apart"
        waits = "" if decision["is_in_force"] else " (waits: a record is gone)"
        show_line(
            "  ",
            ("steward", "bold"),
            f" {decision['who']}: {decision['record_a']} and {decision['record_b']} {verb}: "
            f"{decision['why']}",
            (waits, "dim"),
        )


@app.command()
def link(
    a: First,
    b: Annotated[str, typer.Argument(metavar="B", help=NAME)],
    reason: Reason,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Decide that A and B are one person, from the next build on.

    Example: cartera identity link crm:1042 shop:77 --reason "she called and said so"
    """
    settings = settings_for(home)
    with open_contacts(settings, "link", [a, b]) as connection:
        _show_action(deciding.decide_link(settings, connection, a, b, _given(reason)), json=json)


@app.command()
def unlink(
    a: First,
    reason: Reason,
    b: Second = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Decide that A and B are two people; without B, that the record A is not its customer.

    Example: cartera identity unlink crm:1042 shop:77 --reason "mother and daughter"
    """
    settings = settings_for(home)
    with open_contacts(settings, "unlink", [a, b] if b else [a]) as connection:
        _show_action(deciding.decide_unlink(settings, connection, a, b, _given(reason)), json=json)


@app.command()
def undo(
    reason: Reason,
    action: Annotated[
        int | None, typer.Argument(help="The number of an action; by default the last.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Take back a decision, or the taking back of one.

    Example: cartera identity undo 12 --reason "wrong record"
    """
    settings = settings_for(home)
    with open_contacts(settings, "undo", []) as connection:
        _show_action(deciding.undo(settings, connection, action, _given(reason)), json=json)


@app.command()
def decisions(home: HomeOption = None, json: JsonOption = False) -> None:
    """List what stewards decided and is in force, and every action.

    Example: cartera identity decisions
    """
    settings = settings_for(home)
    in_force, done = load_decisions(settings), deciding.actions(settings)
    if json:
        show_json({"in_force": list(map(asdict, in_force)), "actions": list(map(asdict, done))})
        return
    show_table(
        f"{len(in_force)} decisions in force",
        ["decision", "a", "b", "who", "when", "why"],
        [
            (d.kind.replace("_", " "), d.record_a, d.record_b, d.who, d.when, d.why)
            for d in in_force
        ],
    )
    show_table(
        f"{len(done)} actions",
        ["number", "action", "undoes", "pairs", "who", "why"],
        [(str(a.number), a.action, str(a.undoes or ""), _pairs(a), a.who, a.why) for a in done],
    )


@app.command()
def history(
    name: Annotated[str, typer.Argument(metavar="ID", help=NAME)],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what became of a customer's id, or of a record, since it was first seen.

    Example: cartera identity history crm:1042
    """
    with open_contacts(settings_for(home), "history", [name]) as connection:
        told = history_of(connection, name)
    if json:
        show_json(told)
        return
    show_line((told["now"], "bold"))
    for event in told["events"]:
        show_line(f"  {event['occurred_at']:%Y-%m-%d}  {event['says']}")


@app.command()
def review(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    kind: Annotated[
        str | None, typer.Option(help="pair, email, phone, tax_id or loyalty_number.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """List the customers that may be one, or share what one person holds; most revenue first.

    Example: cartera identity review --limit 10
    """
    names = [kind] if kind else []
    with open_contacts(settings_for(home), "review", names, warehouse=True) as connection:
        rows = review_next(connection, limit, kind)
    if json:
        show_json(rows)
        return
    show_table(
        f"{len(rows)} to look at",
        ["revenue", "kind", "shared", "a", "b", "why not one", "evidence"],
        [
            (
                float(row["revenue_at_stake"]),
                row["kind"],
                row["value"] or f"{row['record_a']} {row['record_b']}",
                row["customer_id_a"],
                row["customer_id_b"],
                row["reason"] if row["customers"] == 2 else f"{row['reason']}, {row['customers']}",
                "; ".join(line["says"] for line in row["evidence"]),
            )
            for row in rows
        ],
    )


def _pairs(action: deciding.Action) -> int:
    return len(action.added) + len(action.removed)


def _given(reason: str) -> str:
    if not reason.strip():
        raise UsageError("--reason is empty.", fix='Add --reason "why".')
    return " ".join(reason.split())


def _show_step(step: dict[str, Any]) -> None:
    a, b = step["records"]
    colour = "green" if step["linked_by"] else "red"
    show_line("  ", (a, colour), " and ", (b, colour), f": {step['why']}")
    for line in step["evidence"]:
        if line["weight"] is not None:
            show_line(f"      {line['says']}")


def _show_action(action: deciding.Action, *, json: bool) -> None:
    if json:
        show_json(asdict(action))
        return
    for decisions, verb in [(action.added, "in force"), (action.removed, "taken back")]:
        for d in decisions:
            word = "must be one" if d.kind == "must_link" else "must stay apart"
            show_line(f"{verb}: {d.record_a} and {d.record_b} {word}")
    show_line(
        f"Action {action.number}. The next `cartera build` follows it; "
        f"`cartera identity undo {action.number}` takes it back."
    )
