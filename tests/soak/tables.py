"""What a soak says: a line for each round, and tables of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.soak import plan

Row = dict[str, Any]


def line(row: Row) -> str:
    """One round, and what was wrong about it."""
    told = (
        f"{row['round']:4} seed {row['seed']}  {row['step']:<8} {row['fault']:<10} "
        f"{row['where'] or '-':<42} {row['outcome']:<12} {row['seconds']:6.1f} s  "
        f"{'WRONG' if row['wrong'] else 'ok'}"
    )
    if not row["wrong"]:
        return told
    return "\n".join([told, *(f"       {each}" for each in row["wrong"]), f"       {repeat(row)}"])


def repeat(row: Row) -> str:
    """The command that plays this round again, and of its block those before it."""
    first = plan.first_of_block(row["round"])
    rounds = row["round"] - first + 1
    return f"again: make soak ROUNDS={rounds} SEED={row['seed']} FROM={first}"


def summary(rows: list[Row]) -> str:
    """How many rounds of each kind of fault and each step were run, and how they ended."""
    run = [row for row in rows if not row["outcome"].startswith("not run")]
    tables = [table("fault", plan.KINDS, run), table("step", plan.STEPS, run)]
    broken = [row["round"] for row in run if row["wrong"]]
    ended = f"{len(run)} rounds run, {len(rows) - len(run)} not run"
    held = f"rounds in which something did not hold: {broken}" if broken else "all held"
    return "\n\n".join([*tables, f"{ended}; {held}."])


def table(key: str, names: Iterable[str], rows: list[Row]) -> str:
    """A table in Markdown, with a row for each of ``names``."""
    lines = [
        f"| {key} | rounds | struck | killed | refused | survived | wrong | seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in [*names, "all"]:
        mine = [row for row in rows if name in (row[key], "all")]
        struck = [row for row in mine if row["outcome"] != "not met"]
        refused = [row for row in struck if row["outcome"].startswith("ended with")]
        ended = {
            each: sum(1 for row in struck if row["outcome"] == each)
            for each in ("killed", "survived")
        }
        wrong = sum(1 for row in mine if row["wrong"])
        seconds = sum(row["seconds"] for row in mine)
        lines.append(
            f"| {name} | {len(mine)} | {len(struck)} | {ended['killed']} | {len(refused)} "
            f"| {ended['survived']} | {wrong} | {seconds:,.0f} |"
        )
    return "\n".join(lines)
