"""The DAG that briefs: it mails its page where somebody is to get it, and else mails nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cartera.scheduler import home
from cartera.scheduler.in_process import run_dags
from cartera.settings import Settings
from tests.briefing.test_mailing import Server, login_at, serving
from tests.integration.conftest import Built, own_settings

# This server stands on a loopback address, for a test.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
TO = {"briefing_to": "ana@x.example, luis@x.example", "briefing_from": "cartera@x.example"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A mail server, whose address and password the DAG's process is told."""
    handler = Server()
    with serving(handler, auth_require_tls=False) as port:
        login_at(monkeypatch, port, "?disable_tls=true")
        yield handler


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    shutil.copy(home.DAGS / "brief_publication.py", folder)
    return folder


def published(demo: Built, folder: Path, **told: Any) -> Settings:
    """A home of its own on the demo's publications, and what it is ``told``."""
    folder.mkdir()
    (folder / "publications").symlink_to(demo.settings.publications)
    return own_settings(folder, **told)


def brief(settings: Settings, dags: Path, times: int = 1) -> list[dict[str, Any]]:
    """What the DAG's task returned at each of its runs."""
    runs: list[tuple[str, dict[str, Any]]] = [("brief_publication", {})] * times
    return [done.returned["brief"] for done in run_dags(settings, runs, lambda _: None, dags=dags)]


def test_the_dag_mails_the_page_that_it_wrote_to_each_address_once(
    demo: Built, server: Server, tmp_path: Path, dags: Path
) -> None:
    settings = published(demo, tmp_path / "home", **TO)
    first, again = brief(settings, dags, times=2)
    assert (first["mailed"], again["mailed"]) == (2, 0)
    assert [to for to, _ in server.received] == [["ana@x.example"], ["luis@x.example"]]
    written = Path(first["file"]).read_text(encoding="utf-8").splitlines()
    for _, message in server.received:
        assert (message["Subject"], message["From"]) == (first["subject"], TO["briefing_from"])
        (file,) = message.iter_attachments()
        # Lines of a mail end in their own way.
        assert file.get_content().splitlines() == written
        text = message.get_body(preferencelist=("plain",))
        assert text is not None
        assert [need for need in first["needs"] if f"- {need}" not in text.get_content()] == []


def test_the_dag_mails_nothing_where_nobody_is_to_get_it(
    demo: Built, server: Server, tmp_path: Path, dags: Path
) -> None:
    settings = published(demo, tmp_path / "home")
    (told,) = brief(settings, dags)
    assert told["mailed"] == 0
    assert Path(told["file"]).exists()
    assert server.received == []
