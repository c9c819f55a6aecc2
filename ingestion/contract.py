"""Contracts: what a system delivers, and how its columns become those of a source.

A *source* (``ingestion/sources/<source>.yml``) is what Cartera understands: its columns with
type, PII class and meaning, its natural key and its event time. A *contract*
(``ingestion/contracts/<system>/<source>.yml``, or the same below ``CARTERA_HOME/contracts``)
says how one system's export becomes rows of that source. Both are checked when they load.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from cartera.errors import ContractError, UsageError
from cartera.yaml_lines import load_model
from ingestion.forms import Forms, Words
from ingestion.mapping import FILE, PATH, Lookup, Mapping, first_key, is_path
from ingestion.source import (
    NAME,
    ColumnType,
    Source,
    SourceColumn,
    Strict,
    load_source,
    source_names,
)

__all__ = [
    "NAME",
    "ColumnType",
    "Contract",
    "Forms",
    "Lookup",
    "Mapping",
    "Source",
    "SourceColumn",
    "Volume",
    "load_contract",
    "load_contracts",
    "load_source",
    "source_names",
]
CONTRACTS = Path(__file__).parent / "contracts"
# 12h, 1d, 6w, 24m, 5y
PERIOD = r"^[1-9][0-9]{0,3}[hdwmy]$"


class Volume(Strict):
    """How far a batch may be from the median of its source's batches before it is held.

    From ``low`` times the median less ``slack`` records to ``high`` times the median and
    ``slack`` more; with fewer than ``batches`` before it, nothing is expected.
    """

    low: float = Field(default=0.25, ge=0, le=1)
    high: float = Field(default=4, ge=1)
    batches: int = Field(default=5, ge=3)
    slack: int = Field(default=20, ge=0)


class Contract(Strict):
    """How one system's export becomes rows of one source.

    Where several exports of a system make one source, each has a contract of its own, told
    apart by its ``part``.
    """

    system: str
    source: str
    part: str = ""
    about: str
    inbox: str = ""
    files: str = "*"
    forms: Forms = Field(alias="format")
    delivery: Literal["increment", "snapshot"]
    columns: dict[str, Mapping]
    group_by: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    only: dict[str, Words] = Field(default_factory=dict)
    new_columns: Literal["fail", "add", "ignore"] = "fail"
    missing_columns: Literal["fail", "null"] = "fail"
    changed_types: Literal["fail", "read"] = "read"
    reject_limit: float = Field(default=0.02, ge=0, le=1)
    expected_volume: Volume | Literal[False] = Volume()
    expected_every: Annotated[str, Field(pattern=PERIOD)] | None = None
    late: Literal["warn", "wait"] = "warn"
    retention: Annotated[str, Field(pattern=PERIOD)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _streams_may_grow(cls, values: object) -> object:
        """Of JSON lines unknown keys are ignored by default: each kind of event has its own."""
        if not isinstance(values, dict) or "new_columns" in values:
            return values
        forms = values.get("format")
        is_jsonl = isinstance(forms, dict) and forms.get("type") == "jsonl"
        return {**values, "new_columns": "ignore"} if is_jsonl else values

    @field_validator("system", "source", "part")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} must be lower case letters, digits and _")
        return name

    @field_validator("inbox", "files")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        if path.startswith("/") or ".." in Path(path).parts:
            raise ValueError(f"{path!r} leads outside the inbox")
        return path

    @field_validator("columns", mode="before")
    @classmethod
    def _short_forms(cls, columns: object) -> object:
        """``order_id: ticket`` is short for ``order_id: {from: ticket}``."""
        if not isinstance(columns, dict):
            return columns
        return {k: {"from": v} if isinstance(v, str) else v for k, v in columns.items()}

    @model_validator(mode="after")
    def _fits_the_source(self) -> Self:
        source = load_source(self.source)
        for name in self.columns:
            if name not in source.columns:
                known = ", ".join(source.columns)
                raise ValueError(f"columns.{name}: {self.source} has no such column, but: {known}")
        for name, column in source.columns.items():
            if column.required and name not in self.columns:
                raise ValueError(f"columns.{name} is required by {self.source} and has no mapping")
        for name, mapping in self.columns.items():
            column = source.columns[name]
            allowed = set(column.values)
            wrong = [v for v in mapping.values.values() if allowed and v not in allowed]
            if wrong:
                raise ValueError(f"columns.{name}.values: {wrong[0]!r} is not one of {allowed}")
            if mapping.constant is not None and allowed and mapping.constant not in allowed:
                raise ValueError(f"columns.{name}.constant is not one of {sorted(allowed)}")
            _check_lookup(name, mapping.lookup)
            if mapping.take and not self.group_by:
                raise ValueError(f"columns.{name}.take goes with group_by")
        if set(self.once) - set(self.raw_columns):
            raise ValueError("once names a column that the contract does not read")
        if self.once and not self.group_by:
            raise ValueError("once goes with group_by: the rows that share the value")
        if self.part and self.delivery != "increment":
            raise ValueError("part goes with increments: a snapshot would replace the other parts")
        if self.retention and self.source == "consents":
            raise ValueError("retention: consents have none: a withdrawal outlives all else")
        if self.late == "wait" and not self.expected_every:
            raise ValueError("late goes with expected_every: without it nothing is ever late")
        return self

    @model_validator(mode="after")
    def _names_can_be_read(self) -> Self:
        for name, mapping in self.columns.items():
            if self.forms.type != "jsonl":
                if mapping.param is not None:
                    raise ValueError(f"columns.{name}.param goes with jsonl")
                continue
            named = (mapping.from_,) if mapping.param is not None else mapping.raw_columns
            for raw in named:
                if raw and is_path(raw) and not PATH.fullmatch(raw):
                    raise ValueError(
                        f"columns.{name}: {raw!r} is no path such as $.user.email or $.items[0].sku"
                    )
        return self

    @property
    def name(self) -> str:
        return f"{self.system}/{self.file_name}"

    @property
    def file_name(self) -> str:
        """What its file is called, without ``.yml``."""
        return f"{self.source}.{self.part}" if self.part else self.source

    @property
    def digest(self) -> str:
        """Names what this contract says: another one after a change."""
        said = [self.model_dump_json(by_alias=True), self.model.model_dump_json()]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]

    @property
    def folder(self) -> str:
        """The folder of this export below ``inbox/<system>/``."""
        return self.inbox or self.part or self.source

    @property
    def model(self) -> Source:
        return load_source(self.source)

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """The export's columns that the contract reads, in order, each once."""
        read = [c for mapping in self.columns.values() for c in mapping.raw_columns]
        named = dict.fromkeys([*self.group_by, *self.only, *read])
        return tuple(name for name in named if name != FILE)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """All of the export's columns that the contract names, read or not."""
        footer = self.forms.footer
        named = [footer.column] if footer and footer.column else []
        return tuple(dict.fromkeys([*self.raw_columns, *named, *self.ignore]))

    @property
    def json_keys(self) -> set[str]:
        """The keys of a JSON line that the contract names, or into which its paths lead."""
        places = [
            self.params[name][0] if name in self.params else name for name in self.raw_columns
        ]
        return {first_key(place) for place in [*places, *self.ignore]}

    @property
    def required_raw_columns(self) -> set[str]:
        """The export's columns without which no record of it could land."""
        needed = {*self.group_by, *self.only}
        for name, mapping in self.columns.items():
            if self.model.columns[name].required and not mapping.add and not mapping.first_of:
                needed |= set(mapping.raw_columns)
        return needed - {FILE}

    @property
    def params(self) -> dict[str, tuple[str, str]]:
        """Raw columns that are items of a list: the list, and the item's key."""
        return {
            str(m.origin): (m.from_, m.param)
            for m in self.columns.values()
            if m.from_ and m.param is not None
        }

    @property
    def looked_up(self) -> set[str]:
        """The sources that must have landed before this one."""
        return {m.lookup.source for m in self.columns.values() if m.lookup}


def _check_lookup(name: str, lookup: Lookup | None) -> None:
    """Raise ValueError if what a column is looked up in does not exist."""
    if not lookup:
        return
    try:
        columns = load_source(lookup.source).columns
    except ValueError as error:
        raise ValueError(f"columns.{name}.lookup.source: {error}") from error
    for part in ("key", "value"):
        wanted = getattr(lookup, part)
        if wanted not in columns:
            raise ValueError(
                f"columns.{name}.lookup.{part}: {lookup.source} has no column {wanted!r}, "
                f"but: {', '.join(columns)}"
            )


def load_contract(path: Path) -> Contract:
    """Read one contract. Raises ContractError that names file, line, field and fix."""
    contract = load_model(path, Contract)
    if (path.parent.name, path.stem) != (contract.system, contract.file_name):
        raise ContractError(
            f"{path}: it is for {contract.name}, and its place says otherwise.",
            fix=f"Move it to {contract.name}.yml.",
        )
    return contract


def load_contracts(own: Path | None = None, system: str | None = None) -> list[Contract]:
    """All contracts, Cartera's and those below ``own``, which win; lookups come first.

    Raises UsageError if ``system`` is given and has no contract.
    """
    found: dict[str, Path] = {}
    for folder in filter(None, [CONTRACTS, own]):
        for path in sorted(folder.glob("*/*.yml")):
            found[f"{path.parent.name}/{path.stem}"] = path
    wanted = [p for name, p in found.items() if system in (None, name.partition("/")[0])]
    if system and not wanted:
        systems = sorted({name.partition("/")[0] for name in found})
        raise UsageError(
            f"No contract for a system {system!r}.", fix=f"The systems are: {', '.join(systems)}."
        )
    contracts = [load_contract(path) for path in wanted]
    _parts_fit_together(contracts)
    return _lookups_first(contracts)


def _parts_fit_together(contracts: list[Contract]) -> None:
    """Raise ContractError if contracts of one source would be in each other's way."""
    of_source: dict[tuple[str, str], list[Contract]] = {}
    for contract in contracts:
        of_source.setdefault((contract.system, contract.source), []).append(contract)
    for parts in of_source.values():
        if len(parts) > 1 and any(part.delivery == "snapshot" for part in parts):
            names = ", ".join(sorted(part.name for part in parts))
            raise ContractError(
                f"{names}: one is a snapshot, which would replace what the others deliver.",
                fix="Make each an increment, or give it a system of its own.",
            )


def _lookups_first(contracts: list[Contract]) -> list[Contract]:
    """Order contracts so that a source is landed before those that look into it."""
    waiting = sorted(contracts, key=lambda c: c.name)
    ordered: list[Contract] = []
    while waiting:
        pending = {(c.system, c.source) for c in waiting}
        ready = [
            c for c in waiting if not {(c.system, s) for s in c.looked_up - {c.source}} & pending
        ]
        if not ready:
            names = ", ".join(c.name for c in waiting)
            raise ContractError(
                f"Contracts look into each other: {names}.", fix="Break the circle of lookups."
            )
        ordered += ready
        waiting = [c for c in waiting if c not in ready]
    return ordered
