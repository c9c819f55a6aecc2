"""The login as people meet it; the whole of it is in tests/desk/test_door.py, by a moved clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cartera.desk import users
from cartera.settings import Settings
from tests.integration.browser.conftest import PASSWORD, Clock, Served, log_in, serving, settle

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


def test_a_wrong_password_says_so_and_the_right_one_leads_where_one_was_going(
    desk: Served, opened: Open
) -> None:
    page = opened("es")
    log_in(page, desk, "marketer", "wrong", to="segments")
    assert "no son correctos" in page.get_by_role("alert").inner_text()
    page.locator("#user").fill("marketer")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Segmentos", level=1).wait_for()


def test_who_guesses_has_to_wait(desk: Served, opened: Open) -> None:
    users.add(desk.settings, "guessed", "viewer", PASSWORD)
    page = opened()
    for _ in range(3):
        log_in(page, desk, "guessed", "wrong")
        assert "is wrong" in page.get_by_role("alert").inner_text()
    log_in(page, desk, "guessed", PASSWORD)
    assert "Too many attempts" in page.get_by_role("alert").inner_text()


def test_who_is_away_too_long_has_to_log_in_again(
    home: Settings, opened: Open, clock: Clock
) -> None:
    with serving(home, clock=clock, CARTERA_DESK_IDLE_MINUTES="5") as desk:
        page = opened()
        log_in(page, desk, "viewer")
        settle(page)
        clock.be_ahead(timedelta(minutes=4))
        page.get_by_role("link", name="Service").click()
        page.get_by_role("heading", name="Service", level=1).wait_for()
        settle(page)
        clock.be_ahead(timedelta(minutes=9))
        page.get_by_role("link", name="Segments").click()
        page.locator("#password").wait_for()
        assert "away for a while" in page.get_by_role("alert").inner_text()
        page.goto(f"{desk.url}/segments")
        assert "/login" in page.url
        log_in(page, desk, "viewer", to="segments")
        page.get_by_role("heading", name="Segments", level=1).wait_for()


def test_who_is_removed_is_led_back_to_the_login(desk: Served, opened: Open) -> None:
    users.add(desk.settings, "leaving", "admin", PASSWORD)
    page = opened()
    log_in(page, desk, "leaving")
    settle(page)
    users.remove(desk.settings, "leaving")
    page.get_by_role("link", name="Segments").click()
    page.locator("#password").wait_for()
    assert page.url.endswith("/login?expired")
    assert "away for a while" in page.get_by_role("alert").inner_text()


def test_whoever_logs_out_is_out_and_reloading_does_not_log_out(desk: Served, opened: Open) -> None:
    page = opened()
    log_in(page, desk, "analyst")
    settle(page)
    page.reload()
    settle(page)
    page.get_by_role("button", name="Log out").click()
    page.locator("#password").wait_for()
    page.goto(f"{desk.url}/segments")
    page.locator("#password").wait_for()


def test_the_keyboard_reaches_the_controls_and_uses_them(desk: Served, opened: Open) -> None:
    page = opened()
    page.goto(desk.url)
    # A browser gives the first field the focus a moment after the page is there.
    page.wait_for_function("document.activeElement.id === 'user'")
    page.keyboard.type("marketer")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    settle(page)
    page.goto(f"{desk.url}/lists")
    settle(page)
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        # A part of the page may have the focus, too, to be scrolled.
        names.append(
            page.evaluate(
                "(e => e.matches('a, button, input') "
                "? `${e.getAttribute('aria-label') ?? ''} ${e.innerText}` : '')"
                "(document.activeElement)"
            )
        )
        if "Make the list" in names[-1]:
            break
    reached = "\n".join(names)
    for wanted in ("Segments", "Which list", "Make the list"):
        assert wanted in reached, reached
    page.keyboard.press("Enter")
    page.get_by_text("It is on the record").wait_for()
