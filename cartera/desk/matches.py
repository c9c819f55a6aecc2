"""Why records are one person, or nearly: what ``identity.explain`` tells, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cartera.desk.markdown import code, plain

if TYPE_CHECKING:
    from cartera.desk.desk import Desk


def listed(records: Iterable[str]) -> str:
    """Records by system and id, a line each. An id is as its source wrote it."""
    return "\n".join(f"- {code(record)}" for record in records)


def matched(desk: Desk, steps: Iterable[Mapping[str, Any]]) -> str:
    """Steps of the explanation, a line each: two records, and what joins or parts them."""
    return "\n".join(f"- {_step(desk, step)}" for step in steps)


def _step(desk: Desk, step: Mapping[str, Any]) -> str:
    a, b = step["records"]
    if step["linked_by"]:
        why = "; ".join(desk.words(f"customers.by_{key}") for key in step["linked_by"].split(", "))
    else:
        why = desk.words(f"customers.is_{step['decision']}")
        if step["veto"] and step["veto"].endswith("differ"):
            why = desk.words("customers.differ", what=plain(step["veto"]))
    return f"{code(a)} · {code(b)}: {why}"
