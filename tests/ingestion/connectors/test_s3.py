"""Objects of an S3-compatible storage: byte for byte, once, and never half."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.errors import CarteraError
from cartera.settings import Settings
from ingestion.connectors import stores
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.conftest import BUCKET
from tests.ingestion.connectors.exported import (
    HOP_BY_HOP,
    from_s3,
    in_parts,
    names,
)
from tests.ingestion.connectors.homes import (
    SYSTEM,
    fetch,
    inbox,
)


def test_objects_of_s3_come_byte_for_byte_and_once(
    settings: Settings, s3: Any, s3_server: str
) -> None:
    from_s3(settings, s3_server)
    large = random.Random(7).randbytes(12_000_000)
    in_parts(s3, "erp/2026/large.csv", [large[:6_000_000], large[6_000_000:]])
    s3.put_object(Bucket=BUCKET, Key="erp/small.csv", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="erp/other.txt", Body=b"x")
    s3.put_object(Bucket=BUCKET, Key="elsewhere/a.csv", Body=b"x")
    s3.put_object(Bucket=BUCKET, Key="erp/../../escape.csv", Body=b"x")
    row = fetch(settings)
    assert names(settings) == ["2026/large.csv", "small.csv"]
    assert inbox(settings)[0].read_bytes() == large
    assert ["leads elsewhere" in line for line in row["passed_over"]] == [True]
    assert fetch(settings)["already"] == 2
    s3.put_object(Bucket=BUCKET, Key="erp/small.csv", Body=b"more")
    assert fetch(settings)["files"] == 1
    assert inbox(settings)[1].read_bytes() == b"more"


def test_an_object_replaced_while_it_is_fetched_is_not_kept(
    settings: Settings, s3: Any, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_s3(settings, s3_server)
    s3.put_object(Bucket=BUCKET, Key="erp/a.csv", Body=b"x" * 3_000_000)
    from ingestion.connectors import files

    copied = files.hashlib.sha256

    class Digest:
        def __init__(self) -> None:
            self.real, self.chunks = copied(), 0

        def update(self, chunk: bytes) -> None:
            self.chunks += 1
            if self.chunks == 1:
                s3.put_object(Bucket=BUCKET, Key="erp/a.csv", Body=b"y" * 3_000_000)
            self.real.update(chunk)

        def hexdigest(self) -> str:
            return self.real.hexdigest()

    monkeypatch.setattr("ingestion.connectors.files.hashlib.sha256", Digest)
    row = fetch(settings)
    assert inbox(settings) == []
    assert "it changed while it was fetched" in row["passed_over"][0]
    monkeypatch.undo()
    monkeypatch.setenv("CARTERA_CONN_ERP_S3", "aws://a:bbbb@/")
    assert fetch(settings)["files"] == 1
    assert inbox(settings)[0].read_bytes() == b"y" * 3_000_000


def test_a_bucket_that_is_not_there_is_an_error(
    settings: Settings, s3: Any, s3_server: str
) -> None:
    from_s3(settings, s3_server)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace(BUCKET, "nobody-has-this"))
    with pytest.raises(CarteraError, match="NO_SUCH_BUCKET"):
        fetch_system(settings, SYSTEM)


def test_a_listing_of_thousands_of_objects_is_read_to_its_end(
    settings: Settings, s3: Any, s3_server: str
) -> None:
    from moto.backends import get_backend

    from_s3(settings, s3_server)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace("*.csv", "*7.csv"))
    # Straight into the server, which runs in this process.
    bucket = get_backend("s3")["123456789012"]["aws"]
    for number in range(5_000):
        bucket.put_object(BUCKET, f"erp/{number // 100:02}/{number:04}.txt", b"")
    for number in (7, 2_507, 4_997):
        bucket.put_object(BUCKET, f"erp/{number // 100:02}/{number:04}.csv", b"x")
    assert fetch(settings)["files"] == 3
    assert names(settings) == ["00/0007.csv", "25/2507.csv", "49/4997.csv"]
    for keys in (range(at, at + 1_000) for at in range(0, 5_000, 1_000)):
        wanted = [{"Key": f"erp/{n // 100:02}/{n:04}.txt"} for n in keys]
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": wanted})


def test_markers_of_objects_count_as_those_of_files(
    settings: Settings, s3: Any, s3_server: str
) -> None:
    from_s3(settings, s3_server, 'marker: "{file}.done"')
    for key in ("a.csv", "b.csv", "b.csv.done"):
        s3.put_object(Bucket=BUCKET, Key=f"erp/{key}", Body=b"x")
    row = fetch(settings)
    assert names(settings) == ["b.csv"]
    assert row["passed_over"] == ["a.csv: waits for its marker a.csv.done"]
    s3.put_object(Bucket=BUCKET, Key="erp/a.csv.done", Body=b"")
    assert fetch(settings)["files"] == 1


def test_an_object_just_written_is_looked_at_twice(
    settings: Settings, s3: Any, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_s3(settings, s3_server)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace("settle_seconds: 0", "settle_seconds: 2"))
    s3.put_object(Bucket=BUCKET, Key="erp/a.csv", Body=b"x")
    waited: list[float] = []
    monkeypatch.setattr("ingestion.connectors.files.time.sleep", waited.append)
    assert fetch(settings)["files"] == 1
    assert waited == [2]


@pytest.mark.parametrize("failures", [2, 99])
def test_storage_that_is_busy_is_asked_again_and_one_that_stays_so_keeps_nothing_back(
    settings: Settings,
    s3: Any,
    s3_server: str,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    failures: int,
) -> None:
    monkeypatch.setattr(stores, "ATTEMPTS", 3)
    for key in ("busy.csv", "calm.csv"):
        s3.put_object(Bucket=BUCKET, Key=f"erp/{key}", Body=key.encode())
    refused: list[str] = []

    def before_it(request: Request) -> Response:
        """What stands before the storage: it passes on all but some reads of busy.csv."""
        if request.path.endswith("busy.csv") and len(refused) < failures:
            refused.append(request.method)
            return Response("<Error><Code>SlowDown</Code></Error>", 503)
        query = request.query_string.decode()
        passed_on = requests.request(
            request.method,
            f"{s3_server}{request.path}?{query}",
            headers={k: v for k, v in request.headers if k.lower() != "host"},
            timeout=10,
        )
        kept = {k: v for k, v in passed_on.headers.items() if k.lower() not in HOP_BY_HOP}
        response = Response(passed_on.content, passed_on.status_code, kept)
        # The answer to a HEAD has the length of what it does not hold.
        response.automatically_set_content_length = False
        response.headers["Content-Length"] = passed_on.headers["Content-Length"]
        return response

    httpserver.expect_request(re.compile(".*")).respond_with_handler(before_it)
    from_s3(settings, httpserver.url_for("").rstrip("/"))
    if failures == 2:
        assert fetch(settings)["files"] == 2
    else:
        with pytest.raises(CarteraError, match=r"1 parts of erp.*busy\.csv"):
            fetch_system(settings, SYSTEM)
        assert names(settings) == ["calm.csv"]
        assert len(refused) == 3
