"""Each page opens for each role in both languages, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from cartera.desk import words
from cartera.desk.pages import PAGES, pages_of
from cartera.desk.roles import Role
from tests.integration.browser.conftest import Served, faults, log_in, settle

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_every_page_of_a_role_is_drawn_and_no_other_is_there(
    desk: Served, opened: Open, role: Role, language: str
) -> None:
    page = opened(language)
    log_in(page, desk, role.value)
    settle(page)
    menu = page.locator('[data-testid="stSidebarNav"] a')
    titles = [words.say(language, f"{one.name}.title") for one in pages_of(role)]
    assert [text.split("\n")[-1].strip() for text in menu.all_inner_texts()] == titles
    for title in titles:
        menu.filter(has_text=re.compile(f"{re.escape(title)}$")).click()
        page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        settle(page)
        assert faults(page) == []
    for other in {one.name for one in PAGES} - {one.name for one in pages_of(role)}:
        page.goto(f"{desk.url}/{other}")
        settle(page)
        assert page.locator("h1").first.inner_text() == titles[0]


@pytest.mark.parametrize("role", Role)
def test_contact_data_reaches_a_marketer_s_and_an_admin_s_browser_alone(
    desk: Served, opened: Open, role: Role
) -> None:
    """All that comes by the socket, shown or not, of pages that know people."""
    with duckdb.connect() as db:
        file = desk.settings.publications / "current" / "contacts.duckdb"
        db.execute(f"attach '{file}' as c (read_only)")
        told = db.execute(
            "select customer_id, email, phone_e164, surname_1 from c.contacts.golden_records "
            "where email is not null and phone_e164 is not null and length(surname_1) > 5"
        ).fetchall()
    known = {value for row in told for value in row[1:]}
    one, *own = told[0]
    page = opened()
    frames: list[str] = []
    shown: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(_text(frame))),
    )
    log_in(page, desk, role.value)
    settle(page)
    for name in ("customers", "lists", "campaigns"):
        page.goto(f"{desk.url}/{name}?customer={one}&audience=valuable_decliners")
        settle(page)
        shown.append(page.inner_text("body"))
    came, text = "\n".join(frames), "\n".join(frames + shown)
    if role in (Role.MARKETER, Role.ADMIN):
        # It is found where it may be: elsewhere, not to find it says something.
        assert [value for value in own if value not in came] == []
        return
    assert len(text) > 10_000
    assert {value for value in known if value in text} == set()
    assert page.get_by_label("Find somebody").count() == 0
    assert page.get_by_role("button", name="Make the list").count() == 0


def _text(frame: str | bytes) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")


def test_a_marketer_finds_somebody_and_is_told_why_they_are_one(desk: Served, opened: Open) -> None:
    with duckdb.connect() as db:
        file = desk.settings.publications / "current" / "contacts.duckdb"
        db.execute(f"attach '{file}' as c (read_only)")
        customer, email, records = db.execute(
            """
            select customer_id, any_value(email), list(source_system || ':' || source_record_id)
            from c.contacts.golden_records join c.contacts.identity_map using (customer_id)
            where email is not null group by 1 having count(*) between 3 and 6 order by 1 limit 1
            """
        ).fetchall()[0]
    page = opened()
    log_in(page, desk, "marketer", to="customers")
    settle(page)
    page.get_by_label("Find somebody").fill(email)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Found").wait_for()
    settle(page)
    page.get_by_label("Open a customer").click()
    page.get_by_role("option").filter(has_text=customer).click()
    page.get_by_role("tab", name="Why one person").click()
    for record in records:
        page.get_by_text(record, exact=True).first.wait_for()
    assert page.get_by_text("What joins them").is_visible()
    page.get_by_role("tab", name="Who they are").click()
    assert faults(page) == []


def test_a_table_cannot_be_taken_but_as_a_list(demo_desk: Served, opened: Open) -> None:
    """Streamlit's own button writes what is shown as it is, and nothing of it on the record."""
    page = opened()
    page.goto(f"{demo_desk.url}/quality")
    settle(page)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.hover()
    page.get_by_role("button", name="Search", exact=True).first.wait_for()
    assert page.get_by_role("button", name="Download as CSV", exact=True).count() == 0
