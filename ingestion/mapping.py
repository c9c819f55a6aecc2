"""Mappings: where the value of one column of a source comes from."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ingestion.forms import Moments, checked_moments
from ingestion.source import Strict

# $.user.email, $.items[0].sku, $."a key".x
PATH = re.compile(r'\$(\.([A-Za-z0-9_\-]+|"[^"\\]+")|\[\d+\])+')


def is_path(name: str) -> bool:
    """Whether a name of JSON lines leads into a nested object; a key with a dot does not."""
    return name.startswith(("$.", "$["))


def first_key(name: str) -> str:
    """The key of a line's object where a path begins; a plain name is one."""
    if not is_path(name):
        return name
    match = re.match(r'\$\.(?:"([^"]+)"|([A-Za-z0-9_\-]+))', name)
    return (match[1] or match[2]) if match else name


class Lookup(Strict):
    """A value kept in another source of the same system, found by its key."""

    source: str
    key: str
    value: str


class Mapping(Strict):
    """Where a column's value comes from: exactly one of ``from``, ``constant``, ``join``, ``add``.

    ``values`` translates codes (a code that is not listed is a bad row), ``lookup`` takes the
    value on to another source, ``take`` says how the rows of a group become one value, and
    ``date`` or ``timestamp`` override the contract's form for this column. ``param`` finds the
    item with that key where ``from`` is a list of keys and values (JSON lines).
    """

    from_: str | None = Field(default=None, alias="from")
    param: str | None = None
    constant: str | None = None
    join: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)
    lookup: Lookup | None = None
    take: Literal["sum", "min", "max", "first", "last"] | None = None
    date: Moments | None = None
    timestamp: Moments | None = None

    @field_validator("date", "timestamp")
    @classmethod
    def _moments(cls, forms: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return checked_moments(forms)

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
        if self.param is not None and not self.from_:
            raise ValueError("param goes with from: the list that holds it")
        return self

    @property
    def origin(self) -> str | None:
        """The raw column of ``from``, and of its item where ``param`` names one."""
        return self.from_ if self.param is None else f"{self.from_}[{self.param}]"

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """The export's columns that this mapping reads."""
        return (self.origin,) if self.origin else self.join or self.add
