"""Whatever way an API pages, and however it moves meanwhile: every record, or an error."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.errors import RefusedByData
from cartera.settings import Settings
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.an_api import (
    BY_PAGE,
    Handler,
    answer,
    api,
    asked,
    keys,
    record,
)
from tests.ingestion.connectors.homes import (
    SYSTEM,
    fetch,
    inbox,
    land,
    landed,
)


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
