"""Connections: one YAML per system, checked when it loads. Secrets have no place in it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ingestion.contract import NAME

OVERLAP = re.compile(r"(\d+) ?(seconds?|minutes?|hours?|days?)?")
COLUMN = re.compile(r"[^\x00-\x1f]{1,128}")
# What an API calls a token in its query string; such a value belongs into the environment.
SECRET_WORDS = re.compile(r"(?i)(token|secret|password|passwd|api[_-]?key|access[_-]?key)$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Into(_Strict):
    """Something that is fetched into ``inbox/<system>/<to>/``."""

    to: str

    @field_validator("to")
    @classmethod
    def _stays_inside(cls, to: str) -> str:
        parts = to.split("/")
        if any(part in ("", ".", "..") or part.startswith(".") for part in parts):
            raise ValueError(f"{to!r} is no folder below the system's inbox")
        return to


class Overlap(_Strict):
    """How far behind the cursor a fetch begins: a number, or a span of time."""

    number: int = 0
    span: timedelta | None = None


def _overlap(text: object) -> object:
    """``2 hours`` or ``1000`` as an Overlap."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        return text
    match = OVERLAP.fullmatch(str(text).strip())
    if not match:
        raise ValueError(f"{text!r} is neither a number nor a span such as 2 hours or 3 days")
    number, unit = int(match[1]), match[2]
    if unit is None:
        return Overlap(number=number)
    return Overlap(span=timedelta(**{unit.rstrip("s") + "s": number}))


class FileSet(_Into):
    """Files below ``where`` that match ``files``; ``marker`` names the file that says: complete.

    A marker with ``{file}`` is one per file (``{file}.done``), another stands in the file's
    folder (``_SUCCESS``). Without one, a file is complete when it no longer changes.
    """

    files: str
    marker: str = ""

    @field_validator("files")
    @classmethod
    def _relative(cls, pattern: str) -> str:
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError(f"{pattern!r} leads outside of where")
        return pattern

    @field_validator("marker")
    @classmethod
    def _plain(cls, marker: str) -> str:
        if "/" in marker:
            raise ValueError("a marker is a name in the file's folder, not a path")
        return marker


class Table(_Into):
    """A table or view: whole each time (``snapshot``) or what is new by ``cursor``."""

    table: str
    mode: Literal["increment", "snapshot"]
    cursor: str = ""
    overlap: Annotated[Overlap, Field(default=Overlap())]
    columns: tuple[str, ...] = ()
    may_be_empty: bool = False

    _read_overlap = field_validator("overlap", mode="before")(_overlap)

    @property
    def schema_and_name(self) -> tuple[str | None, str]:
        """``public.orders`` in its two parts; the schema is None if it is not given."""
        schema, _, name = self.table.rpartition(".")
        return schema or None, name

    @model_validator(mode="after")
    def _cursor_fits(self) -> Self:
        if (self.mode == "increment") != bool(self.cursor):
            raise ValueError("mode increment needs a cursor, and snapshot takes none")
        if self.columns and self.cursor and self.cursor not in self.columns:
            raise ValueError(f"the cursor {self.cursor!r} is missing in columns")
        for name in (self.table, *self.columns, *filter(None, [self.cursor])):
            if not COLUMN.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a table or column")
        return self


class Pages(_Strict):
    """How an API hands out its pages; ``by`` decides which other fields count."""

    by: Literal["none", "page", "offset", "cursor", "link", "header"] = "none"
    param: str = ""
    size: int = Field(default=100, ge=1)
    size_param: str = ""
    first: int = 1
    next: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.by in ("cursor", "link") and not self.next:
            raise ValueError(f"by: {self.by} needs next: where a body says what follows")
        if self.by == "cursor" and not self.param:
            raise ValueError("by: cursor needs param: how the next page is asked for")
        return self


class Since(_Strict):
    """What asks an API for news only: a parameter, and the field of a record it compares."""

    param: str
    field: str
    start: str
    overlap: Annotated[Overlap, Field(default=Overlap())]

    _read_overlap = field_validator("overlap", mode="before")(_overlap)


class Endpoint(_Into):
    """A listing of an API. ``records`` is the path of the list in a body (``.``: the body).

    ``key`` is the field that tells its records apart, ``total`` where a body says how many.
    """

    path: str
    records: str = "."
    params: dict[str, str | int] = Field(default_factory=dict)
    pages: Pages = Pages()
    since: Since | None = None
    key: str = ""
    total: str = ""

    @field_validator("params")
    @classmethod
    def _no_secret(cls, params: dict[str, str | int]) -> dict[str, str | int]:
        for name in params:
            if SECRET_WORDS.search(name):
                raise ValueError(f"{name!r} looks like a secret; name it in credentials instead")
        return params

    @model_validator(mode="after")
    def _total_needs_key(self) -> Self:
        if self.total and not self.key:
            raise ValueError("total is compared with the records' keys: give key")
        return self


class _Connection(_Strict):
    system: str
    about: str = ""
    credentials: str = ""

    @field_validator("system", "credentials")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if name and not NAME.fullmatch(name):
            raise ValueError(f"{name!r} must be lower case letters, digits and _")
        return name


class FilesConnection(_Connection):
    """A folder of this machine, or ``s3://bucket/prefix``."""

    kind: Literal["files"]
    where: str
    endpoint: str = ""
    region: str = ""
    settle_seconds: float = Field(default=2, ge=0)
    fetch: tuple[FileSet, ...] = Field(min_length=1)

    @field_validator("where")
    @classmethod
    def _known_place(cls, where: str) -> str:
        if not where.startswith(("s3://", "/")):
            raise ValueError(f"{where!r} is neither an absolute folder nor s3://bucket/prefix")
        return _without_password(where).rstrip("/") or "/"

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_public(cls, endpoint: str) -> str:
        return _without_password(endpoint)


class SqlConnection(_Connection):
    """A database; its address is the credentials' URI."""

    kind: Literal["sql"]
    fetch: tuple[Table, ...] = Field(min_length=1)


class RestConnection(_Connection):
    """An API; ``auth`` says how its credentials travel."""

    kind: Literal["rest"]
    where: str
    auth: Literal["none", "bearer", "basic", "header", "oauth2"] = "none"
    header: str = "X-Api-Key"
    token_url: str = ""
    timeout_seconds: float = Field(default=60, gt=0)
    attempts: int = Field(default=5, ge=1)
    longest_wait_seconds: float = Field(default=300, ge=0)
    fetch: tuple[Endpoint, ...] = Field(min_length=1)

    @field_validator("where", "token_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"{url!r} is no http(s) address")
        return _without_password(url)

    @model_validator(mode="after")
    def _auth_is_complete(self) -> Self:
        if self.auth != "none" and not self.credentials:
            raise ValueError(f"auth: {self.auth} needs credentials: the name of a connection")
        if self.auth == "oauth2" and not self.token_url:
            raise ValueError("auth: oauth2 needs token_url")
        return self


Connection = FilesConnection | SqlConnection | RestConnection
KINDS: dict[str, type[Connection]] = {
    "files": FilesConnection,
    "sql": SqlConnection,
    "rest": RestConnection,
}


def _without_password(url: str) -> str:
    if "@" in urlsplit(url).netloc:
        # The value itself must not be repeated: it holds the secret.
        raise ValueError("an address with a user or password; keep those in credentials")
    return url
