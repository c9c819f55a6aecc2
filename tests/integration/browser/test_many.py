"""Many at once, and a publication that comes while people look."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import pytest

from cartera import publications
from cartera.settings import Settings
from tests.integration.browser.conftest import Served, log_in, serving, settle

pytestmark = pytest.mark.browser
SESSIONS = 50


def test_fifty_people_at_once_all_get_their_page(demo_desk: Served) -> None:
    """Plain websockets, as Streamlit's own pages open them: fifty browsers would need 10 GB."""

    async def all_of_them() -> list[list[str]]:
        pages = ("", "segments", "retention", "lists", "customers")
        return await asyncio.gather(
            *(look(demo_desk.url, pages[place % len(pages)]) for place in range(SESSIONS))
        )

    # Playwright has a loop of its own in this thread.
    with ThreadPoolExecutor(1) as thread:
        told = thread.submit(asyncio.run, asyncio.wait_for(all_of_them(), 120)).result()
    assert len(told) == SESSIONS
    assert [kinds for kinds in told if "exception" in kinds] == []
    assert all("heading" in kinds for kinds in told)


async def look(url: str, page: str) -> list[str]:
    """The kinds of elements that a page is made of, as its socket tells them."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    asked = BackMsg()
    asked.rerun_script.query_string = ""
    asked.rerun_script.page_name = page
    asked.rerun_script.context_info.locale = "en-GB"
    asked.rerun_script.context_info.url = f"{url}/{page}"
    kinds: list[str] = []
    address = url.replace("http:", "ws:") + "/_stcore/stream"
    async with connect(
        address, subprotocols=["streamlit"], max_size=None, origin=url, open_timeout=60
    ) as socket:
        await socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg.FromString(await socket.recv())
            if told.WhichOneof("type") == "delta" and told.delta.HasField("new_element"):
                kinds.append(str(told.delta.new_element.WhichOneof("type")))
            if told.WhichOneof("type") == "script_finished":
                return kinds


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
        page.get_by_label("Orders, from").fill("0")
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
