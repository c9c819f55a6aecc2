"""Contracts: what a system delivers, and how its columns become those of a source.

A *source* (``ingestion/sources/<source>.yml``) is what Cartera understands: its columns with
type, PII class and meaning, its natural key and its event time. A *contract*
(``ingestion/contracts/<system>/<source>.yml``, or the same below ``CARTERA_HOME/contracts``)
says how one system's export becomes rows of that source. Both are checked when they load.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cartera.errors import ContractError, UsageError
from cartera.yaml_lines import load_model

SOURCES = Path(__file__).parent / "sources"
CONTRACTS = Path(__file__).parent / "contracts"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Nothing, a dot for the whole document, or names joined by dots.
RECORDS = r"""^(\.|[^.\s"'\[\]*]+(\.[^.\s"'\[\]*]+)*)?$"""

SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18,2)",
    "quantity": "DECIMAL(18,3)",
    "rate": "DECIMAL(18,8)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
ColumnType = Literal[
    "text", "integer", "number", "money", "quantity", "rate", "date", "timestamp", "boolean"
]
PiiClass = Literal["none", "reference", "indirect", "direct", "free_text", "url"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceColumn(_Strict):
    """A column that Cartera understands."""

    type: ColumnType
    about: str
    pii: PiiClass
    required: bool = False
    values: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


class Source(_Strict):
    """A kind of record, whichever system delivers it."""

    source: str
    about: str
    key: tuple[str, ...]
    event_time: str | None = None
    is_person: bool = False
    columns: dict[str, SourceColumn]

    @model_validator(mode="after")
    def _key_exists(self) -> Self:
        for name in (*self.key, *filter(None, [self.event_time])):
            if name not in self.columns:
                raise ValueError(f"{name!r} is no column of {self.source}")
        return self


class Forms(_Strict):
    """How an export writes its values. Dates and times take strptime patterns, or ``iso``."""

    type: Literal["csv", "jsonl", "parquet"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"
    records: str = Field(default="", pattern=RECORDS)
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    date: str = "iso"
    timestamp: str = "iso"
    time_zone: str = "UTC"
    null: tuple[str, ...] = ("",)
    true: tuple[str, ...] = ("true", "1", "yes", "t", "y")
    false: tuple[str, ...] = ("false", "0", "no", "f", "n")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is not an IANA time zone") from error
        return zone

    @model_validator(mode="after")
    def _separators_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same character")
        if self.records and self.type != "jsonl":
            raise ValueError("records goes with type jsonl: the path of the list in each line")
        return self


class Lookup(_Strict):
    """A value kept in another source of the same system, found by its key."""

    source: str
    key: str
    value: str


class Mapping(_Strict):
    """Where a column's value comes from: exactly one of ``from``, ``constant``, ``join``, ``add``.

    ``values`` translates codes (a code that is not listed is a bad row), ``lookup`` takes the
    value on to another source, ``take`` says how the rows of a group become one value, and
    ``date`` or ``timestamp`` override the contract's form for this column.
    """

    from_: str | None = Field(default=None, alias="from")
    constant: str | None = None
    join: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)
    lookup: Lookup | None = None
    take: Literal["sum", "min", "max", "first", "last"] | None = None
    date: str | None = None
    timestamp: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [
            name
            for name, value in [
                ("from", self.from_),
                ("constant", self.constant),
                ("join", self.join),
                ("add", self.add),
            ]
            if value not in (None, ())
        ]
        if len(given) != 1:
            raise ValueError("give exactly one of from, constant, join, add")
        if self.lookup and not self.from_:
            raise ValueError("lookup goes with from: the column that holds the key")
        return self

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """The export's columns that this mapping reads."""
        return (self.from_,) if self.from_ else self.join or self.add


class Contract(_Strict):
    """How one system's export becomes rows of one source."""

    system: str
    source: str
    about: str
    inbox: str = ""
    files: str = "*"
    forms: Forms = Field(alias="format")
    delivery: Literal["increment", "snapshot"]
    columns: dict[str, Mapping]
    group_by: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    new_columns: Literal["fail", "ignore"] = "fail"
    reject_limit: float = Field(default=0.02, ge=0, le=1)

    @field_validator("system", "source")
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
            if mapping.take and not self.group_by:
                raise ValueError(f"columns.{name}.take goes with group_by")
        return self

    @property
    def name(self) -> str:
        return f"{self.system}/{self.source}"

    @property
    def folder(self) -> str:
        """The folder of this export below ``inbox/<system>/``."""
        return self.inbox or self.source

    @property
    def model(self) -> Source:
        return load_source(self.source)

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """The export's columns that the contract reads, in order, each once."""
        read = [c for mapping in self.columns.values() for c in mapping.raw_columns]
        return tuple(dict.fromkeys([*self.group_by, *read]))

    @property
    def looked_up(self) -> set[str]:
        """The sources that must have landed before this one."""
        return {m.lookup.source for m in self.columns.values() if m.lookup}


@lru_cache
def load_source(name: str) -> Source:
    """The source of that name. Raises ValueError if Cartera has none."""
    path = SOURCES / f"{name}.yml"
    if not NAME.fullmatch(name) or not path.is_file():
        raise ValueError(f"{name!r} is no source; the sources are: {', '.join(source_names())}")
    return load_model(path, Source)


def source_names() -> list[str]:
    """Every source that Cartera understands, in alphabetical order."""
    return sorted(path.stem for path in SOURCES.glob("*.yml"))


def load_contract(path: Path) -> Contract:
    """Read one contract. Raises ContractError that names file, line, field and fix."""
    contract = load_model(path, Contract)
    if (path.parent.name, path.stem) != (contract.system, contract.source):
        raise ContractError(
            f"{path}: it is for {contract.name}, and its place says otherwise.",
            fix=f"Move it to {contract.system}/{contract.source}.yml.",
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
    return _lookups_first([load_contract(path) for path in wanted])


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
