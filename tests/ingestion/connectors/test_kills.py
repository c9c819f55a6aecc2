"""A fetch that is killed loses nothing and doubles nothing: the next one is as if none had been."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request

from cartera import faults
from cartera.settings import Settings
from tests.ingestion.connectors import an_api, exported, homes, products_table

FETCH_POINTS = [name for name in faults.POINTS if name.startswith("fetch.")]
ENOUGH = 60


def kill_at(settings: Settings, point: str) -> None:
    process = homes.process(settings, CARTERA_FAULT=point)
    _, said = process.communicate(timeout=ENOUGH)
    assert process.returncode == -signal.SIGKILL, said


def kill_while(settings: Settings, busy: Callable[[], bool]) -> None:
    """Kill a fetch in the middle of its work."""
    process = homes.process(settings)
    deadline = time.monotonic() + ENOUGH
    while not busy():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.communicate()


def parts(settings: Settings) -> list[Path]:
    return [path for path in homes.inbox(settings) if path.name.endswith(".part")]


def check_one_delivery(settings: Settings, files: int, rows: dict[str, str]) -> None:
    """After one more fetch: each file once, none unfinished, and the rows of all of them."""
    homes.fetch(settings)
    assert parts(settings) == []
    assert len(homes.inbox(settings)) == files
    assert len(homes.done(settings)) == files
    report = homes.land(settings)
    assert (report.batches, report.accepted) == (files, len(rows))
    assert homes.landed(settings) == rows


@pytest.mark.parametrize("point", FETCH_POINTS)
def test_files_after_a_kill_at_each_point(settings: Settings, exports: Path, point: str) -> None:
    exported.from_folder(settings, exports)
    for key in (1, 2, 3):
        text = f"{exported.HEADER}{key};n{key};1;2026-01-01\n"
        exported.deliver(exports / f"{key}.csv", text.encode())
    kill_at(settings, f"{point}:2")
    assert len(homes.inbox(settings)) == 2
    check_one_delivery(settings, 3, {"1": "n1", "2": "n2", "3": "n3"})


def test_a_file_killed_halfway_leaves_a_part_that_the_next_fetch_replaces(
    settings: Settings, exports: Path
) -> None:
    exported.from_folder(settings, exports)
    lines = [f"{key};{'n' * 200}{key};1;2026-01-01\n" for key in range(400_000)]
    exported.deliver(exports / "large.csv", (exported.HEADER + "".join(lines)).encode())

    def busy() -> bool:
        return any(0 < part.stat().st_size < 80_000_000 for part in parts(settings))

    kill_while(settings, busy)
    (part,) = homes.inbox(settings)
    assert part.name == "large.csv.part"
    assert homes.done(settings) == []
    homes.fetch(settings)
    (whole,) = homes.inbox(settings)
    assert whole.read_bytes() == (exports / "large.csv").read_bytes()


class Stopped(BaseException):
    """What no code under test catches and goes on from."""


def stop_at(settings: Settings, point: str) -> None:
    """End a fetch of this process at a point: much faster than a kill, and short of one in that
    unfinished files are removed on the way out."""

    def stop(passed: str) -> None:
        if passed == point:
            raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "point", stop)
        with pytest.raises(Stopped):
            homes.fetch(settings)


@pytest.mark.parametrize(
    ("end", "point"),
    [(kill_at, "fetch.renamed"), *((stop_at, point) for point in FETCH_POINTS)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_table_after_an_end_at_each_point(
    settings: Settings, postgres: Any, end: Callable[[Settings, str], None], point: str
) -> None:
    homes.contract(settings, "parquet")
    homes.connection(settings, products_table.ORDERS)
    postgres.execute(products_table.TABLE)
    products_table.insert(postgres, 1, "one", "2026-01-01 10:00+00")
    end(settings, point)
    check_one_delivery(settings, 1, {"1": "one"})


def test_a_table_killed_while_it_streams_is_fetched_whole(
    settings: Settings, postgres: Any
) -> None:
    homes.contract(settings, "parquet")
    homes.connection(settings, products_table.ORDERS)
    postgres.execute(
        "create table products as select i as id, md5(i::text) as name, 1.0::numeric as cost, "
        "timestamptz '2026-01-01' + i * interval '1 second' as changed "
        "from generate_series(1, 300000) i"
    )
    kill_while(settings, lambda: any(part.stat().st_size > 100_000 for part in parts(settings)))
    assert homes.done(settings) == []
    homes.fetch(settings)
    assert len(products_table.rows(settings)) == 300_000
    assert len(homes.inbox(settings)) == 1
    # Nobody is left in the database.
    deadline = time.monotonic() + 10
    while True:
        postgres.execute("select count(*) from pg_stat_activity where usename = 'reader'")
        if postgres.fetchone() == (0,) or time.monotonic() > deadline:
            break
    postgres.execute("select count(*) from pg_stat_activity where usename = 'reader'")
    assert postgres.fetchone() == (0,)


@dataclass
class Listing:
    """An API with three pages: those it was asked for, and a stop before it answers the third."""

    asked: list[int] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def listing(settings: Settings, httpserver: HTTPServer) -> Iterator[Listing]:
    found = Listing()
    found.answers.set()

    def handler(request: Request) -> Any:
        page = int(request.args["page"])
        found.asked.append(page)
        if page == 3:
            found.answers.wait(ENOUGH)
        return an_api.answer([an_api.record(page, f"n{page}")] if page <= 3 else [])

    an_api.api(settings, httpserver, an_api.BY_PAGE, handler)
    path = settings.connections / f"{homes.SYSTEM}.yml"
    path.write_text(path.read_text().replace("timeout_seconds: 0.5", "timeout_seconds: 60"))
    yield found
    found.answers.set()


ROWS = {"1": "n1", "2": "n2", "3": "n3"}


@pytest.mark.parametrize("point", FETCH_POINTS)
def test_a_listing_after_an_end_at_each_point(
    settings: Settings, listing: Listing, point: str
) -> None:
    stop_at(settings, point)
    homes.fetch(settings)
    assert len(homes.inbox(settings)) == 1
    assert homes.land(settings).accepted == 3
    assert homes.landed(settings) == ROWS


def test_a_listing_killed_between_pages_is_read_from_its_first_page_again(
    settings: Settings, listing: Listing
) -> None:
    listing.answers.clear()
    kill_while(settings, lambda: 3 in listing.asked)
    listing.answers.set()
    assert homes.done(settings) == []
    before = len(listing.asked)
    homes.fetch(settings)
    assert listing.asked[before] == 1
    assert (parts(settings), len(homes.inbox(settings))) == ([], 1)
    assert homes.land(settings).accepted == 3
    assert homes.landed(settings) == ROWS


def test_a_pending_record_without_its_file_is_no_fetch(settings: Settings, exports: Path) -> None:
    exported.from_folder(settings, exports)
    exported.deliver(exports / "a.csv", exported.HEADER.encode())
    kill_at(settings, "fetch.pending")
    lines = (settings.state / "fetches.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["pending"]
    assert homes.fetch(settings)["files"] == 1
    assert homes.fetch(settings)["already"] == 1
