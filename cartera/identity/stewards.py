"""What stewards decided: records that are one person, and records that are not.

``stewards/must_link.csv`` and ``stewards/cannot_link.csv`` of CARTERA_HOME hold the decisions in
force, one a line: ``record_a, record_b, who, when, why``. A record is named ``system:record_id``,
or by the id of a customer, which stands for its founding record. ``must_link.yml`` and
``cannot_link.yml``, lists of the same fields, are read too. Decisions win over every rule.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from cartera.errors import ContractError, RefusedByData
from cartera.files import write_whole
from cartera.party_keys import renamed
from cartera.settings import Settings
from cartera.yaml_lines import nodes_of

Kind = Literal["must_link", "cannot_link"]
KINDS: tuple[Kind, ...] = ("must_link", "cannot_link")
SIDES = ("record_a", "record_b")
FIELDS = (*SIDES, "who", "when", "why")
CUSTOMER = re.compile(r"C[A-Z2-7]{13}")
MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Decision:
    """One line of a steward's file; ``where`` is its file and line."""

    kind: Kind
    record_a: str
    record_b: str
    who: str
    when: str
    why: str
    where: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Both names, in an order of their own."""
        first, second = sorted((self.record_a, self.record_b))
        return first, second


def load_decisions(settings: Settings) -> tuple[Decision, ...]:
    """Every decision in force. Raises ContractError that names file, line and fix."""
    decisions: list[Decision] = []
    for kind in KINDS:
        for suffix in (".csv", ".yml", ".yaml"):
            path = settings.stewards / f"{kind}{suffix}"
            if path.exists():
                read = _read_csv if suffix == ".csv" else _read_yaml
                decisions += [
                    _decision(kind, path, line, rename_decision(settings, row))
                    for line, row in read(path)
                ]
    return tuple(decisions)


def rename_decision(settings: Settings, row: dict[str, str]) -> dict[str, str]:
    """The fields of a decision, with names of before as they are now."""
    return row | {side: renamed(settings, row[side]) for side in SIDES if row.get(side)}


def save_decisions(settings: Settings, kind: Kind, decisions: Iterable[Decision]) -> None:
    """Write the CSV file of ``kind``, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([getattr(decision, field) for field in FIELDS] for decision in decisions)
    settings.stewards.mkdir(parents=True, exist_ok=True, mode=0o750)
    write_whole(settings.stewards / f"{kind}.csv", text.getvalue().encode())


def refuse_contradictions(
    pairs: Sequence[tuple[Decision, int, int]],
    way_out: Callable[[list[Decision]], str | None] = lambda against: None,
) -> None:
    """``pairs``: each decision with the records that it is about, by number.

    Raises RefusedByData where must-links join two records that a cannot-link keeps apart, with
    the chain between them. ``way_out`` may know a fix for decisions that contradict each other.
    """
    neighbours: dict[int, list[tuple[int, Decision]]] = {}
    for decision, a, b in pairs:
        if decision.kind == "must_link":
            neighbours.setdefault(a, []).append((b, decision))
            neighbours.setdefault(b, []).append((a, decision))
    for decision, a, b in pairs:
        if decision.kind == "cannot_link":
            chain = _chain(neighbours, a, b)
            if chain is not None:
                told = "; ".join(
                    f"{link.record_a} = {link.record_b} ({link.where})" for link in chain
                )
                raise RefusedByData(
                    f"{decision.where}: {decision.record_a} and {decision.record_b} must stay "
                    f"apart, and must be one by {told or 'being the same record'}.",
                    fix=way_out([*chain, decision]) or "Take one of these lines out of its file.",
                )


def _chain(
    neighbours: dict[int, list[tuple[int, Decision]]], start: int, goal: int
) -> list[Decision] | None:
    """The fewest must-links from ``start`` to ``goal``; None if there is no way."""
    came: dict[int, tuple[int, Decision] | None] = {start: None}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if here == goal:
            chain = []
            step = came[here]
            while step is not None:
                chain.append(step[1])
                step = came[step[0]]
            return chain[::-1]
        for there, decision in neighbours.get(here, []):
            if there not in came:
                came[there] = (here, decision)
                queue.append(there)
    return None


def _decision(kind: Kind, path: Path, line: int, row: dict[str, str]) -> Decision:
    where = f"{path}:{line}"
    empty = [field for field in FIELDS if not row.get(field)]
    if empty:
        raise ContractError(f"{where}: {empty[0]}: missing.", fix="Say who, when and why.")
    for field in SIDES:
        name = row[field]
        if not CUSTOMER.fullmatch(name) and not all(name.partition(":")[::2]):
            raise ContractError(
                f"{where}: {field}: {name!r} names no record.",
                fix="Write system:record_id, such as crm:1042, or the id of a customer.",
            )
    if row["record_a"] == row["record_b"]:
        raise ContractError(f"{where}: both records are {row['record_a']}.", fix="Name two.")
    return Decision(
        kind, row["record_a"], row["record_b"], row["who"], row["when"], row["why"], where
    )


def _read_csv(path: Path) -> list[tuple[int, dict[str, str]]]:
    text = _text(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        missing = [field for field in FIELDS if field not in (reader.fieldnames or [])]
        if text.strip() and missing:
            raise ContractError(
                f"{path}:1: no column {missing[0]!r}.", fix=f"The columns are: {', '.join(FIELDS)}."
            )
        for row in reader:
            if None in row or None in row.values():
                raise ContractError(
                    f"{path}:{reader.line_num}: not {len(reader.fieldnames or [])} values.",
                    fix='Quote a value that holds a comma: "like, this".',
                )
            rows.append((reader.line_num, {k: v.strip() for k, v in row.items()}))
    except csv.Error as error:
        raise ContractError(f"{path}:{reader.line_num + 1}: {error}.", fix="Correct it.") from error
    return rows


def _read_yaml(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        root = nodes_of(_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise ContractError(
            f"{path}:{line}: not valid YAML: {problem}.", fix="Correct it."
        ) from error
    if root is None:
        return []
    rows = []
    if not isinstance(root, yaml.SequenceNode):
        raise ContractError(f"{path}:1: not a list.", fix="Begin each decision with a dash.")
    for node in root.value:
        line = node.start_mark.line + 1
        pairs: Any = node.value
        if not isinstance(node, yaml.MappingNode) or not all(
            isinstance(value, yaml.ScalarNode) for pair in pairs for value in pair
        ):
            raise ContractError(f"{path}:{line}: not a decision.", fix=f"Give {', '.join(FIELDS)}.")
        rows.append((line, {key.value: value.value.strip() for key, value in pairs}))
    return rows


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ContractError(f"{path}: larger than {MAX_BYTES} bytes.", fix="Split it.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}.", fix="Check the path.") from error
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8.", fix="Save the file as UTF-8.") from error
