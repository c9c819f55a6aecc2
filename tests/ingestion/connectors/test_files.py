"""Files come byte for byte, once complete, once per state, from a folder and from S3."""

from __future__ import annotations

import hashlib
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings
from ingestion.connectors import stores
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.conftest import BUCKET
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

HOP_BY_HOP = {"connection", "content-encoding", "transfer-encoding", "date", "server"}
HEADER = "id;name;cost;changed\n"


def from_folder(settings: Settings, folder: Path, more: str = "", files: str = "*.csv") -> None:
    contract(settings, "csv")
    path = settings.contracts / SYSTEM / "products.yml"
    path.write_text(path.read_text().replace("type: csv", 'type: csv\n  delimiter: ";"'))
    connection(
        settings,
        f"kind: files\nwhere: {folder}\nsettle_seconds: 0\n"
        f"fetch:\n  - files: '{files}'\n    to: products\n    {more}\n",
    )


def from_s3(settings: Settings, server: str, more: str = "") -> None:
    from_folder(settings, Path("/nowhere"), more)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(
        path.read_text().replace(
            "where: /nowhere", f"where: s3://{BUCKET}/erp\nendpoint: {server}\ncredentials: erp_s3"
        )
    )


def deliver(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(settings: Settings) -> list[str]:
    root = settings.inbox / SYSTEM / "products"
    return [path.relative_to(root).as_posix() for path in inbox(settings)]


def test_a_file_comes_byte_for_byte_with_its_checksum_and_lands(
    settings: Settings, exports: Path
) -> None:
    from_folder(settings, exports)
    text = f"{HEADER}1;Ñandú;1.50;2026-01-01T10:00:00\n".encode()
    deliver(exports / "2026" / "p-2026-01-02.csv", text)
    row = fetch(settings)
    assert (row["files"], row["bytes"], row["problems"]) == (1, len(text), [])
    (path,) = inbox(settings)
    assert path == settings.inbox / SYSTEM / "products" / "2026" / "p-2026-01-02.csv"
    assert path.read_bytes() == text
    assert [r["checksum"] for r in done(settings)] == [hashlib.sha256(text).hexdigest()]
    assert land(settings).accepted == 1
    assert landed(settings) == {"1": "Ñandú"}


def test_what_was_fetched_is_not_fetched_again_until_it_changes(
    settings: Settings, exports: Path
) -> None:
    from_folder(settings, exports)
    first = deliver(exports / "a.csv", b"one")
    deliver(exports / "b.csv", b"two")
    assert fetch(settings)["files"] == 2
    for path in inbox(settings):
        path.unlink()  # as landing's retention does
    again = fetch(settings)
    assert (again["files"], again["already"], inbox(settings)) == (0, 2, [])
    first.write_bytes(b"one more")
    again = fetch(settings)
    assert (again["files"], again["already"], names(settings)) == (1, 1, ["a.csv"])
    assert inbox(settings)[0].read_bytes() == b"one more"


@pytest.mark.parametrize(
    ("marker", "present", "fetched"),
    [
        ("_SUCCESS", ["day1/_SUCCESS"], ["day1/a.csv", "day1/b.csv"]),
        ("_SUCCESS", ["_SUCCESS"], []),
        ("{file}.done", ["day1/b.csv.done"], ["day1/b.csv"]),
    ],
)
def test_a_file_waits_for_its_marker(
    settings: Settings, exports: Path, marker: str, present: list[str], fetched: list[str]
) -> None:
    from_folder(settings, exports, f'marker: "{marker}"', files="*")
    for name in ("day1/a.csv", "day1/b.csv", "day2/a.csv"):
        deliver(exports / name, b"x")
    for name in present:
        deliver(exports / name, b"")
    row = fetch(settings)
    assert names(settings) == fetched
    waiting = [line for line in row["passed_over"] if "waits for its marker" in line]
    assert len(waiting) == 3 - len(fetched)


def test_a_file_that_grows_is_left_for_the_next_time(
    settings: Settings, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder(settings, exports)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace("settle_seconds: 0", "settle_seconds: 0.3"))
    growing = deliver(exports / "growing.csv", b"half")
    deliver(exports / "finished.csv", b"whole")

    def meanwhile(seconds: float) -> None:
        growing.write_bytes(b"half and more")

    monkeypatch.setattr("ingestion.connectors.files.time.sleep", meanwhile)
    row = fetch(settings)
    assert names(settings) == ["finished.csv"]
    assert row["passed_over"] == ["growing.csv: still being written, it grows"]


def test_a_file_that_changes_while_it_is_fetched_is_not_kept(
    settings: Settings, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder(settings, exports)
    path = deliver(exports / "a.csv", b"x" * 3_000_000)
    opened = stores.FolderStore.opened

    def replaced(self: stores.FolderStore, found: stores.Found) -> Any:
        aside = deliver(exports / "aside", b"y" * 3_000_000)
        context = opened(self, found)
        stream = context.__enter__()
        os.replace(aside, path)

        class Wrapped:
            def __enter__(self) -> Any:
                return stream

            def __exit__(self, *error: Any) -> Any:
                return context.__exit__(*error)

        return Wrapped()

    monkeypatch.setattr(stores.FolderStore, "opened", replaced)
    row = fetch(settings)
    assert (inbox(settings), done(settings)) == ([], [])
    assert "it changed while it was fetched" in row["passed_over"][0]
    monkeypatch.undo()
    assert fetch(settings)["files"] == 1
    assert inbox(settings)[0].read_bytes() == b"y" * 3_000_000


def test_names_that_lead_elsewhere_or_are_unfinished_are_passed_over(
    settings: Settings, exports: Path, tmp_path: Path
) -> None:
    from_folder(settings, exports, files="*")
    secret = deliver(tmp_path / "secret.csv", b"not delivered")
    (exports / "link.csv").symlink_to(secret)
    for name in ("a.csv.part", ".hidden.csv", "b\\c.csv", "line\nbreak.csv", "n" * 230):
        deliver(exports / name, b"x")
    deliver(exports / "good.csv", b"x")
    row = fetch(settings)
    assert names(settings) == ["good.csv"]
    assert len(row["passed_over"]) == 5


def test_one_file_that_cannot_be_read_does_not_keep_the_others(
    settings: Settings, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder(settings, exports)
    for name in ("a.csv", "b.csv", "c.csv"):
        deliver(exports / name, b"x")
    opened = stores.FolderStore.opened

    def broken(self: stores.FolderStore, found: stores.Found) -> Any:
        if found.relative == "b.csv":
            raise OSError(5, "Input/output error")
        return opened(self, found)

    monkeypatch.setattr(stores.FolderStore, "opened", broken)
    with pytest.raises(CarteraError, match=r"1 parts of erp.*b\.csv.*Input/output"):
        fetch_system(settings, SYSTEM)
    assert names(settings) == ["a.csv", "c.csv"]
    monkeypatch.undo()
    assert fetch(settings)["files"] == 1


def test_a_folder_that_is_not_there_is_an_error(settings: Settings, exports: Path) -> None:
    from_folder(settings, exports / "gone")
    with pytest.raises(UsageError, match="is no folder"):
        fetch_system(settings, SYSTEM)


def in_parts(s3: Any, key: str, parts: list[bytes]) -> None:
    """Upload an object as large ones are: its ETag is no checksum of its bytes."""
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    where = {"Bucket": BUCKET, "Key": key, "UploadId": upload}
    told = [
        {"PartNumber": n, "ETag": s3.upload_part(**where, PartNumber=n, Body=part)["ETag"]}
        for n, part in enumerate(parts, start=1)
    ]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": told})


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
