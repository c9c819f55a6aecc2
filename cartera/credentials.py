"""Credentials: found by name when they are needed, hidden from everything that is written.

``CARTERA_CONN_<NAME>`` or ``AIRFLOW_CONN_<NAME>`` in the environment, as a URI or as JSON, else
an Airflow connection where a task of Airflow asks.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from cartera.errors import CarteraError, RefusedByData, StorageFull, UsageError

HIDDEN = "***"
# Shorter values stand in every text by chance, and hiding them would not hide them.
SHORTEST = 4
SECRET_NAME = re.compile(r"(?i)token|secret|password|passwd|pwd|key|credential|signature")
Lookup = Callable[[str], str | None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Credentials:
    """An address with its secrets. Its ``repr`` shows none of them."""

    scheme: str = ""
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    database: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    uri: str = field(default="", repr=False)


def find(name: str, lookup: Lookup | None = None) -> Credentials:
    """The credentials called ``name``; empty ones for no name. Raises UsageError if missing."""
    if not name:
        return Credentials()
    # No frame that an error leaves behind holds the text: some loggers print what frames hold.
    found = _read(name, lookup)
    if found is None:
        raise UsageError(
            f"The credentials {name!r} cannot be read.",
            fix="Write scheme://user:password@host:port/database, percent-encoded, or JSON.",
        )
    return found


def found_or_kept(name: str, is_kept: Callable[[str], bool]) -> Credentials | None:
    """The credentials ``name``, or None where another keeper, Airflow, has them.

    ``is_kept`` tells whether it has, and is only asked where the environment has none. Raises
    UsageError if they are missing or cannot be read.
    """
    try:
        return find(name)
    except UsageError:
        given = (f"{who}_CONN_{name.upper()}" for who in ("CARTERA", "AIRFLOW"))
        if any(os.environ.get(variable) for variable in given) or not is_kept(name):
            raise
        return None


def _read(name: str, lookup: Lookup | None) -> Credentials | None:
    """The credentials; None if what stands there is neither URI nor JSON."""
    variable = name.upper()
    text = os.environ.get(f"CARTERA_CONN_{variable}") or os.environ.get(f"AIRFLOW_CONN_{variable}")
    if not text and lookup:
        text = lookup(name)
    if not text:
        raise UsageError(
            f"There are no credentials {name!r}.",
            fix=f"Set CARTERA_CONN_{variable} to a URI, or make an Airflow connection {name}.",
        )
    try:
        return _from_json(text) if text.lstrip().startswith("{") else _from_uri(text)
    except (ValueError, AttributeError, TypeError, KeyError):
        # What was wrong may quote the secret, so it is not passed on.
        return None


def _from_uri(text: str) -> Credentials:
    parts = urlsplit(text)
    if "://" not in text:
        raise ValueError("no address")
    extra = dict(parse_qsl(parts.query))
    if "__extra__" in extra:
        # Airflow's way to put what is no plain text into a URI.
        extra = {str(k): str(v) for k, v in json.loads(extra["__extra__"]).items()}
    return Credentials(
        scheme=parts.scheme.lower(),
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=unquote(parts.hostname or ""),
        port=parts.port,
        database=unquote(parts.path.lstrip("/")),
        extra=extra,
        uri=text,
    )


def _from_json(text: str) -> Credentials:
    """Airflow's JSON form of a connection."""
    told = json.loads(text)
    extra = told.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    port = told.get("port")
    return Credentials(
        scheme=str(told["conn_type"]).lower(),
        login=told.get("login") or "",
        password=told.get("password") or "",
        host=told.get("host") or "",
        port=int(port) if port else None,
        database=told.get("schema") or "",
        extra={str(k): str(v) for k, v in extra.items()},
    )


class Veil:
    """Hides secrets in texts; learns new ones (a fresh token) while it is in use."""

    def __init__(self, credentials: Credentials) -> None:
        self._forms: set[str] = set()
        self.learn(credentials.password)
        for name, value in credentials.extra.items():
            if SECRET_NAME.search(name):
                self.learn(value)
        if credentials.password:
            pair = f"{credentials.login}:{credentials.password}"
            self.learn(base64.b64encode(pair.encode()).decode())
        self.learn(credentials.uri if credentials.password else "")

    def learn(self, secret: str) -> None:
        """Hide ``secret`` from now on, as it is and as addresses and SQL write it."""
        forms = {
            secret,
            quote(secret),
            quote(secret, safe=""),
            quote_plus(secret),
            secret.replace("'", "''"),
            secret.replace("\\", "\\\\"),
            json.dumps(secret)[1:-1],
            repr(secret)[1:-1],
        }
        self._forms |= {form for form in forms if len(form) >= SHORTEST}

    def over(self, text: str) -> str:
        """``text`` with every secret replaced."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text

    def run(self, what: str, work: Callable[[], Result]) -> Result:
        """Do ``work``; an error of it comes out as a CarteraError that shows no secret.

        The original error is left behind whole: its arguments and its frames may hold them.
        """
        try:
            return work()
        except CarteraError as error:
            failure = _copied(error, self.over)
        except OSError as error:
            failure = CarteraError(
                f"{what}: {self.over(_in_one_line(error))}.",
                fix="Check the address, the network and the permissions, and try again.",
            )
            if error.errno in (28, 122):
                failure = StorageFull(
                    f"{what}: the disk is full, and what was being written is removed.",
                    fix="Free some space and try again.",
                )
        except Exception as error:
            failure = CarteraError(
                f"{what}: {self.over(_in_one_line(error))}.",
                fix="Check its file and its credentials, and try again.",
            )
        raise failure


def _copied(error: CarteraError, over: Callable[[str], str]) -> CarteraError:
    copy = type(error)(over(error.message), fix=over(error.fix))
    if isinstance(error, RefusedByData) and isinstance(copy, RefusedByData):
        copy.report = error.report
    return copy


def _in_one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:600].rstrip(".")
