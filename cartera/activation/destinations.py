"""Where lists are sent: one YAML per destination, checked when it loads. It holds no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cartera.activation.audience import NAME, Format
from cartera.activation.kinds import nearest
from cartera.errors import UsageError
from cartera.settings import Settings
from cartera.yaml_lines import load_model


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    credentials: str = ""


class Sftp(_Strict):
    """A folder of an SFTP server: each list is a file there, whole or not there.

    ``known_hosts`` is a file of host keys, by default the user's own; a host that is not in it
    is not spoken to.
    """

    kind: Literal["sftp"]
    folder: str = "."
    format: Format = "csv"
    known_hosts: str = ""


class Http(_Strict):
    """An address that takes members in batches, as JSON.

    A ``mirror`` is to hold who is on the last list and nobody else: it is told whom to remove.
    """

    kind: Literal["http"]
    url: str
    mode: Literal["append", "mirror"] = "append"
    batch: int = Field(default=1000, ge=1, le=100_000)
    attempts: int = Field(default=5, ge=1, le=20)
    timeout_seconds: float = Field(default=30, gt=0)

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str) -> str:
        parts = urlsplit(url)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and here):
            raise ValueError(f"{url!r} is no https:// address: a list holds contact data")
        if parts.username or parts.password:
            raise ValueError("an address holds no user or password: name credentials")
        return url


Destination = Sftp | Http


class _Kind(BaseModel):
    """What says how the rest of a file is to be read."""

    kind: Literal["sftp", "http"]


def _folder(settings: Settings) -> Path:
    return settings.home / "destinations"


def destination_files(settings: Settings) -> dict[str, Path]:
    """The file of each destination, by name."""
    return {path.stem: path for path in sorted(_folder(settings).glob("*.yml"))}


def find_destination(settings: Settings, name: str) -> Destination:
    """The destination of that name. Raises UsageError with the nearest, ContractError."""
    known = destination_files(settings)
    if name not in known:
        hint = (
            nearest(name, known) or f"Write {_folder(settings) / name}.yml: see docs/audiences.md."
        )
        raise UsageError(f"No destination {name!r}.", fix=hint)
    found: Destination
    if load_model(known[name], _Kind).kind == "sftp":
        found = load_model(known[name], Sftp)
    else:
        found = load_model(known[name], Http)
    if found.name != name:
        raise UsageError(
            f"{known[name]}: it is named {found.name!r} inside.",
            fix="Give the file and the destination the same name.",
        )
    return found
