"""``cartera run``: every arrow once, through the DAGs, and a summary of what came of it."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from cartera import arrows, demo_home
from cartera.activation.pull import PullReport
from cartera.commands.audience_shown import show_pull
from cartera.commands.demo import AS_OF, DAYS, PEOPLE, SEED, demo_company
from cartera.console import program, say, show_json, show_line, show_note, show_table
from cartera.errors import RefusedByData
from cartera.settings import Settings


def run_everything(settings: Settings, as_of: date | None, *, json: bool) -> None:
    """Run the DAGs in order. A system whose batch was held does not stop the others.

    Raises the first refusal at the end, after the summary.
    """
    from cartera.scheduler.in_process import run_dags

    tell = (lambda line: None) if json else say
    started = time.monotonic()
    if not arrows.systems_with_inbox(settings):
        tell(f"the inbox is empty: writing a demo company of {PEOPLE:,} people")
        demo_company(settings, PEOPLE, SEED, AS_OF, DAYS, truth=None, progress=tell)
    day = as_of or demo_home.as_of(settings)
    systems = arrows.systems_with_inbox(settings)
    chain: list[tuple[str, dict[str, Any]]] = [(f"ingest_{name}", {}) for name in systems]
    chain.append(("build_warehouse", {"as_of": day.isoformat()} if day else {}))
    chain += [("pull_audiences", {}), ("brief_publication", {})]
    results = run_dags(settings, chain, tell, go_on_after=(RefusedByData,))
    summary = _summary(results, time.monotonic() - started)
    if json:
        show_json(summary)
    else:
        _show(settings, summary)
    for result in results:
        if result.error and json:
            # The summary says why: a second document would make the output no JSON.
            raise SystemExit(result.error.exit_code)
        if result.error:
            raise result.error


def _summary(results: list[Any], seconds: float) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "fetched": [],
        "ingested": [],
        "build": None,
        "pulls": [],
        "briefing": None,
        "refused": [],
    }
    for result in results:
        if result.error:
            summary["refused"].append({"dag": result.dag_id, "why": result.error.message})
        for task, value in result.returned.items():
            if task == "fetch":
                summary["fetched"] += value["rows"]
            elif result.dag_id.startswith("ingest_"):
                summary["ingested"] += value["rows"]
            elif result.dag_id == "build_warehouse":
                summary["build"] = value
            elif result.dag_id == "pull_audiences":
                summary["pulls"] += value
            else:
                summary["briefing"] = value
    return {**summary, "seconds": round(seconds, 1)}


def _show(settings: Settings, summary: dict[str, Any]) -> None:
    show_line()
    rows = summary["ingested"]
    names = ["received", "accepted", "quarantined"]
    total = ["all", "", *(sum(row[name] for row in rows) for name in names)]
    show_table(
        "What came in",
        ["system", "source", *names],
        [*([row["system"], row["source"], *(row[n] for n in names)] for row in rows), total],
    )
    build = summary["build"]
    if build:
        counts = build["counts"]
        show_line()
        show_table(
            "What was published",
            ["what", "value"],
            [
                ("source records", counts["source_records"]),
                ("customers", counts["customers"]),
                ("orders in", counts["orders_in"]),
                ("orders out", counts["orders_out"]),
                ("revenue in", f"{counts['revenue_in']} {counts['currency']}"),
                ("revenue out", f"{counts['revenue_out']} {counts['currency']}"),
                ("gate", build["gate_status"].replace("_", " ")),
                ("publication", build["publication_id"]),
                ("as of", build["as_of"]),
            ],
        )
        for warning in build["warnings"]:
            show_note("warning", warning)
    for pull in summary["pulls"]:
        show_line()
        show_pull(PullReport(**pull), json=False)
    if summary["briefing"]:
        show_line()
        show_line(f"The briefing is in {summary['briefing']['file']}")
    show_line()
    show_line(f"Done in {summary['seconds']} s. What to try next:")
    current = settings.publications / "current" / "warehouse.duckdb"
    for command, why in [
        ("status", "what is current, held or late"),
        ("quarantine list", "what was refused, and by which rule"),
        ("audience preview champions", "who would be on a list"),
        ("ui", "the DAGs in Airflow"),
    ]:
        show_line("  ", (f"{program()} {command}", "bold"), "  ", (why, "dim"))
    show_line(f"The tables are in {current}: open it read-only.")
