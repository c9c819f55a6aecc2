"""How the rules of the gate fared from build to build, refused builds among them.

Each run left its result in ``state/gates/``; of a publication whose result is no longer there,
``ops.quality_results`` tells the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb

from cartera import publications
from cartera.duck import attach, confine
from cartera.errors import CarteraError, UsageError
from cartera.publications import Publication
from cartera.settings import Settings
from expectations.result import GateResult

BAD = ("failed", "error", "accepted")
# What a rule's fate in one run is drawn as; a blank is a run that did not know the rule.
MARKS = {"ok": "·", "failed": "✗", "error": "!", "accepted": "a", "skipped": "-"}
Run = dict[str, Any]


@dataclass(frozen=True)
class Trends:
    """``runs`` oldest first; each of ``rules`` has its fate in each of them, in that order."""

    runs: list[Run]
    rules: list[dict[str, Any]]


def trends(settings: Settings, *, last: int = 20, rule: str | None = None) -> Trends:
    """The last runs of the gate and every rule that one of them knew.

    Raises UsageError for a rule that none of them knew, CarteraError for a damaged result.
    """
    found = _runs(settings, last)
    results = [{row["rule"]: row for row in run.pop("results")} for run in found]
    names = dict.fromkeys(name for rows in reversed(results) for name in rows)
    if rule is not None and found and rule not in names:
        raise UsageError(f"No run knows a rule {rule!r}.", fix="See `cartera quality` for them.")
    wanted = [name for name in names if rule in (None, name)]
    return Trends(found, [_rule(name, found, results) for name in wanted])


def _runs(settings: Settings, last: int) -> list[Run]:
    kept = {p.publication_id: p for p in publications.listed(settings)}
    files = {path.stem: path for path in (settings.state / "gates").glob("*.json")}
    found = []
    for run_id in sorted(kept.keys() | files.keys())[-last:]:
        publication = kept.get(run_id)
        run = _from_file(files[run_id]) if run_id in files else _from_tables(kept[run_id])
        found.append(
            {
                **run,
                # What is only for information is no failure of a build.
                "failed": sum(
                    r["status"] == "error" or (r["status"] == "failed" and r["severity"] != "info")
                    for r in run["results"]
                ),
                "accepted": sum(r["status"] == "accepted" for r in run["results"]),
                "is_kept": publication is not None,
                "is_current": publication is not None and publication.is_current,
            }
        )
    return found


def _from_file(path: Path) -> Run:
    try:
        result = GateResult.from_json(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise CarteraError(
            f"{path}: the gate's result cannot be read ({error}).",
            fix="Move it away; nothing but this history needs it.",
        ) from error
    rows = [row | {"keys": json.loads(row["keys"])} for row in result.to_rows()]
    return {
        "run_id": result.run_id,
        "checked_at": result.checked_at.isoformat(),
        "status": result.status,
        "results": rows,
    }


def _from_tables(publication: Publication) -> Run:
    told = publications.facts(publication)
    with duckdb.connect() as connection:
        attach(connection, publication.warehouse, "w", write=False)
        confine(connection)
        try:
            cursor = connection.execute("from w.ops.quality_results")
        except duckdb.CatalogException:
            rows: list[dict[str, Any]] = []
        else:
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    built_at = told.get("built_at")
    return {
        "run_id": publication.publication_id,
        "checked_at": built_at.replace(tzinfo=UTC).isoformat() if built_at else None,
        "status": told.get("gate_status"),
        "results": [row | {"keys": json.loads(row["keys"])} for row in rows],
    }


def _rule(name: str, runs: list[Run], results: list[dict[str, Run]]) -> dict[str, Any]:
    """The latest word about a rule, and its fate in each run."""
    latest = next(rows[name] for rows in reversed(results) if name in rows)
    fates = [rows.get(name) for rows in results]
    since = None
    for run, fate in zip(reversed(runs), reversed(fates), strict=True):
        if fate is None or fate["status"] not in BAD:
            break
        since = run["run_id"]
    told = ("rule", "suite", "severity", "status", "observed", "unexpected_count", "keys")
    return {
        **{key: latest[key] for key in (*told, "reason", "remedy")},
        "failing_since": since,
        "failed_runs": sum(fate is not None and fate["status"] in BAD for fate in fates),
        "trend": "".join(MARKS[fate["status"]] if fate else " " for fate in fates),
        "runs": [
            {
                "run_id": run["run_id"],
                "status": fate["status"] if fate else None,
                "unexpected_count": fate["unexpected_count"] if fate else None,
            }
            for run, fate in zip(runs, fates, strict=True)
        ],
    }
