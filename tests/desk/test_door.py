"""Nobody passes the door without a session: no page, no socket, no download."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from cartera.desk import devices, users
from cartera.desk.delays import FREE, Delays
from cartera.desk.door import COOKIE, Door
from cartera.desk.sessions import Sessions
from cartera.records import read
from cartera.settings import Settings
from tests.desk.cheap import PASSWORD, cheap_hashes
from tests.desk.test_delays import Clock

IDLE = timedelta(minutes=30)
PERSON = {"accept": "text/html", "accept-language": "es-AR,en;q=0.5"}


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for Streamlit."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.send_text("within")
        await socket.close()
    else:
        await PlainTextResponse("within")(scope, receive, send)


class Desk:
    """The door of a home with one user, and the clock that it goes by."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        self.clock = Clock()
        sessions = Sessions(IDLE, timedelta(hours=10), self.clock)
        told = {"is_secure": False, **options}
        delays = Delays(self.clock), Delays(self.clock)
        self.door = Door(behind, settings, sessions, *delays, **told)
        self.address = f"http{'s' if told['is_secure'] else ''}://testserver"
        self.client = self.browser()

    def browser(self) -> TestClient:
        """One without cookies."""
        return TestClient(self.door, base_url=self.address, follow_redirects=False)

    def log_in(self, password: str = PASSWORD, name: str = "ana", **more: str) -> Any:
        return self.client.post("/login", data={"user": name, "password": password, **more})


@pytest.fixture
def desk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Desk:
    cheap_hashes(monkeypatch)
    users.add(settings, "ana", "marketer", PASSWORD)
    return Desk(settings)


@pytest.mark.parametrize(
    "path", ["/", "/segments", "/_stcore/host-config", "/media/list.csv", "/static/%2e%2e/media/a"]
)
def test_without_a_session_nothing_is_reached(desk: Desk, path: str) -> None:
    assert desk.client.get(path).status_code == 401
    sent = desk.client.get(path, headers=PERSON)
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/login")
    assert "within" not in sent.text
    desk.client.cookies.set(COOKIE, "x" * 43)
    assert desk.client.get(path).status_code == 401


@pytest.mark.parametrize("path", ["/_stcore/health", "/static/js/index.js"])
def test_scripts_and_the_sign_of_life_are_for_all(desk: Desk, path: str) -> None:
    assert desk.client.get(path).text == "within"


def test_without_a_session_no_socket_is_opened(desk: Desk) -> None:
    with pytest.raises(WebSocketDisconnect), desk.client.websocket_connect("/_stcore/stream"):
        pass
    desk.log_in()
    with desk.client.websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_text() == "within"


def test_the_right_password_opens_it(desk: Desk) -> None:
    answer = desk.log_in(next="segments")
    assert (answer.status_code, answer.headers["location"]) == (303, "/segments")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert desk.client.get("/segments").text == "within"


def test_over_https_the_cookie_is_for_https_alone(settings: Settings, desk: Desk) -> None:
    secure = Desk(settings, is_secure=True)
    assert "secure" in secure.log_in().headers["set-cookie"].lower()
    assert "secure" not in desk.log_in().headers["set-cookie"].lower()


@pytest.mark.parametrize("page", ["//evil.com", "https://evil.com", "/\\evil.com", "nothing", ""])
def test_after_the_login_nobody_is_sent_elsewhere(desk: Desk, page: str) -> None:
    assert desk.log_in(next=page).headers["location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("eva", PASSWORD), ("", "")])
def test_a_wrong_password_says_no_more_than_that(desk: Desk, name: str, password: str) -> None:
    answer = desk.log_in(password, name)
    assert answer.status_code == 401
    assert "User or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers
    assert desk.client.get("/").status_code == 401


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_who_guesses_waits_even_with_the_right_password(desk: Desk, name: str) -> None:
    for _ in range(FREE):
        assert desk.log_in("wrong", name).status_code == 401
    refused = desk.log_in(PASSWORD, name)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    desk.clock.move(timedelta(seconds=1))
    assert desk.log_in(PASSWORD, name).status_code == (303 if name == "ana" else 401)


def test_guesses_elsewhere_do_not_keep_out_whose_browser_is_known(desk: Desk) -> None:
    """Whoever asks each second takes each try that the wait of a name leaves free."""
    own, elsewhere = desk.client, desk.browser()
    desk.log_in()
    desk.client = elsewhere
    for _ in range(FREE + 2):
        desk.log_in("wrong")
    assert desk.log_in().status_code == 429
    desk.client = own
    assert desk.log_in().status_code == 303
    # What is held against the name is not forgotten for it.
    desk.client = elsewhere
    assert desk.log_in().status_code == 429


def test_who_guesses_waits_at_a_browser_that_is_known_too(desk: Desk) -> None:
    desk.log_in()
    for _ in range(FREE):
        assert desk.log_in("wrong").status_code == 401
    assert desk.log_in().status_code == 429
    desk.client = desk.browser()
    assert desk.log_in().status_code == 303


@pytest.mark.parametrize("whose", ["eva", "ana, with her password of before", "nobody"])
def test_a_browser_is_known_for_its_own_user_and_their_password_alone(
    settings: Settings, desk: Desk, whose: str
) -> None:
    users.add(settings, "eva", "viewer", PASSWORD)
    desk.log_in(name="eva" if whose == "eva" else "ana")
    if whose == "nobody":
        desk.client = desk.browser()
        desk.client.cookies.set(devices.COOKIE, f"{'0' * 32}.{'0' * 64}", path="/login")
    users.add(settings, "ana", "marketer", "another long sentence")
    guesser = desk.browser()
    for _ in range(FREE):
        guesser.post("/login", data={"user": "ana", "password": "wrong"})
    assert desk.log_in("another long sentence").status_code == 429


def test_the_cookie_of_a_browser_lets_nobody_in_and_names_nobody(desk: Desk) -> None:
    desk.log_in()
    (told,) = [cookie for cookie in desk.client.cookies.jar if cookie.name == devices.COOKIE]
    assert told.path == "/login"
    assert "ana" not in str(told.value)
    desk.client = desk.browser()
    desk.client.cookies.set(devices.COOKIE, str(told.value))
    assert desk.client.get("/").status_code == 401
    assert desk.log_in("wrong").status_code == 401


def test_who_was_away_is_out(desk: Desk) -> None:
    desk.log_in()
    assert desk.client.get("/").status_code == 200
    desk.clock.move(IDLE)
    assert desk.client.get("/").status_code == 401
    assert "Ha estado un rato ausente" in desk.client.get("/login?expired", headers=PERSON).text


def test_who_is_removed_is_out_at_once(settings: Settings, desk: Desk) -> None:
    desk.log_in()
    before = users.file_of(settings).read_text()
    users.remove(settings, "ana")
    assert desk.client.get("/").status_code == 401
    # Nor is anybody in again by that session, should the file come back out of a backup.
    users.file_of(settings).write_text(before)
    assert desk.client.get("/").status_code == 401


def test_another_password_ends_the_sessions_of_the_one_before(
    settings: Settings, desk: Desk
) -> None:
    desk.log_in()
    users.add(settings, "ana", "marketer", "another long sentence")
    assert desk.client.get("/").status_code == 401
    with pytest.raises(WebSocketDisconnect), desk.client.websocket_connect("/_stcore/stream"):
        pass


@pytest.mark.parametrize("clicks_between", [False, True])
def test_who_is_removed_and_added_again_has_to_log_in_again(
    settings: Settings, desk: Desk, clicks_between: bool
) -> None:
    desk.log_in()
    users.remove(settings, "ana")
    if clicks_between:
        assert desk.client.get("/").status_code == 401
    users.add(settings, "ana", "marketer", PASSWORD)
    assert desk.client.get("/").status_code == 401
    desk.log_in()
    assert desk.client.get("/").status_code == 200


def test_a_file_of_users_that_others_may_read_lets_nobody_in(
    settings: Settings, desk: Desk
) -> None:
    desk.log_in()
    file = users.file_of(settings)
    file.chmod(0o644)
    assert desk.client.get("/").status_code == 401
    file.chmod(0o600)
    assert desk.client.get("/").status_code == 200
    file.chmod(0o644)
    desk.clock.move(IDLE - timedelta(seconds=1))
    assert desk.client.get("/").status_code == 401
    # Who was refused was not here.
    desk.clock.move(timedelta(seconds=1))
    file.chmod(0o600)
    assert desk.client.get("/").status_code == 401


def test_another_site_cannot_log_somebody_in(desk: Desk) -> None:
    form = {"user": "ana", "password": PASSWORD}
    sent = desk.client.post("/login", data=form, headers={"sec-fetch-site": "cross-site"})
    assert sent.status_code == 403
    assert "set-cookie" not in sent.headers


def test_a_login_is_short(desk: Desk) -> None:
    assert desk.log_in("x" * 5000).status_code == 413


def test_what_was_asked_for_is_text_in_the_form(desk: Desk) -> None:
    page = desk.client.get('/login?next="><script>alert(1)</script>').text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_no_other_page_frames_it_and_the_form_runs_nothing(desk: Desk) -> None:
    form = desk.client.get("/login").headers
    assert "default-src 'none'" in form["content-security-policy"]
    desk.log_in()
    within = desk.client.get("/").headers
    told = within["content-security-policy"].split("; ")
    assert told == ["frame-ancestors 'none'", "img-src 'self' data: blob:"]
    assert within["x-content-type-options"] == "nosniff"


def test_who_came_and_who_did_not_is_on_the_record(settings: Settings, desk: Desk) -> None:
    desk.log_in()
    desk.log_in("wrong")
    desk.log_in("wrong", "my secret, in the wrong field")
    told = [(e["event"], e["user"]) for e in read(settings, "access")][1:]
    assert told == [("desk-login", "ana"), ("desk-refused", "ana"), ("desk-refused", "(unknown)")]


def test_where_others_ask_who_it_is_the_door_is_open(settings: Settings) -> None:
    assert Desk(settings, is_open=True).client.get("/").text == "within"
