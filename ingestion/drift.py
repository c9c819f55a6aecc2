"""Drift: where a file's columns are not those of its contract, and what that means for it.

Each finding goes into the batch's manifest; whether it holds the batch is the contract's
policy: ``new_columns``, ``missing_columns``, ``changed_types``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingestion.contract import Contract
from ingestion.header import nearest
from ingestion.raw import Raw

# A file of thousands of columns must not make its manifest long.
MAX_LISTED = 50
SHOWN = 20
# Nor may a file whose header is not one, with names of a megabyte.
LONGEST_NAME = 120
# An address, a long number, or nothing but digits and signs, such as a date.
LIKE_DATA = re.compile(r"\S@\S|\d{6}|(?:\d[ .-]?){7}|^[\d\s.,:/+-]*\d[\d\s.,:/+-]*$")


# kind, column, policy (of the contract: POLICIES says what it does) and: of a missing one what it
# was ``perhaps`` renamed to, of one ``respelt`` as what it is ``spelt``, of a changed type what it
# ``was`` and is ``now``.
Finding = dict[str, str]
POLICIES = {
    "fail": "held",
    "ignore": "not read",
    "add": "kept in extra",
    "null": "read as empty",
    "read": "read",
}


def findings(contract: Contract, raw: Raw, before: Mapping[str, str]) -> list[Finding]:
    """How ``raw`` differs from its contract, and from the column types of the batch before."""
    new, missing = unknown_columns(contract, raw), missing_columns(contract, raw)
    if is_headless(contract, raw):
        new = []
    needed = needed_columns(contract)
    found: list[Finding] = [
        {"kind": "new", "column": name, "policy": contract.new_columns} for name in new[:MAX_LISTED]
    ]
    found += [
        {
            "kind": "missing",
            "column": name,
            "policy": "fail" if name in needed else contract.missing_columns,
        }
        | _perhaps(name, new)
        for name in missing[:MAX_LISTED]
    ]
    if raw.is_json:
        # A key that no line has is no loss by itself; with a new one like it, it was renamed.
        lost = sorted(contract.json_keys - set(raw.keys)) if raw.keys else []
        renamed: list[Finding] = [
            {"kind": "missing", "column": n, "policy": "null"} | _perhaps(n, new) for n in lost
        ]
        found += [finding for finding in renamed if "perhaps" in finding]
    found += [
        {"kind": "respelt", "column": name, "policy": "read", "spelt": spelt}
        for name, spelt in raw.respelt.items()
    ]
    found += [
        {
            "kind": "type",
            "column": name,
            "policy": contract.changed_types,
            "was": before[name],
            "now": kind,
        }
        for name, kind in raw.columns.items()
        if before.get(name, kind) != kind
    ]
    return [{key: shortened(value) for key, value in finding.items()} for finding in found]


def shortened(name: str) -> str:
    """A column's name as it can be shown: contact data in the place of one is not."""
    if LIKE_DATA.search(name):
        return "(looks like data)"
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def is_headless(contract: Contract, raw: Raw) -> bool:
    """Whether the names of the columns are a record: what they say is for quarantine alone."""
    if raw.is_json or set(raw.columns) & set(contract.named_columns):
        return False
    return any(LIKE_DATA.search(name) for name in raw.columns)


def _perhaps(name: str, new: list[str]) -> Finding:
    likely = nearest(name, new)
    return {"perhaps": likely} if likely else {}


def unknown_columns(contract: Contract, raw: Raw) -> list[str]:
    """The file's columns (of JSON lines, the keys of a sample) that the contract does not name."""
    if raw.is_json:
        return [key for key in raw.keys if key not in contract.json_keys]
    named = set(contract.named_columns)
    return [name for name in raw.columns if name not in named]


def missing_columns(contract: Contract, raw: Raw) -> list[str]:
    """The columns that the contract reads and the file does not have."""
    footer = contract.forms.footer
    read = [*contract.raw_columns, *([footer.column] if footer and footer.column else [])]
    return [name for name in read if name not in raw.columns]


def needed_columns(contract: Contract) -> set[str]:
    """The columns whose loss holds a file, whatever the policy is."""
    footer = contract.forms.footer
    return contract.required_raw_columns | ({footer.column} if footer and footer.column else set())


def problem(contract: Contract, raw: Raw, found: list[Finding]) -> str:
    """Why the file cannot be mapped at all, in words; empty if it can."""
    missing = missing_columns(contract, raw)
    if contract.missing_columns == "null":
        needed = needed_columns(contract)
        missing = [name for name in missing if name in needed]
    if missing:
        return _say_missing(contract, raw, missing, found)
    new = unknown_columns(contract, raw)
    if new and contract.new_columns == "fail":
        return f"columns {_listed(new)} are new; map or ignore them"
    changed = [f for f in found if f["kind"] == "type"]
    if changed and contract.changed_types == "fail":
        said = ", ".join(f"{f['column']} was {f['was']} and is {f['now']}" for f in changed)
        return f"types have changed: {said}"
    return ""


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(shortened(name) for name in names[:MAX_LISTED]) + more


def _say_missing(contract: Contract, raw: Raw, missing: list[str], found: list[Finding]) -> str:
    if is_headless(contract, raw):
        return (
            f"columns {', '.join(missing)} are missing; the first line has {len(raw.columns)} "
            "fields that look like a record: it has no header"
        )
    has = ", ".join(shortened(name) for name in list(raw.columns)[:SHOWN])
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
    """Findings as one short text for a table, with what was done; empty if there are none."""
    said = []
    for kind in ("new", "missing", "respelt", "type"):
        by_policy: dict[str, list[str]] = {}
        for finding in found:
            if finding["kind"] == kind:
                by_policy.setdefault(finding.get("policy", ""), []).append(_one(finding))
        for policy, names in by_policy.items():
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            done = f" ({POLICIES[policy]})" if policy in POLICIES and kind != "respelt" else ""
            word = "" if kind == "type" else f"{kind} "
            said.append(f"{word}{', '.join(names[:3])}{more}{done}")
    return "; ".join(said)


def _one(finding: Finding) -> str:
    name = finding["column"]
    if finding["kind"] == "type":
        return f"{name} {finding['was']} → {finding['now']}"
    return f"{name} ({finding['perhaps']}?)" if "perhaps" in finding else name
