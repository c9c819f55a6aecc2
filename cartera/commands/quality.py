"""``cartera quality``: how the rules of the gate fare from build to build."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cartera.console import show_json, show_line, show_table
from cartera.errors import RefusedByData
from cartera.files import write_whole
from cartera.settings import Settings
from expectations.page import page
from expectations.trends import BAD, Trends, trends


def show_quality(
    settings: Settings, last: int, rule: str | None, html: Path | None, *, json: bool
) -> None:
    """Print the trends, and write them as a page where one is asked for."""
    found = trends(settings, last=last, rule=rule)
    if not found.runs:
        raise RefusedByData("No build has come as far as the gate.", fix="Run `cartera build`.")
    if html:
        write_whole(html.absolute(), page(found).encode())
    if json:
        show_json(asdict(found))
        return
    _show(found, whole=rule is not None)
    if html:
        show_line()
        show_line(f"written to {html}")


def _show(found: Trends, *, whole: bool) -> None:
    show_table(
        f"the last {len(found.runs)} builds",
        ["build", "gate", "failed", "accepted", "current"],
        [
            [r["run_id"], str(r["status"]).replace("_", " ")]
            + [r[name] for name in ("failed", "accepted", "is_current")]
            for r in reversed(found.runs)
        ],
    )
    rows = [rule for rule in found.rules if whole or rule["failed_runs"]]
    show_line()
    if not rows:
        show_line(f"All {len(found.rules)} rules held in each of them.")
        return
    show_table(
        "rules that did not hold in one of them (the oldest build left)",
        ["rule", "severity", "trend", "now", "count", "since"],
        [
            [r[name] for name in ("rule", "severity", "trend")]
            + [r["runs"][-1]["status"], r["runs"][-1]["unexpected_count"], r["failing_since"]]
            for r in rows
        ],
    )
    for rule in rows:
        if rule["runs"][-1]["status"] in BAD:
            show_line()
            show_line((rule["rule"], "bold"))
            show_line(f"{rule['reason']} {_such_as(rule)}")
            show_line(f"→ {rule['remedy']}")


def _such_as(rule: dict[str, Any]) -> str:
    keys = ", ".join(map(str, rule["keys"][:3]))
    return f"Such as {keys}." if keys else ""
