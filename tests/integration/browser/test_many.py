"""Many at once, and a publication that comes while people look."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, TypeVar

import duckdb
import httpx
import pytest

from cartera import publications
from cartera.desk import words
from cartera.desk.door import COOKIE
from cartera.desk.pages import pages_of
from cartera.desk.roles import Role
from cartera.settings import Settings
from tests.integration.browser.conftest import PASSWORD, Served, log_in, serving, settle

pytestmark = pytest.mark.browser
T = TypeVar("T")
SESSIONS = 50


@dataclass
class Seen:
    """What the socket of one session told it: the title, and what went wrong."""

    title: str = ""
    wrong: list[str] = field(default_factory=list)


def test_fifty_people_at_once_all_get_their_page(desk: Served) -> None:
    """Plain websockets, as Streamlit's own pages open them: fifty browsers would need 10 GB.

    Each has logged in and has a session of its own; all pages of all roles are among them.
    """
    pages = [(role, page.name) for role in Role for page in pages_of(role)]
    visits = list(islice(cycle(pages), SESSIONS))
    cookies = [cookie_of(desk, role.value) for role, _ in visits]
    assert len(set(cookies)) == SESSIONS >= len(pages)

    async def all_of_them() -> list[Seen]:
        asked = zip(visits, cookies, strict=True)
        return await asyncio.gather(*(look(desk.url, page, own) for (_, page), own in asked))

    told = wait_for(all_of_them())
    titles = [words.say("en", f"{page}.title") for _, page in visits]
    assert [(seen.title, seen.wrong) for seen in told] == [(title, []) for title in titles]


def test_a_page_that_fails_is_seen_to_fail(later: Settings) -> None:
    """The desk says so in a box of words, as it says much that is no fault."""
    warehouse = later.publications / "current" / "warehouse.duckdb"
    warehouse.chmod(0o640)
    with duckdb.connect(warehouse) as db:
        db.execute("alter table marts.cohort_retention rename to elsewhere")
    with serving(later) as desk:
        cookie = cookie_of(desk, "viewer")
        failing, whole = (
            wait_for(look(desk.url, page, cookie)) for page in ("retention", "segments")
        )
    assert failing.wrong
    assert not whole.wrong


def wait_for(looks: Coroutine[Any, Any, T]) -> T:
    """What ``looks`` finds; Playwright has a loop of its own in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(looks, 300)).result()


def cookie_of(desk: Served, name: str) -> str:
    """The cookie of somebody who has just logged in, by the form."""
    form = {"user": name, "password": PASSWORD}
    answer = httpx.post(f"{desk.url}/login", data=form, timeout=60)
    assert answer.status_code == httpx.codes.SEE_OTHER
    return f"{COOKIE}={answer.cookies[COOKIE]}"


async def look(url: str, page: str, cookie: str) -> Seen:
    """A page as its socket tells it, until it is drawn."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    asked = BackMsg()
    asked.rerun_script.query_string = ""
    asked.rerun_script.page_name = page
    asked.rerun_script.context_info.locale = "en-GB"
    asked.rerun_script.context_info.url = f"{url}/{page}"
    seen = Seen()
    address = url.replace("http:", "ws:") + "/_stcore/stream"
    async with connect(
        address,
        subprotocols=["streamlit"],
        max_size=None,
        origin=url,
        open_timeout=60,
        additional_headers={"Cookie": cookie},
    ) as socket:
        await socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg.FromString(await socket.recv())
            if told.WhichOneof("type") == "delta" and told.delta.HasField("new_element"):
                note(told.delta.new_element, seen)
            if told.WhichOneof("type") == "script_finished":
                if told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    seen.wrong.append(f"script finished: {told.script_finished}")
                return seen


def note(element: Any, seen: Seen) -> None:
    """The page's title, and any fault: the desk tells its own as an alert, Streamlit others."""
    from streamlit.proto.Alert_pb2 import Alert

    kind = element.WhichOneof("type")
    if kind == "heading" and element.heading.tag == "h1":
        seen.title = element.heading.body
    elif kind == "exception":
        seen.wrong.append(element.exception.message)
    elif kind == "alert" and element.alert.format == Alert.ERROR:
        seen.wrong.append(element.alert.body)


LATER = "20991231T000000000000Z-0000beef"


@pytest.fixture
def later(home: Settings, tmp_path: Any) -> Settings:
    """A home of its own, in which another publication can come: all orders of Lost are gone."""
    folder = tmp_path / "home"
    shutil.copytree(home.home, folder, symlinks=True)
    return home.model_copy(update={"home": folder})


def publish_another(settings: Settings) -> int:
    """A copy of what is current, with one customer less; how many are left."""
    now = publications.current(settings)
    assert now is not None
    candidate = settings.publications / f".candidate-{LATER}"
    shutil.copytree(now.folder, candidate)
    for path in candidate.iterdir():
        path.chmod(0o640)
    with duckdb.connect(candidate / "warehouse.duckdb") as db:
        db.execute(
            "delete from marts.customer_360 where customer_id = ("
            "select min(customer_id) from marts.customer_360 where rfm_segment is not null)"
        )
        db.execute(f"update meta.publication set publication_id = '{LATER}'")
        (left,) = db.execute("select count(*) from marts.customer_360").fetchall()[0]
    candidate.rename(settings.publications / LATER)
    publications.point_to(settings, LATER)
    return int(left)


def test_a_publication_that_comes_while_somebody_looks_is_there_at_the_next_click(
    later: Settings, opened: Callable[..., Any]
) -> None:
    def counted(page: Any) -> int:
        page.get_by_role("spinbutton", name="Orders, from").fill("0")
        page.keyboard.press("Enter")
        page.get_by_text("orders >= 0").wait_for()
        settle(page)
        matched = page.locator('[data-testid="stMetric"]').filter(has_text="Match the rule")
        return int(matched.locator('[data-testid="stMetricValue"]').inner_text().replace(",", ""))

    with serving(later) as desk:
        page = opened()
        log_in(page, desk, "admin", to="lists")
        settle(page)
        page.get_by_text("One of my own").click()
        before = counted(page)
        left = publish_another(later)
        page.get_by_role("link", name="Overview").click()
        page.get_by_text("Compared with the publication before").wait_for()
        settle(page)
        gone = page.locator('[data-testid="stMetric"]').filter(has_text="Customers gone")
        assert gone.locator('[data-testid="stMetricValue"]').inner_text() == "1"
        page.get_by_role("link", name="Lists").click()
        page.get_by_text("One of my own").click()
        assert (before, counted(page)) == (left + 1, left)
