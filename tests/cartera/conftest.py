"""The command line, called as a shell would."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from cartera import cli
from cartera.settings import Settings
from tests.cartera.calling import Ended, Run


@pytest.fixture
def run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Calls the entry point as a shell would, on a home of the test's own."""
    mask = os.umask(0o022)
    monkeypatch.setenv("CARTERA_HOME", str(settings.home))
    monkeypatch.setenv("CARTERA_THREADS", "2")

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["cartera", *words])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    yield call
    os.umask(mask)
