"""A small API on this machine, and what was asked of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.settings import Settings
from tests.ingestion.connectors.homes import (
    connection,
    contract,
    inbox,
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
