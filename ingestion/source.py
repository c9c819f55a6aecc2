"""Sources: what Cartera understands, whichever system delivers it.

A source (``ingestion/sources/<source>.yml``) names its columns with type, PII class and
meaning, its natural key and its event time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from cartera.yaml_lines import load_model

SOURCES = Path(__file__).parent / "sources"
# The name of whom a row names without an id, beside its columns: see ``cartera.party_keys``.
PARTY_KEY = "party_key"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

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


class Strict(BaseModel):
    """A model that takes no unknown field and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceColumn(Strict):
    """A column that Cartera understands."""

    type: ColumnType
    about: str
    pii: PiiClass
    required: bool = False
    values: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


class Source(Strict):
    """A kind of record, whichever system delivers it."""

    source: str
    about: str
    key: tuple[str, ...]
    event_time: str | None = None
    is_person: bool = False
    columns: dict[str, SourceColumn]

    @property
    def names_without_id(self) -> bool:
        """Whether a row may name a person by an e-mail or a phone alone: by ``party_key`` then."""
        return {"party_id", "party_email", "party_phone"} <= self.columns.keys()

    @model_validator(mode="after")
    def _key_exists(self) -> Self:
        for name in (*self.key, *filter(None, [self.event_time])):
            if name not in self.columns:
                raise ValueError(f"{name!r} is no column of {self.source}")
        return self


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
