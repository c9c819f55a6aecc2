"""Mappings: where the value of one column of a source comes from."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ingestion.forms import Moments, checked_moments
from ingestion.source import Strict

# $.user.email, $.items[0].sku, $."a key".x
PATH = re.compile(r'\$(\.([A-Za-z0-9_\-]+|"[^"\\]+")|\[\d+\])+')
# Stands for the name of the delivered file, without its endings.
FILE = "_file"


def is_path(name: str) -> bool:
    """Whether a name of JSON lines leads into a nested object; a key with a dot does not."""
    return name.startswith(("$.", "$["))


def first_key(name: str) -> str:
    """The key of a line's object where a path begins; a plain name is one."""
    if not is_path(name):
        return name
    match = re.match(r'\$\.(?:"([^"]+)"|([A-Za-z0-9_\-]+))', name)
    return (match[1] or match[2]) if match else name


ORIGINS = ("from_", "constant", "join", "add", "multiply", "first_of", "number_in")


class Lookup(Strict):
    """A value kept in another source of the same system, found by its key."""

    source: str
    key: str
    value: str


class Mapping(Strict):
    """Where a column's value comes from: exactly one of the ORIGINS.

    ``from`` is a column, ``first_of`` the first of several that is given; ``join``, ``add`` and
    ``multiply`` put some together (``subtract`` goes off the sum); ``number_in`` counts the
    rows that have the same values in these columns, from 1. With ``digest``, an id that is
    joined of personal data does not show them.

    ``values`` translates codes (a code that is not listed is a bad row), ``lookup`` takes the
    value on to another source, ``take`` says how the rows of a group become one value, and
    ``date`` or ``timestamp`` override the contract's form for this column. ``param`` finds the
    item with that key where ``from`` is a list of keys and values (JSON lines).
    """

    from_: str | None = Field(default=None, alias="from")
    param: str | None = None
    constant: str | None = None
    join: tuple[str, ...] = ()
    digest: bool = False
    add: tuple[str, ...] = ()
    subtract: tuple[str, ...] = ()
    multiply: tuple[str, ...] = ()
    first_of: tuple[str, ...] = ()
    number_in: tuple[str, ...] = ()
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
        fields = type(self).model_fields
        origins = {fields[name].alias or name: getattr(self, name) for name in ORIGINS}
        if len([value for value in origins.values() if value not in (None, ())]) != 1:
            raise ValueError(f"give exactly one of {', '.join(origins)}")
        if self.digest and not self.join:
            raise ValueError("digest goes with join: the parts of an id that must not show")
        if self.multiply and len(set(self.multiply)) != 2:
            raise ValueError("multiply takes two columns")
        if self.subtract and not self.add:
            raise ValueError("subtract goes with add: what it is taken off")
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
        if self.origin:
            return (self.origin,)
        together = self.join or self.first_of or self.number_in or self.multiply
        return together or (*self.add, *self.subtract)
