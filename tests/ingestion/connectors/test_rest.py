"""An API's bodies come as they came, whole or not at all, whatever the API does meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.errors import CarteraError, RefusedByData
from cartera.settings import Settings
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.homes import (
    SYSTEM,
    connection,
    contract,
    done,
    fetch,
    inbox,
    land,
    landed,
)

Handler = Callable[[Request], Response]
BY_PAGE = "pages: {by: page}"


def record(key: int, name: str = "x", changed: str = "2026-01-01T10:00:00Z") -> dict[str, Any]:
    return {"id": key, "name": name, "cost": 1.10, "changed": changed}


def answer(items: list[Any], **more: Any) -> Response:
    body = json.dumps({"data": {"items": items}, **more}, indent=1)
    return Response(body, content_type="application/json")


def api(
    settings: Settings, server: HTTPServer, more: str, handler: Handler, auth: str = ""
) -> None:
    """A connection to ``handler`` at /v1/products."""
    contract(settings, "pages")
    connection(
        settings,
        f"kind: rest\nwhere: {server.url_for('/v1')}\nlongest_wait_seconds: 0.05\n"
        f"timeout_seconds: 0.5\n{auth}\n"
        f"fetch:\n  - path: products\n    to: products\n    records: data.items\n    {more}\n",
    )
    server.expect_request("/v1/products").respond_with_handler(handler)


def paged(pages: list[list[Any]]) -> Handler:
    """Pages by number, from 1, and empty ones after the last."""

    def handler(request: Request) -> Response:
        number = int(request.args["page"])
        return answer(pages[number - 1] if number <= len(pages) else [])

    return handler


def asked(server: HTTPServer) -> list[dict[str, str]]:
    return [dict(request.args) for request, _ in server.log if request.path == "/v1/products"]


def keys(settings: Settings) -> list[int]:
    """The ids in the newest file, in its order."""
    lines = inbox(settings)[-1].read_text().splitlines()
    return [item["id"] for line in lines for item in json.loads(line)["data"]["items"]]


def test_every_page_comes_as_it_came_and_lands(settings: Settings, httpserver: HTTPServer) -> None:
    body = '{"data": {"items": [{"id": 1,\r\n "name": "ñ \\n", "cost": 1.10, "x": 1e2}]}}'
    last = '{"data": {"items": [{"id": 2, "name": "b", "cost": 2.345000000000000001}]}}'

    def handler(request: Request) -> Response:
        texts = {"1": body, "2": last}
        return Response(texts.get(request.args["page"], '{"data": {"items": []}}'))

    api(settings, httpserver, BY_PAGE, handler)
    assert fetch(settings)["files"] == 1
    first, second, _ = inbox(settings)[0].read_text().splitlines()
    # Nothing is parsed and written again: digits, escapes and spaces are the API's own.
    assert (first, second) == (body.replace("\r\n", "  "), last)
    report = land(settings)
    assert (report.received, report.accepted) == (2, 2)
    assert landed(settings) == {"1": "ñ \n", "2": "b"}
    (told,) = done(settings)
    assert (told["pages"], told["records"]) == (3, 2)


def test_a_body_that_is_the_list_itself_lands(settings: Settings, httpserver: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        return Response(json.dumps([record(1), record(2)]))

    api(settings, httpserver, "", handler)
    contract(settings, "list")
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace("records: data.items", 'records: "."'))
    fetch(settings)
    assert land(settings).accepted == 2


def by_offset(request: Request) -> Response:
    offset, limit = int(request.args["offset"]), int(request.args["limit"])
    return answer([record(key) for key in range(25)][offset : offset + limit])


def by_cursor(request: Request) -> Response:
    at = int(request.args.get("after", 0))
    following = at + 10 if at + 10 < 25 else None
    return answer([record(key) for key in range(at, min(at + 10, 25))], next=following)


def by_link(request: Request) -> Response:
    at = int(request.args.get("at", 0))
    following = f"{request.base_url}?at={at + 10}" if at + 10 < 25 else None
    return answer([record(key) for key in range(at, min(at + 10, 25))], next=following)


def by_header(request: Request) -> Response:
    at = int(request.args.get("at", 0))
    response = answer([record(key) for key in range(at, min(at + 10, 25))])
    if at + 10 < 25:
        response.headers["Link"] = f'<{request.base_url}?at={at + 10}>; rel="next"'
    return response


@pytest.mark.parametrize(
    ("pages", "handler"),
    [
        ("pages: {by: offset, size: 10}", by_offset),
        ("pages: {by: cursor, param: after, next: next}", by_cursor),
        ("pages: {by: link, next: next}", by_link),
        ("pages: {by: header}", by_header),
    ],
)
def test_every_way_of_paging_comes_to_its_end(
    settings: Settings, httpserver: HTTPServer, pages: str, handler: Handler
) -> None:
    api(settings, httpserver, pages, handler)
    fetch(settings)
    assert keys(settings) == list(range(25))


def test_a_busy_api_is_asked_again_after_the_time_it_names(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        Response("slow down", 429, {"Retry-After": "77"}),
        Response("oops", 503),
        Response("not so long", 503, {"Retry-After": "9999"}),
        answer([record(1)]),
    ]
    api(settings, httpserver, "", lambda request: answers.pop(0))
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace("longest_wait_seconds: 0.05", "attempts: 4"))
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    fetch(settings)
    assert keys(settings) == [1]
    assert (waits[0], waits[2]) == (77, 300)
    assert 0 < waits[1] < 77


@pytest.mark.parametrize("kind", ["500", "429", "timeout", "cut short", "no json"])
def test_an_api_that_stays_broken_ends_in_an_error_and_keeps_nothing(
    settings: Settings, httpserver: HTTPServer, kind: str
) -> None:
    def handler(request: Request) -> Response:
        if request.args["page"] == "1":
            return answer([record(1)])
        if kind == "timeout":
            time.sleep(0.7)
        if kind == "cut short":
            return Response(b'{"data"', headers={"Content-Length": "100", "Connection": "close"})
        return Response("<html>", int(kind) if kind.isdigit() else 200)

    api(settings, httpserver, BY_PAGE, handler)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text() + "attempts: 2\n")
    with pytest.raises(CarteraError) as caught:
        fetch_system(settings, SYSTEM)
    assert "products" in str(caught.value)
    assert (inbox(settings), done(settings)) == ([], [])
    # A server that sleeps notes what it was asked only when it wakes.
    expected = {"no json": 2, "timeout": 2}.get(kind, 3)
    assert len(asked(httpserver)) >= expected


def test_a_token_that_expires_midway_is_renewed(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_CONN_ERP_API", "https://client:s3cret%2Fclient@/")
    tokens: list[str] = []

    def token(request: Request) -> Response:
        assert request.form["grant_type"] == "client_credentials"
        assert (request.authorization.username, request.authorization.password) == (
            "client",
            "s3cret/client",
        )
        tokens.append(f"t0ken-{len(tokens)}")
        return Response(json.dumps({"access_token": tokens[-1], "expires_in": 3600}))

    def handler(request: Request) -> Response:
        page = int(request.args["page"])
        # The first token is good for two pages.
        good = tokens[0] if page <= 2 else "t0ken-1"
        if request.headers["Authorization"] != f"Bearer {good}":
            return Response("expired", 401)
        return answer([record(page)] if page <= 4 else [])

    httpserver.expect_request("/token", method="POST").respond_with_handler(token)
    auth = f"auth: oauth2\ncredentials: erp_api\ntoken_url: {httpserver.url_for('/token')}"
    api(settings, httpserver, BY_PAGE, handler, auth)
    fetch(settings)
    assert keys(settings) == [1, 2, 3, 4]
    assert len(tokens) == 2


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("bearer", "Authorization", "Bearer k3y/word"),
        ("header", "X-Api-Key", "k3y/word"),
        ("basic", "Authorization", "Basic dXNlcjprM3kvd29yZA=="),
    ],
)
def test_the_secret_travels_in_a_header_and_a_refusal_names_the_credentials(
    settings: Settings,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    auth: str,
    header: str,
    value: str,
) -> None:
    monkeypatch.setenv("CARTERA_CONN_ERP_API", "https://user:k3y%2Fword@/")
    refuse: list[bool] = []

    def handler(request: Request) -> Response:
        assert "k3y" not in request.url
        if refuse or request.headers.get(header) != value:
            return Response(f"bad key {value}", 401)
        return answer([record(1)])

    api(settings, httpserver, "", handler, f"auth: {auth}\ncredentials: erp_api")
    assert fetch(settings)["files"] == 1
    refuse.append(True)
    with pytest.raises(RefusedByData, match=r"refuses the credentials \(401\).*erp_api") as caught:
        fetch_system(settings, SYSTEM)
    assert "k3y" not in str(caught.value)


def test_a_page_that_repeats_ends_the_fetch(settings: Settings, httpserver: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        return answer([record(1), record(2)])  # whatever page is asked for

    api(settings, httpserver, BY_PAGE, handler)
    with pytest.raises(RefusedByData, match="page 2 repeats page 1"):
        fetch_system(settings, SYSTEM)
    assert inbox(settings) == []
    assert len(asked(httpserver)) == 2


def test_pages_that_lead_in_a_circle_end_the_fetch(
    settings: Settings, httpserver: HTTPServer
) -> None:
    def handler(request: Request) -> Response:
        return answer([], next="a" if request.args.get("after") == "b" else "b")

    api(settings, httpserver, "pages: {by: cursor, param: after, next: next}", handler)
    with pytest.raises(RefusedByData, match="leads back to a page already read"):
        fetch_system(settings, SYSTEM)
    assert len(asked(httpserver)) <= 4


def test_a_next_page_on_another_host_is_not_asked_for(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_CONN_ERP_API", "https://:k3y%2Fword@/")

    def handler(request: Request) -> Response:
        return answer([record(1)], next="http://127.0.0.2:9/v1/products?page=2")

    api(
        settings,
        httpserver,
        "pages: {by: link, next: next}",
        handler,
        "auth: bearer\ncredentials: erp_api",
    )
    with pytest.raises(CarteraError, match="another host"):
        fetch_system(settings, SYSTEM)


@pytest.mark.parametrize("auth", ["bearer", "header", "oauth2"])
def test_a_redirect_to_another_host_is_not_followed(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    monkeypatch.setenv(
        "CARTERA_CONN_ERP_API", "https://me:k3y%2Fword@/?refresh_token=als0-a-secret"
    )
    # The same server by another name: it would see whatever is sent there.
    elsewhere = httpserver.url_for("/stolen").replace("localhost", "127.0.0.1")
    assert "127.0.0.1" in elsewhere

    def leads_away(request: Request) -> Response:
        return Response("", 307, {"Location": elsewhere})

    httpserver.expect_request("/stolen").respond_with_json({"access_token": "x"})
    httpserver.expect_request("/token").respond_with_handler(leads_away)
    told = f"auth: {auth}\ncredentials: erp_api\ntoken_url: {httpserver.url_for('/token')}"
    api(settings, httpserver, "", leads_away, told)
    with pytest.raises(CarteraError, match=r"another host|gives no token \(307\)"):
        fetch_system(settings, SYSTEM)
    assert [request.path for request, _ in httpserver.log if request.path == "/stolen"] == []


def test_a_redirect_on_the_same_host_is_followed(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_CONN_ERP_API", "https://me:k3y%2Fword@/")

    def moved(request: Request) -> Response:
        return Response("", 302, {"Location": "/v2/products"})

    def there(request: Request) -> Response:
        return answer([record(1)]) if request.headers.get("X-Api-Key") else Response("", 401)

    httpserver.expect_request("/v2/products").respond_with_handler(there)
    api(settings, httpserver, "", moved, "auth: header\ncredentials: erp_api")
    fetch(settings)
    assert keys(settings) == [1]


def moving(moves: int, total: int | None = None) -> tuple[Handler, list[int]]:
    """A listing of 30 sorted by nothing: during each of the first readings it turns by one."""
    readings: list[int] = []
    order = list(range(30))

    def handler(request: Request) -> Response:
        page = int(request.args["page"])
        if page == 1:
            readings.append(1)
        if page == 2 and len(readings) <= moves:
            order.insert(0, order.pop())
        more = {"total": total} if total else {}
        return answer([record(key) for key in order[(page - 1) * 10 : page * 10]], **more)

    return handler, readings


def test_a_listing_that_moves_while_it_is_read_is_read_again(
    settings: Settings, httpserver: HTTPServer
) -> None:
    handler, readings = moving(1)
    api(settings, httpserver, "key: id\n    pages: {by: page}", handler)
    fetch(settings)
    # The first reading had record 9 twice and never 29: the second has them all.
    assert len(readings) == 2
    assert set(keys(settings)) == set(range(30))
    assert land(settings).quarantined == 0
    assert len(landed(settings)) == 30


def test_a_listing_that_never_holds_still_is_refused(
    settings: Settings, httpserver: HTTPServer
) -> None:
    handler, readings = moving(99, total=31)
    api(settings, httpserver, "key: id\n    total: total\n    pages: {by: page}", handler)
    with pytest.raises(RefusedByData, match="its order changed in each of 3 readings"):
        fetch_system(settings, SYSTEM)
    assert (len(readings), inbox(settings)) == (3, [])


def test_records_missed_without_a_trace_are_missed_by_their_total(
    settings: Settings, httpserver: HTTPServer
) -> None:
    readings: list[int] = []

    def handler(request: Request) -> Response:
        page = int(request.args["page"])
        if page == 1:
            readings.append(1)
        # A record deleted from page 1 pulls another from page 2 to page 1, behind our back.
        pages = [[1, 2], [4, 5]] if len(readings) == 1 else [[1, 3], [4, 5]]
        items = [record(key) for key in (pages[page - 1] if page <= 2 else [])]
        return answer(items, total=5)

    api(settings, httpserver, "key: id\n    total: total\n    pages: {by: page}", handler)
    fetch(settings)
    assert set(keys(settings)) == {1, 2, 3, 4, 5}


def test_only_news_are_asked_for_and_nothing_new_makes_no_file(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_NOW", "2026-02-01T00:00:00Z")
    held = [record(1, "a", "2026-01-01T10:00:00Z"), record(2, "b", "2026-01-03T10:00:00Z")]
    held.append(record(3, "typo", "2062-01-01T00:00:00Z"))

    def handler(request: Request) -> Response:
        return answer([r for r in held if r["changed"] >= request.args["since"]])

    since = "since: {param: since, field: changed, start: '2025-01-01T00:00:00Z', overlap: 1 day}"
    api(settings, httpserver, since, handler)
    fetch(settings)
    assert fetch(settings)["already"] == 1
    held.append(record(4, "late", "2026-01-02T12:00:00Z"))
    held[0]["name"] = "beyond the overlap"
    fetch(settings)
    assert sorted(keys(settings)) == [2, 3, 4]
    assert [request["since"] for request in asked(httpserver)] == [
        "2025-01-01T00:00:00Z",
        "2026-01-02T10:00:00Z",
        "2026-01-02T10:00:00Z",
    ]
    land(settings)
    assert landed(settings) == {"1": "a", "2": "b", "3": "typo", "4": "late"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"error": "no"}', "has no list at 'data.items'"),
        ('{"data": {"items": [{"name": "x"}]}}', "has no 'id'"),
    ],
)
def test_a_body_of_another_shape_is_refused(
    settings: Settings, httpserver: HTTPServer, body: str, says: str
) -> None:
    api(settings, httpserver, "key: id", lambda request: Response(body))
    with pytest.raises(RefusedByData, match=says):
        fetch_system(settings, SYSTEM)
    assert inbox(settings) == []
