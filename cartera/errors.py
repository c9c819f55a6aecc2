"""The errors that Cartera raises on purpose, each with the exit code a script can act on.

A message says what happened and where; ``fix`` says what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    """``text`` with line feeds and other controls spelt out.

    Who names a file or a column writes no line of a log, and no sequence that a terminal obeys.
    """
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


class CarteraError(Exception):
    """Base of every expected error. Exit code 3: a fault.

    ``report`` holds what was done all the same, one mapping per contract.
    """

    exit_code = 3

    def __init__(
        self, message: str, *, fix: str = "", report: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.report = list(report)

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class RefusedByData(CarteraError):
    """The data was read and found wanting: a held batch, a failed data test, a closed gate."""

    exit_code = 1


class UsageError(CarteraError):
    """What was asked for makes no sense: an unknown name, a bad value, a broken contract."""

    exit_code = 2


class ContractError(UsageError):
    """A contract or source model that cannot be used; names file, line, field and fix."""


class FileUnstable(CarteraError):
    """A delivery is still being written; nothing was landed and the next run takes it."""

    exit_code = 1


class StorageFull(CarteraError):
    """The disk filled up; what was being written has been removed."""


class LockBusy(CarteraError):
    """Somebody else holds the lock."""

    exit_code = 4


class BaseMoved(CarteraError):
    """Another publication became current while this one was being built."""

    exit_code = 4
