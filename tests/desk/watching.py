"""Connections to DuckDB as they are when they are let go: what they could have read by then."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pytest

SETTINGS = "select current_setting('enable_external_access'), current_setting('lock_configuration')"
CONFINED = (False, True)


class Watched:
    """A connection, for those who ask for one, that is asked itself once they are done with it."""

    def __init__(self, real: duckdb.DuckDBPyConnection, watch: Watch) -> None:
        self._real, self._watch = real, watch
        self._is_open = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._watch.ask(self._real)
            self._real.close()

    def finish(self) -> None:
        """Ask of one that is kept, as the desk keeps that of a publication."""
        if self._is_open:
            self._watch.ask(self._real)


class Watch:
    """Of each connection: its settings, and which of ``files`` it can read."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.opened: list[Watched] = []
        self.settings: list[tuple[bool, bool]] = []
        self.read: list[Path] = []

    def ask(self, connection: duckdb.DuckDBPyConnection) -> None:
        (told,) = connection.execute(SETTINGS).fetchall()
        self.settings.append(told)
        for file in self.files:
            try:
                connection.execute("select count(*) from read_text($file)", {"file": str(file)})
            except duckdb.PermissionException:
                continue
            self.read.append(file)

    def finish(self) -> None:
        """Ask of those that are still open, and refuse to be a watch of nothing."""
        for connection in self.opened:
            connection.finish()
        assert len(self.settings) == len(self.opened) > 0


def watch(patch: pytest.MonkeyPatch, files: list[Path]) -> Watch:
    """Watch every connection that is opened from now on."""
    connect, found = duckdb.connect, Watch(files)

    def opened(*given: Any, **told: Any) -> Watched:
        found.opened.append(Watched(connect(*given, **told), found))
        return found.opened[-1]

    patch.setattr(duckdb, "connect", opened)
    return found
