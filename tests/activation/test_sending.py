"""A list arrives whole and once, wherever its sending breaks; a mirror keeps nobody who left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import duckdb
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera import publications
from cartera.activation import over_http
from cartera.activation.destinations import Http, Sftp, find_destination
from cartera.activation.sending import Delivery, send
from cartera.errors import CarteraError, ContractError, UsageError
from cartera.settings import Settings
from tests.activation.conftest import CONTACTS, PUBLICATION, WAREHOUSE, write
from tests.activation.test_pull import audience

LATER = "20260201T000000000000Z-0123abcd"
SECRET = "a-secret-of-the-tests"


@dataclass
class Server:
    """A receiver that keeps who it was told of; it may break down, or forget to answer."""

    http: HTTPServer
    members: set[str] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    fails_after: int = 10**9
    answers: list[int] = field(default_factory=list)

    def take(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        if self.answers and (status := self.answers.pop(0)) != 200:
            return Response("may repeat c00@example.com", status, {"Retry-After": "7"})
        if len(self.requests) >= self.fails_after:
            return Response(status=503)
        told = json.loads(request.data)
        if (key := request.headers["Idempotency-Key"]) not in self.keys:
            self.keys.append(key)
            ids = {member["customer_id"] for member in told["members"]}
            self.members |= ids
            if told["operation"] == "remove":
                self.members -= ids
        self.requests.append(told)
        return Response(status=200)


@pytest.fixture
def server(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(over_http, "FIRST_WAIT", 0.0)
    monkeypatch.setenv("CARTERA_CONN_MAILER", f"https://:{SECRET}@mailer")
    found = Server(httpserver)
    httpserver.expect_request("/lists", method="POST").respond_with_handler(found.take)
    return found


def at(server: Server, **changes: Any) -> Http:
    values = {"name": "mailer", "kind": "http", "url": server.http.url_for("/lists"), "batch": 5}
    return Http.model_validate(values | {"credentials": "mailer", "attempts": 3} | changes)


def publish(settings: Settings, warehouse: str) -> None:
    """A publication after the first, current from now on."""
    folder = settings.publications / LATER
    folder.mkdir()
    write(folder / publications.WAREHOUSE, warehouse)
    write(folder / publications.CONTACTS, CONTACTS)
    point(settings, LATER)


def point(settings: Settings, publication: str) -> None:
    aside = settings.publications / "aside"
    os.symlink(publication, aside)
    aside.replace(settings.publications / publications.CURRENT)


WHICH = audience(holdout_percent=0)
LISTED = 24


def test_a_list_arrives_in_batches_each_with_its_key_and_the_secret(
    published: Settings, server: Server
) -> None:
    done = send(published, WHICH, at(server))
    assert (done.listed, done.sent, done.removed) == (LISTED, LISTED, 0)
    assert [len(told["members"]) for told in server.requests] == [5, 5, 5, 5, 4]
    assert len(set(server.keys)) == 5
    assert server.headers[0]["Authorization"] == f"Bearer {SECRET}"
    first = server.requests[0]
    assert (first["pull_id"], first["operation"]) == (done.pull_id, "add")
    assert first["members"][0]["email"] == "c0@example.com"
    assert [m["customer_id"] for told in server.requests for m in told["members"]] == sorted(
        server.members
    )
    again = send(published, WHICH, at(server))
    assert (again, len(server.requests)) == (Delivery(done.pull_id, "big", "mailer", LISTED), 5)


def test_a_destination_that_dies_on_the_way_is_gone_on_with(
    published: Settings, server: Server
) -> None:
    server.fails_after = 3
    with pytest.raises(
        CarteraError, match=r"mailer: a batch was not taken, .* answered 503"
    ) as error:
        send(published, WHICH, at(server))
    assert "goes on with the batch" in error.value.fix
    assert SECRET not in str(error.value)
    server.fails_after = 10**9
    done = send(published, WHICH, at(server))
    assert done.sent == LISTED - 15
    assert len(server.members) == LISTED
    assert len(server.requests) == 5


def test_a_batch_that_was_taken_and_not_heard_counts_once(
    published: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the server took the third batch and before that is on the record."""
    kept = over_http.Line.send

    def dies(line: over_http.Line, body: bytes, key: str) -> None:
        kept(line, body, key)
        if len(server.requests) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(over_http.Line, "send", dies)
    with pytest.raises(KeyboardInterrupt):
        send(published, WHICH, at(server))
    monkeypatch.setattr(over_http.Line, "send", kept)
    done = send(published, WHICH, at(server))
    assert done.sent == LISTED - 10
    assert (len(server.requests), len(server.keys)) == (6, 5)


@pytest.mark.parametrize("point", ["send.started", "send.taken:3", "send.noted:3"])
def test_a_killed_sending_goes_on_and_tells_nobody_twice(
    published: Settings, server: Server, point: str
) -> None:
    """Killed as by a power cut: a batch that was taken and not noted comes with the same key."""
    (published.home / "audiences").mkdir()
    (published.home / "destinations").mkdir()
    told = WHICH.model_dump(mode="json", exclude_none=True)
    (published.home / "audiences" / "big.yml").write_text(json.dumps(told))
    where = at(server).model_dump(mode="json", exclude_none=True)
    (published.home / "destinations" / "mailer.yml").write_text(json.dumps(where))
    command = ["audience", "send", "big", "--to", "mailer", "--home", str(published.home)]
    run = [sys.executable, "-m", "cartera.cli", *command]
    killed = subprocess.run(
        run, env={**os.environ, "CARTERA_FAULT": point}, capture_output=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    taken = len(server.requests)
    assert taken == (0 if point == "send.started" else 3)
    done = send(published, WHICH, at(server))
    assert done.sent == LISTED - 5 * (2 if point == "send.taken:3" else taken)
    # Five batches with a key each, whoever was killed on the way.
    assert (len(server.keys), len(server.members)) == (5, LISTED)
    assert len(server.requests) == (6 if point == "send.taken:3" else 5)


def test_what_passes_is_tried_again_and_the_server_says_how_long_to_wait(
    published: Settings, server: Server
) -> None:
    waits: list[float] = []
    server.answers = [429, 503, 200]
    line = over_http.Line(at(server), over_http.Credentials(), pause=waits.append)
    line.send(over_http.body_of("p", "add", [{"customer_id": "c00"}]), "key")
    assert (server.members, waits) == ({"c00"}, [7.0, 7.0])


def test_what_does_not_pass_is_not_tried_again_and_repeats_nobody(
    published: Settings, server: Server
) -> None:
    server.answers = [401]
    with pytest.raises(CarteraError, match="answered 401") as error:
        send(published, WHICH, at(server))
    assert "example.com" not in str(error.value)
    assert len(server.headers) == 1


def test_a_token_that_cannot_be_sent_is_not_told(
    published: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTERA_CONN_MAILER", f"https://:{SECRET}%0A@mailer")
    with pytest.raises(CarteraError) as error:
        send(published, WHICH, at(server))
    assert str(error.value).startswith("The token for mailer has a line end in it")
    assert server.requests == []


def test_no_fault_on_the_way_tells_the_token(
    published: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of http.client, which quotes the header that it refuses, and not in a traceback."""
    monkeypatch.setattr(over_http, "authorization", lambda *_: {"Authorization": f"{SECRET}\n"})
    with pytest.raises(CarteraError, match=r"mailer: ValueError: Invalid header value") as error:
        send(published, WHICH, at(server))
    assert SECRET not in "".join(traceback.format_exception(error.value))
    assert SECRET not in str(error.value)


def test_an_address_where_nobody_listens_is_named(published: Settings, server: Server) -> None:
    nobody = at(server, url="http://127.0.0.1:9/lists", timeout_seconds=1)
    with pytest.raises(CarteraError, match=r"127\.0\.0\.1 ConnectionRefusedError"):
        send(published, WHICH, nobody)


def test_a_mirror_is_told_who_has_left_and_after_a_rollback_who_came_back(
    published: Settings, server: Server
) -> None:
    mirror = at(server, mode="mirror")
    send(published, WHICH, mirror)
    before = set(server.members)
    # Consent of every other customer is withdrawn between two pulls.
    publish(published, WAREHOUSE.replace("n % 10 <> 9 as is_reach", "n % 2 = 0 as is_reach"))
    done = send(published, WHICH, mirror)
    assert server.members == {c for c in before if int(c[1:]) % 2 == 0}
    assert done.removed == len(before) - len(server.members) == 12
    assert server.requests[5]["operation"] == "remove"
    assert server.requests[5]["members"][0].keys() == {"customer_id"}
    point(published, PUBLICATION)
    send(published, WHICH, mirror)
    assert server.members == before


def test_a_mirror_forgets_nobody_of_a_list_that_never_arrived_whole(
    published: Settings, server: Server
) -> None:
    server.fails_after = 2
    with pytest.raises(CarteraError):
        send(published, WHICH, at(server, mode="mirror"))
    assert len(server.members) == 10
    server.fails_after = 10**9
    publish(published, WAREHOUSE.replace("n % 10 <> 9 as is_reach", "n > 8 as is_reach"))
    send(published, WHICH, at(server, mode="mirror"))
    assert min(server.members) > "c08"


def test_a_mirror_without_ids_or_whose_last_list_is_lost_is_refused(
    published: Settings, server: Server
) -> None:
    mirror = at(server, mode="mirror")
    with pytest.raises(UsageError, match="nobody could be removed"):
        send(published, audience(fields=["email"]), mirror)
    send(published, WHICH, mirror)
    for record in (published.inbox / "cartera" / "audience_pulls").iterdir():
        record.unlink()
    publish(published, WAREHOUSE)
    with pytest.raises(CarteraError, match="nobody knows who was on that list"):
        send(published, WHICH, mirror)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: http\nurl: http://mailer.example/x", "is no https:// address"),
        ("kind: http\nurl: https://u:p@mailer.example/x", "name credentials"),
        ("kind: http\nurl: https://mailer.example/x\nbatch: 0", "batch"),
        ("kind: ftp\nfolder: x", "kind"),
        ("kind: sftp\nfolder: x\nmode: mirror", "mode"),
    ],
)
def test_a_destination_with_a_mistake_is_refused(settings: Settings, text: str, said: str) -> None:
    path = settings.home / "destinations" / "mailer.yml"
    path.parent.mkdir(parents=True)
    path.write_text(f"name: mailer\n{text}\n")
    with pytest.raises(ContractError, match=said):
        find_destination(settings, "mailer")
    with pytest.raises(UsageError, match="No destination 'mailr'") as error:
        find_destination(settings, "mailr")
    assert error.value.fix == "Did you mean 'mailer'?"


@pytest.fixture
def sftp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Sftp, Path, dict[str, int]]]:
    """A real server with a folder, and how many bytes it takes before it breaks the line."""
    root, limits = tmp_path / "root", {"bytes": 10**9}
    (root / "lists").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()

    class Folder(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(root).encode())

        def write(self, file: Any, offset: int, data: bytes) -> int:
            if offset + len(data) > limits["bytes"]:
                super().write(file, offset, data[: limits["bytes"] - offset])
                raise asyncssh.SFTPConnectionLost("the line broke")
            return int(super().write(file, offset, data))

    class Login(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("cartera", SECRET)

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[key], server_factory=Login, sftp_factory=Folder
        )

    acceptor = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = acceptor.sockets[0].getsockname()[1]
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
    monkeypatch.setenv("CARTERA_CONN_BOX", f"sftp://cartera:{SECRET}@127.0.0.1:{port}")
    box = Sftp(name="box", kind="sftp", folder="lists", credentials="box", known_hosts=str(known))
    yield box, root / "lists", limits
    loop.call_soon_threadsafe(acceptor.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_a_file_comes_to_an_sftp_server_whole_or_not_at_all(
    published: Settings, sftp: tuple[Sftp, Path, dict[str, int]]
) -> None:
    box, folder, limits = sftp
    limits["bytes"] = 100
    with pytest.raises(CarteraError, match=r"box: .* was not delivered") as error:
        send(published, WHICH, box)
    assert SECRET not in str(error.value)
    (part,) = folder.iterdir()
    assert part.name.startswith(".")
    assert part.stat().st_size == 100
    # What is there already is not sent again: a server that takes no byte before the 100th serves.
    part.write_bytes(b"x" * 100)
    limits["bytes"] = 10**9
    done = send(published, WHICH, box)
    (arrived,) = folder.iterdir()
    local = published.exports / "big" / arrived.name
    assert arrived.name == f"{done.pull_id}.csv"
    assert arrived.read_bytes()[100:] == local.read_bytes()[100:]
    assert arrived.read_bytes()[:100] == b"x" * 100
    assert send(published, WHICH, box).sent == 0


def test_a_server_that_is_not_known_gets_nothing(
    published: Settings, sftp: tuple[Sftp, Path, dict[str, int]], tmp_path: Path
) -> None:
    box, folder, _ = sftp
    (tmp_path / "none").write_text("")
    stranger = box.model_copy(update={"known_hosts": str(tmp_path / "none")})
    with pytest.raises(CarteraError, match="HostKeyNotVerifiable"):
        send(published, WHICH, stranger)
    assert list(folder.iterdir()) == []


def test_the_record_of_what_was_sent_names_nobody(published: Settings, server: Server) -> None:
    send(published, WHICH, at(server, mode="mirror"))
    text = (published.state / "deliveries.jsonl").read_text()
    assert "example.com" not in text
    assert '"c0' not in text
    assert SECRET not in text


def test_a_server_that_dies_at_row_fifty_thousand_gets_the_rest(
    published: Settings, server: Server
) -> None:
    path = published.publications / "current" / publications.WAREHOUSE
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as w; use w")
        for table in ("core.dim_customers", "marts.customer_360", "marts.contact_reasons"):
            connection.execute(
                f"insert into {table} select one.* replace ('m' || i as customer_id) "
                f"from {table} one, range(60000 - {LISTED}) numbers(i) where customer_id = 'c00'"
            )
    server.fails_after = 50
    whole = at(server, batch=1000, attempts=1)
    everybody = audience(holdout_percent=0, fields=["customer_id"])
    with pytest.raises(CarteraError):
        send(published, everybody, whole)
    assert len(server.members) == 50_000
    server.fails_after = 10**9
    assert send(published, everybody, whole).sent == 10_000
    assert len(server.members) == 60_000
    assert len(server.requests) == 60
