"""Where else somebody stands: stewards' files, lists, records of what happened, logs."""

from __future__ import annotations

import glob
import json
import re
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from cartera import records, tombstones
from cartera.duck import connect
from cartera.files import sync_folder, write_whole
from cartera.identity.base import folder as identity_folder
from cartera.identity.stewards import (
    CUSTOMER,
    KINDS,
    SIDES,
    load_decisions,
    rename_decision,
    save_decisions,
)
from cartera.lock import hold
from cartera.privacy.identifying import CARTERA, DIGITS
from cartera.privacy.readings import SHORTEST, readings, runs_of
from cartera.privacy.scan import numbers_of, scan
from cartera.settings import Settings

ERASED = "erased"


def clean_stewards(settings: Settings) -> int:
    """Take out the stewards' decisions that name an erased record or customer; how many."""
    with hold(settings, "stewards", wait=60):
        decisions = load_decisions(settings)
        gone = _gone_names(settings, {name for d in decisions for name in d.pair})
        if not gone:
            return 0
        for kind in KINDS:
            if (settings.stewards / f"{kind}.csv").exists():
                kept = [
                    d
                    for d in decisions
                    if d.kind == kind and ".csv" in d.where and not gone & set(d.pair)
                ]
                save_decisions(settings, kind, kept)
            for suffix in (".yml", ".yaml"):
                _clean_yaml(settings, settings.stewards / f"{kind}{suffix}", gone)
        return sum(bool(gone & set(d.pair)) for d in decisions)


def _clean_yaml(settings: Settings, path: Path, gone: set[str]) -> None:
    if not path.exists():
        return
    rows = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    told = [rename_decision(settings, {k: str(row[k]) for k in SIDES}) for row in rows]
    kept = [row for row, named in zip(rows, told, strict=True) if not gone & set(named.values())]
    if len(kept) < len(rows):
        write_whole(path, yaml.safe_dump(kept, allow_unicode=True, sort_keys=False).encode())


def _gone_names(settings: Settings, names: set[str]) -> set[str]:
    """Which of these names, of records and customers, are of erased people."""
    rows = [
        (name, tombstones.joined(CARTERA, name))
        if CUSTOMER.fullmatch(name)
        else (name, tombstones.joined(*name.partition(":")[::2]))
        for name in sorted(names)
    ]
    with connect(settings) as connection:
        connection.register(
            "names_arrow",
            pa.table(
                {
                    "name": pa.array([name for name, _ in rows], pa.string()),
                    "value": pa.array([value for _, value in rows], pa.string()),
                }
            ),
        )
        query = "select 'record' as kind, value, name from names_arrow"
        tombstones.find_gone(settings, connection, query, "gone_names")
        return {name for (name,) in connection.execute("select name from gone_names").fetchall()}


def remove_kept_pairs(settings: Settings) -> int:
    """Delete what identity keeps of each record: the next build looks at everybody."""
    found = list(identity_folder(settings.state).glob("base*.duckdb*"))
    for path in found:
        path.unlink()
    return len(found)


def remove_lists(
    settings: Settings, customers: Collection[str], pulls: Collection[str], held_by: set[str]
) -> int:
    """Delete the lists that somebody stands on: of these pulls, and those that show who it is."""
    named = scan(settings, {"customer": list(customers)}, "exports").held_by
    going = {settings.home / file for file in named | held_by if file.startswith("exports/")}
    for pull in pulls:
        # In each format: nobody is found in a hashed list, and yet they are on it.
        going |= set(settings.exports.glob(f"*/{glob.escape(pull)}.*"))
    return _remove(going)


def remove_traces(settings: Settings, publication_id: str) -> int:
    """Delete logs and results of the gate of every build but the one that is published now."""
    going: set[Path] = {
        path
        for path in (settings.state / "gates").glob("*")
        if not path.name.startswith(publication_id)
    }
    going |= {
        path
        for path in (settings.state / "logs").glob("build-*")
        if path.name != f"build-{publication_id}"
    }
    return _remove(going)


def remove_found_logs(settings: Settings, held_by: set[str]) -> int:
    """Delete the logs in which somebody was found."""
    logs = ("state/logs/", "state/airflow/logs/", "state/gates/")
    return _remove({settings.home / file for file in held_by if file.startswith(logs)})


@dataclass(frozen=True)
class WantedIn:
    """What of somebody's values is looked for in a text: runs of characters, digits of phones."""

    runs: frozenset[str]
    numbers: frozenset[str]

    def is_in(self, text: str) -> bool:
        runs = {told for run in runs_of(text) for told in readings(run)}
        digits = {re.sub(r"\D", "", found) for found in re.findall(DIGITS, text)}
        return bool(runs & self.runs or (runs | digits) & self.numbers)


def wanted_in(values: dict[str, list[str]]) -> WantedIn:
    runs = {
        run
        for kind, found in values.items()
        if kind not in ("phone", "address")
        for value in found
        for run in runs_of(value)
        if "@" in run or (len(run) >= SHORTEST and any(c.isdigit() for c in run))
    }
    numbers: set[str] = set().union(*map(numbers_of, values.get("phone", [])))
    return WantedIn(frozenset(runs), frozenset(numbers))


def names_somebody(row: Iterable[object], wanted: WantedIn) -> bool:
    """Whether a text of ``row`` has a wanted value in it."""
    texts = (v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in row)
    return any(isinstance(text, str) and wanted.is_in(text) for text in texts)


def redact_records(settings: Settings, values: dict[str, list[str]]) -> int:
    """Put ``erased`` in place of each text with a value of somebody in the live records.

    Returns how many files changed.
    """
    wanted = wanted_in(values)
    return sum(
        records.rewrite(settings, path.stem, lambda line: _redacted_line(line, wanted))
        for path in sorted(settings.state.glob("*.jsonl"))
    )


def _redacted_line(line: bytes, wanted: WantedIn) -> bytes:
    try:
        told = json.loads(line)
    except ValueError:
        return line
    changed = _redacted(told, wanted)
    return line if changed == told else json.dumps(changed, ensure_ascii=False).encode()


def _redacted(value: Any, wanted: WantedIn) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(inner, wanted) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redacted(inner, wanted) for inner in value]
    return ERASED if isinstance(value, str) and wanted.is_in(value) else value


def _remove(paths: set[Path]) -> int:
    for path in sorted(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for parent in {path.parent for path in paths}:
        sync_folder(parent)
    return len(paths)
