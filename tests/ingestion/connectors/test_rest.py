"""An API's bodies come as they came, whole or not at all, whatever the API does meanwhile."""

from __future__ import annotations

import json
import time

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.errors import CarteraError, RefusedByData
from cartera.settings import Settings
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.an_api import (
    BY_PAGE,
    answer,
    api,
    asked,
    keys,
    record,
)
from tests.ingestion.connectors.homes import (
    SYSTEM,
    contract,
    done,
    fetch,
    inbox,
    land,
    landed,
)


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
