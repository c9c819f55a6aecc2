"""The desk in a browser: served as it is for people, and looked at in Debian's Chromium.

One home for all, a copy of the demo company's, since the desk writes: pulls, the access log.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartera import demo_home
from cartera.desk import users
from cartera.desk.roles import Role
from cartera.files import write_whole
from cartera.settings import Settings
from tests.integration.conftest import Built, own_settings

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "a sentence that is long"
# A page on a busy machine; no test waits so long for what comes.
PATIENCE = 30_000


@dataclass(frozen=True)
class Served:
    """A desk that is served: where, from which home, by which process."""

    url: str
    settings: Settings
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def home(demo: Built, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the demo's home, with a user for each role."""
    folder = tmp_path_factory.mktemp("desk") / "home"
    shutil.copytree(demo.settings.home, folder, symlinks=True)
    settings = own_settings(folder)
    files = [path for path in settings.inbox.rglob("*") if path.is_file()]
    written = [path.relative_to(settings.inbox).as_posix() for path in files]
    demo_home.remember(settings, date(2026, 11, 1), {}, written)
    for role in Role:
        users.add(settings, role.value, role.value, PASSWORD)
    return settings


@dataclass(frozen=True)
class Clock:
    """The clock of a desk that is served: as far ahead of ours as a test says."""

    file: Path

    def be_ahead(self, by: timedelta) -> None:
        write_whole(self.file, str(by.total_seconds()).encode())


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    told = Clock(tmp_path_factory.mktemp("clock") / "ahead")
    told.be_ahead(timedelta(0))
    return told


@contextmanager
def serving(
    settings: Settings, *options: str, clock: Clock | None = None, **told: str
) -> Iterator[Served]:
    """`cartera desk` on a port of its own, until the end."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CARTERA_")}
    environment |= {"CARTERA_HASH_KEY": settings.hash_key, **told}
    command = [str(Path(sys.executable).with_name("cartera"))]
    if clock is not None:
        command = [sys.executable, str(Path(__file__).with_name("moved.py")), str(clock.file)]
    process = subprocess.Popen(
        [*command, "desk", *options, "--home", str(settings.home), "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while not _answers(f"{url}/_stcore/health"):
            assert process.poll() is None, process.communicate()[0].decode()
            assert time.monotonic() < until, "the desk did not start"
            time.sleep(0.2)
        yield Served(url, settings, process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def desk(home: Settings) -> Iterator[Served]:
    """The desk with its login."""
    with serving(home) as served:
        yield served


@pytest.fixture(scope="session")
def demo_desk(home: Settings) -> Iterator[Served]:
    """The same home without a login, as `--demo` shows it."""
    with serving(home, "--demo") as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # Without a user of its own, Chromium's sandbox does not start.
            args=["--no-sandbox"] if os.getuid() == 0 else [],
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """A new person's browser, in a language; nothing that it asks for may lie elsewhere."""
    contexts, elsewhere = [], []

    def open_one(language: str = "en", **more: Any) -> Any:
        locale = {"en": "en-GB", "es": "es-ES"}[language]
        context = chromium.new_context(
            locale=locale, viewport={"width": 1366, "height": 768}, **more
        )
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda asked: elsewhere.append(asked.url))
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    here = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    assert [url for url in elsewhere if not url.startswith(here)] == []


def log_in(page: Any, desk: Served, name: str, password: str = PASSWORD, to: str = "") -> None:
    """Go to a page of the desk, by way of the form."""
    page.goto(f"{desk.url}/{to}")
    page.locator("#user").fill(name)
    page.locator("#password").fill(password)
    page.locator("button").click()


def settle(page: Any) -> None:
    """Wait until Streamlit has drawn all that it was asked to."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector('[data-testid="stAppViewContainer"] h1')


def faults(page: Any) -> list[str]:
    """What a page says went wrong: exceptions, and the red boxes of errors."""
    wrong = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
    return list(wrong.all_inner_texts())
