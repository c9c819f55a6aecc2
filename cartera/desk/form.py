"""The form of the login: one page of HTML that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cartera.desk import words

PAGE = Path(__file__).with_name("form.html")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


def form(
    request: Request,
    status: int = HTTPStatus.OK,
    told: str | None = None,
    going_to: str = "",
    **values: object,
) -> Response:
    """The form in the browser's language; ``told`` is the phrase of a notice, with ``values``.

    ``going_to`` is the page that was asked for.
    """
    language = words.language_of(request.headers.get("accept-language", "").partition(",")[0])
    notice = escape(words.say(language, told, **values)) if told else ""
    names = ("title", "log_in_lead", "user", "password", "log_in")
    page = Template(PAGE.read_text(encoding="utf-8")).substitute(
        {name: escape(words.say(language, f"desk.{name}")) for name in names},
        language=language,
        notice=f'<p role="alert">{notice}</p>' if notice else "",
        next=escape(going_to, quote=True),
    )
    return HTMLResponse(
        page, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    )
