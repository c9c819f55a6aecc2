"""The login of a company, by OpenID Connect, at a provider of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from cartera.desk import words
from cartera.desk.pages import pages_of
from cartera.desk.roles import Role
from cartera.records import read
from cartera.settings import Settings
from tests.integration.browser.conftest import Clock, Served, faults, serving, settle
from tests.integration.browser.provider import Provider, new_key

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
ROLES = "ana@firm.example=admin group:sales=marketer @firm.example=viewer"
IDLE, LONGEST, HOUR = timedelta(hours=3), timedelta(hours=5), timedelta(hours=1)


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def provider(server: HTTPServer, clock: Clock) -> Iterator[Provider]:
    server.clear()
    clock.be_ahead(timedelta(0))
    yield Provider(server)
    server.check_assertions()


@pytest.fixture(scope="module")
def desk(
    home: Settings, server: HTTPServer, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    file: Path = tmp_path_factory.mktemp("oidc") / "oidc.toml"
    file.write_text(Provider(server).file("http://127.0.0.1:{port}/oauth2callback"))
    file.chmod(0o600)
    told = {
        "CARTERA_DESK_OIDC_FILE": str(file),
        "CARTERA_DESK_ROLES": ROLES,
        "CARTERA_DESK_IDLE_MINUTES": str(IDLE // timedelta(minutes=1)),
        "CARTERA_DESK_SESSION_HOURS": str(LONGEST // HOUR),
    }
    with serving(home, clock=clock, **told) as served:
        yield served


def come(page: Any, desk: Served, provider: Provider, name: str, **claims: Any) -> None:
    """Log in by the button; the provider says that ``name`` is there, and comes back."""
    provider.claims = {
        "sub": f"id of {name}",
        "email": f"{name}@firm.example",
        "email_verified": True,
        **claims,
    }
    page.goto(desk.url)
    # There and back is one way for the browser.
    with page.expect_navigation(url=f"{desk.url}/"):
        page.get_by_role("button", name="Log in").click()


def menu(page: Any) -> list[str]:
    """The pages that somebody sees."""
    shown = page.locator('[data-testid="stSidebarNav"] a').all_inner_texts()
    return [text.split("\n")[-1].strip() for text in shown]


def is_inside(page: Any) -> None:
    """The first page is there: the form of the login has a heading, too."""
    page.locator('[data-testid="stSidebarNav"] a').first.wait_for()
    settle(page)


def is_outside(page: Any) -> None:
    """Only the way in is there."""
    page.get_by_role("button", name="Log in").wait_for()
    assert menu(page) == []
    assert page.locator("h1").all_inner_texts() == ["Cartera"]


LOGINS = ("desk-login", "desk-refused")


def recorded(desk: Served, name: str) -> list[tuple[str, str]]:
    """The logins on the record that name somebody, or their subject."""
    who = {f"{name}@firm.example", f"id of {name}"}
    events = [event for event in read(desk.settings, "access") if event["event"] in LOGINS]
    return [(e["event"], e["user"]) for e in events if {e["user"], e.get("subject")} & who]


@pytest.mark.parametrize(
    ("name", "claims", "role"),
    [
        ("eva", {}, Role.VIEWER),
        ("ana", {}, Role.ADMIN),
        ("leo", {"email": "leo@elsewhere.example", "groups": ["sales"]}, Role.MARKETER),
    ],
)
def test_who_has_a_role_sees_its_pages(
    desk: Served, provider: Provider, opened: Open, name: str, claims: dict[str, Any], role: Role
) -> None:
    page = opened()
    page.goto(f"{desk.url}/segments")
    is_outside(page)
    come(page, desk, provider, name, **claims)
    is_inside(page)
    assert menu(page) == [words.say("en", f"{one.name}.title") for one in pages_of(role)]
    assert page.get_by_text(f"{provider.claims['email']} · {role.value}").is_visible()
    assert faults(page) == []


def test_a_login_is_on_the_record_once_and_the_next_one_too(
    desk: Served, provider: Provider, opened: Open
) -> None:
    page = opened()
    come(page, desk, provider, "once")
    is_inside(page)
    page.reload()
    is_inside(page)
    page.get_by_role("link", name="Segments").click()
    page.get_by_role("heading", name="Segments", level=1).wait_for()
    assert recorded(desk, "once") == [("desk-login", "once@firm.example")]
    other = opened()
    come(other, desk, provider, "once")
    is_inside(other)
    assert len(recorded(desk, "once")) == 2


@pytest.mark.parametrize(
    ("name", "claims", "user"),
    [
        ("guest", {"email": "guest@elsewhere.example"}, "guest@elsewhere.example"),
        ("false", {"email": "ana@firm.example", "email_verified": False}, "(unknown)"),
    ],
)
def test_who_has_no_role_or_no_verified_email_sees_nothing(
    desk: Served, provider: Provider, opened: Open, name: str, claims: dict[str, Any], user: str
) -> None:
    page = opened()
    come(page, desk, provider, name, **claims)
    page.get_by_text("have no role here").wait_for()
    page.goto(f"{desk.url}/segments")
    page.get_by_text("have no role here").wait_for()
    assert menu(page) == []
    assert page.locator("h1").count() == 0
    assert recorded(desk, name) == [("desk-refused", user)]
    page.get_by_role("button", name="Log out").click()
    is_outside(page)


def test_what_another_has_signed_lets_nobody_in(
    desk: Served, provider: Provider, opened: Open
) -> None:
    page = opened()
    own, provider.key = provider.key, new_key()
    come(page, desk, provider, "ana")
    is_outside(page)
    provider.key = own
    come(page, desk, provider, "ana")
    is_inside(page)


def test_what_was_said_too_long_ago_lets_nobody_in(
    desk: Served, provider: Provider, opened: Open
) -> None:
    page = opened()
    provider.ago = LONGEST
    come(page, desk, provider, "late")
    page.get_by_text("away for a while").wait_for()
    is_outside(page)
    assert recorded(desk, "late") == []


def test_who_is_away_is_out(desk: Served, provider: Provider, opened: Open, clock: Clock) -> None:
    page = opened()
    come(page, desk, provider, "away")
    is_inside(page)
    clock.be_ahead(IDLE)
    page.get_by_role("link", name="Segments").click()
    page.get_by_text("away for a while").wait_for()
    is_outside(page)
    page.reload()
    page.get_by_text("away for a while").wait_for()


def test_after_its_hours_a_session_ends_though_somebody_clicks(
    desk: Served, provider: Provider, opened: Open, clock: Clock
) -> None:
    page = opened()
    come(page, desk, provider, "busy")
    is_inside(page)
    for hours, name in ((2, "Segments"), (4, "Service")):
        clock.be_ahead(hours * HOUR)
        page.get_by_role("link", name=name).click()
        page.get_by_role("heading", name=name, level=1).wait_for()
    clock.be_ahead(LONGEST)
    page.get_by_role("link", name="Segments").click()
    page.get_by_text("away for a while").wait_for()
    is_outside(page)


def test_who_logs_out_is_out_in_every_tab(desk: Served, provider: Provider, opened: Open) -> None:
    page = opened()
    come(page, desk, provider, "leaving")
    is_inside(page)
    other = page.context.new_page()
    other.goto(desk.url)
    is_inside(other)
    page.get_by_role("button", name="Log out").click()
    is_outside(page)
    assert page.get_by_text("what your company knows").is_visible()
    other.get_by_role("link", name="Segments").click()
    is_outside(other)
