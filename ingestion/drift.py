"""Drift: where a file's columns are not those of its contract, and what that means for it.

Each finding goes into the batch's manifest; whether it holds the batch is the contract's
policy: ``new_columns``, ``missing_columns``, ``changed_types``.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.contract import Contract
from ingestion.header import nearest
from ingestion.json_lines import JSON_LINE
from ingestion.raw import Raw

# A file of thousands of columns must not make its manifest long.
MAX_LISTED = 50
SHOWN = 20


# kind, column and: of a missing one what it was ``perhaps`` renamed to, of one ``respelt`` as what
# it is ``spelt``, of a changed type what it ``was`` and is ``now``.
Finding = dict[str, str]


def findings(contract: Contract, raw: Raw, before: Mapping[str, str]) -> list[Finding]:
    """How ``raw`` differs from its contract, and from the column types of the batch before."""
    new, missing = unknown_columns(contract, raw), missing_columns(contract, raw)
    found: list[Finding] = [{"kind": "new", "column": name} for name in new[:MAX_LISTED]]
    found += [{"kind": "missing", "column": n} | _perhaps(n, new) for n in missing[:MAX_LISTED]]
    if JSON_LINE in raw.columns:
        # A key that no line has is no loss by itself; with a new one like it, it was renamed.
        lost = sorted(contract.json_keys - set(raw.keys)) if raw.keys else []
        renamed: list[Finding] = [{"kind": "missing", "column": n} | _perhaps(n, new) for n in lost]
        found += [finding for finding in renamed if "perhaps" in finding]
    found += [
        {"kind": "respelt", "column": name, "spelt": spelt} for name, spelt in raw.respelt.items()
    ]
    found += [
        {"kind": "type", "column": name, "was": before[name], "now": kind}
        for name, kind in raw.columns.items()
        if before.get(name, kind) != kind
    ]
    return found


def _perhaps(name: str, new: list[str]) -> Finding:
    likely = nearest(name, new)
    return {"perhaps": likely} if likely else {}


def unknown_columns(contract: Contract, raw: Raw) -> list[str]:
    """The file's columns (of JSON lines, the keys of a sample) that the contract does not name."""
    if JSON_LINE in raw.columns:
        return [key for key in raw.keys if key not in contract.json_keys]
    named = set(contract.named_columns)
    return [name for name in raw.columns if name not in named]


def missing_columns(contract: Contract, raw: Raw) -> list[str]:
    """The columns that the contract reads and the file does not have."""
    footer = contract.forms.footer
    read = [*contract.raw_columns, *([footer.column] if footer and footer.column else [])]
    return [name for name in read if name not in raw.columns]


def problem(contract: Contract, raw: Raw, found: list[Finding]) -> str:
    """Why the file cannot be mapped at all, in words; empty if it can."""
    missing = missing_columns(contract, raw)
    if contract.missing_columns == "null":
        footer = contract.forms.footer
        needed = {*contract.required_raw_columns, *([footer.column] if footer else [])}
        missing = [name for name in missing if name in needed]
    if missing:
        return _say_missing(contract, raw, missing, found)
    new = unknown_columns(contract, raw)
    if new and contract.new_columns == "fail":
        return f"columns {', '.join(new)} are new; map or ignore them"
    changed = [f for f in found if f["kind"] == "type"]
    if changed and contract.changed_types == "fail":
        said = ", ".join(f"{f['column']} was {f['was']} and is {f['now']}" for f in changed)
        return f"types have changed: {said}"
    return ""


def _say_missing(contract: Contract, raw: Raw, missing: list[str], found: list[Finding]) -> str:
    has = ", ".join(list(raw.columns)[:SHOWN])
    said = f"columns {', '.join(missing)} are missing; the file has: {has}"
    renamed = [
        f"{f['perhaps']!r} may be {f['column']!r} renamed"
        for f in found
        if f["kind"] == "missing" and f["column"] in missing and "perhaps" in f
    ]
    if renamed:
        said += f"; {', '.join(renamed)}"
    if contract.forms.type == "csv" and len(raw.columns) == 1:
        said += f"; with one column only, {contract.forms.delimiter!r} is not its delimiter"
    return said


def in_words(found: list[Finding]) -> str:
    """Findings as one short text for a table; empty if there are none."""
    said = []
    for kind, word in [("new", "new"), ("missing", "missing"), ("respelt", "respelt")]:
        names = [f["column"] for f in found if f["kind"] == kind]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        if names:
            said.append(f"{word} {', '.join(names[:3])}{more}")
    said += [f"{f['column']} {f['was']} → {f['now']}" for f in found if f["kind"] == "type"]
    return "; ".join(said)
