"""The door: nobody reaches Streamlit, its pages, its sockets or its downloads, without a session.

It stands around Streamlit as ASGI middleware, so that what Streamlit leaves open is shut here. The
form of the login is plain HTML: it needs no script, and a password never passes through Streamlit.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from cartera import records
from cartera.desk import devices, users
from cartera.desk.delays import Delays
from cartera.desk.form import form
from cartera.desk.pages import PAGES
from cartera.desk.roles import Person
from cartera.desk.sessions import Sessions
from cartera.errors import CarteraError
from cartera.settings import Settings

COOKIE = "cartera_desk"
LOGIN = "/login"
# What a supervisor asks, and Streamlit's own scripts and fonts: no data is behind these.
OPEN = "/_stcore/health"
SCRIPTS = "/static/"
# A form of two short fields.
MOST_BYTES = 4096
# Images are the desk's own: one from elsewhere would tell that site who looks at whom. Streamlit's
# and charts' are files of this address, or made in the page.
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'; img-src 'self' data: blob:",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Door:
    """``is_secure``: cookies go over https alone. ``is_open``: others ask who it is.

    ``delays`` are those of names, ``known`` those of browsers that are known.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        sessions: Sessions,
        delays: Delays,
        known: Delays,
        *,
        is_secure: bool,
        is_open: bool = False,
    ) -> None:
        self._app = app
        self._settings, self._sessions = settings, sessions
        self._delays, self._known = delays, known
        self._is_secure, self._is_open = is_secure, is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http":
            send = _with_headers(send)
        if self._is_open or _is_for_all(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["path"] == LOGIN and scope["type"] == "http":
            await (await self._login(Request(scope, receive)))(scope, receive, send)
        elif await run_in_threadpool(self._is_somebody, HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Before it is accepted, to close it is to answer 403.
            await WebSocket(scope, receive, send).close()
        else:
            await _sent_away(Request(scope))(scope, receive, send)

    def _is_somebody(self, asked: HTTPConnection) -> bool:
        return who(self._settings, self._sessions, asked.cookies.get(COOKIE)) is not None

    async def _login(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._tried(request)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("", HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, POST"})
        told = "desk.expired" if "expired" in request.query_params else None
        return form(request, told=told, going_to=request.query_params.get("next", ""))

    async def _tried(self, request: Request) -> Response:
        # A page elsewhere must not log somebody in as another.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("", HTTPStatus.FORBIDDEN)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse("", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        name, going_to = given.get("user", "").strip().lower(), given.get("next", "")
        told = request.cookies.get(devices.COOKIE)
        device = await run_in_threadpool(self._device, name, told)
        delays, whose = (self._known, device) if device else (self._delays, name)
        wait = delays.admit(whose)
        if wait:
            seconds = int(wait.total_seconds()) + 1
            refused = form(
                request, HTTPStatus.TOO_MANY_REQUESTS, "desk.wait", going_to, seconds=seconds
            )
            refused.headers["Retry-After"] = str(seconds)
            return refused
        user = await run_in_threadpool(self._checked, name, given.get("password", ""))
        if user is None:
            return form(request, HTTPStatus.UNAUTHORIZED, "desk.wrong_password", going_to)
        delays.right(whose)
        answer = RedirectResponse(_page(going_to), HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE,
            self._sessions.begin(user.name, user.mark),
            httponly=True,
            samesite="lax",
            secure=self._is_secure,
        )
        answer.set_cookie(
            devices.COOKIE,
            devices.issue(user),
            max_age=int(devices.LASTS.total_seconds()),
            path=LOGIN,
            httponly=True,
            samesite="strict",
            secure=self._is_secure,
        )
        return answer

    def _device(self, name: str, cookie: str | None) -> str | None:
        return devices.known(users.find(self._settings, name), cookie) if cookie else None

    def _checked(self, name: str, password: str) -> users.User | None:
        """Who it is; either way it goes on the record, a name only if somebody has it."""
        user = users.check(self._settings, name, password)
        known = name if user or users.find(self._settings, name) else "(unknown)"
        with records.acting_as(known):
            records.access(self._settings, "desk-login" if user else "desk-refused")
        return user


def who(settings: Settings, sessions: Sessions, token: str | None) -> Person | None:
    """Whose token it is, and that they were here; None for one who is not who logged in.

    Who was removed since, or added anew with another password or role, has to log in again.
    """
    session = sessions.find(token)
    if session is None:
        return None
    try:
        user = users.find(settings, session.name)
    except CarteraError:
        # A file of users that cannot be trusted lets nobody in.
        return None
    if user is None or user.mark != session.mark:
        sessions.end(token)
        return None
    sessions.renew(token)
    return user.person


def _is_for_all(path: str) -> bool:
    return path == OPEN or (path.startswith(SCRIPTS) and ".." not in path)


def _sent_away(request: Request) -> Response:
    """To the form, if it is a person who asks; anything else gets nothing."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        wanted = request.url.path.strip("/")
        return RedirectResponse(
            f"{LOGIN}?next={quote(wanted)}" if wanted else LOGIN, HTTPStatus.SEE_OTHER
        )
    return PlainTextResponse("", HTTPStatus.UNAUTHORIZED)


def _page(name: str) -> str:
    """The address of a page of that name; the first page for any other name."""
    return f"/{name}" if name in {page.name for page in PAGES} else "/"


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
