"""A secret reaches the server and nothing else: no file, record, log line or error shows it."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from cartera.credentials import Credentials, Veil, find
from cartera.errors import CarteraError
from cartera.settings import Settings
from ingestion.connectors import stores
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors import an_api, exported, homes, products_table
from tests.ingestion.connectors.conftest import BUCKET, CANARY

FORMS = {
    CANARY,
    quote(CANARY, safe=""),
    CANARY.replace("'", "''"),
    base64.b64encode(f"reader:{CANARY}".encode()).decode(),
    "c4nary",
}


def shown(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


def everything(home: Path, log: pytest.LogCaptureFixture, said: list[str]) -> dict[str, str]:
    """All that was written, logged and said, by where it stands."""
    return {**written(home), "log": log.text, "said": "\n".join(said)}


def written(home: Path) -> dict[str, str]:
    """Every file of a home."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in home.rglob("*")
        if path.is_file()
    }


def whole_story(error: BaseException) -> str:
    """The error, and whatever hangs on it: a log may print all of that, even what frames hold."""
    parts = ["".join(traceback.format_exception(error)), repr(error), str(vars(error))]
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_globals["__name__"].startswith("ingestion."):
            parts += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
    assert (error.__context__, error.__cause__) == (None, None)
    return "\n".join(parts)


def run(settings: Settings, caplog: pytest.LogCaptureFixture) -> tuple[list[str], str]:
    """Fetch with the loudest log; what progress and the error said."""
    caplog.set_level(logging.DEBUG)
    for name in ("dlt", "urllib3", "sqlalchemy.engine", "botocore"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    said: list[str] = []
    try:
        rows = fetch_system(settings, homes.SYSTEM, progress=said.append)
        said.append(str(rows))
    except CarteraError as error:
        said.append(whole_story(error))
        return said, str(error)
    return said, ""


def test_the_check_finds_a_canary(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    homes.write(settings.state / "x.jsonl", f"a {CANARY}")
    found = everything(settings.home, caplog, [f"x{quote(CANARY, safe='')}"])
    assert [name for name, text in found.items() if shown(text)] == ["state/x.jsonl", "said"]


@pytest.mark.parametrize("works", [True, False])
def test_fetching_from_s3(
    settings: Settings,
    s3: Any,
    s3_server: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    works: bool,
) -> None:
    monkeypatch.setattr(stores, "ATTEMPTS", 1)
    exported.from_s3(settings, s3_server if works else "http://127.0.0.1:1")
    s3.put_object(Bucket=BUCKET, Key="erp/a.csv", Body=b"x")
    said, error = run(settings, caplog)
    assert bool(error) is not works
    assert {k for k, v in everything(settings.home, caplog, said).items() if shown(v)} == set()


@pytest.mark.parametrize("query", ["works", "no table", "no server", "wrong user"])
def test_fetching_from_postgres(
    settings: Settings,
    postgres: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    homes.contract(settings, "parquet", "snapshot")
    homes.connection(settings, products_table.SNAPSHOT)
    if query != "no table":
        postgres.execute(products_table.TABLE)
        products_table.insert(postgres, 1, "x", "2026-01-01")
    secret = quote(CANARY, safe="")
    if query == "no server":
        monkeypatch.setenv("CARTERA_CONN_ERP_DB", f"postgresql://reader:{secret}@127.0.0.1:1/x")
    if query == "wrong user":
        text = f"postgresql://reader:{secret}@/x?host=/nowhere&password_again={secret}"
        monkeypatch.setenv("CARTERA_CONN_ERP_DB", text)
    said, error = run(settings, caplog)
    assert bool(error) is (query != "works")
    assert {k for k, v in everything(settings.home, caplog, said).items() if shown(v)} == set()


def test_credentials_that_cannot_be_used(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.contract(settings, "parquet", "snapshot")
    homes.connection(settings, products_table.SNAPSHOT)
    secret = quote(CANARY, safe="")
    monkeypatch.setenv(
        "CARTERA_CONN_ERP_DB", f"postgresql+psycopg2x://reader:{secret}@127.0.0.1:1/x"
    )
    said, error = run(settings, caplog)
    assert "No driver" in error
    monkeypatch.setenv("CARTERA_CONN_ERP_DB", f"reader:{secret}@127.0.0.1")
    again, error = run(settings, caplog)
    assert "cannot be read" in error
    found = everything(settings.home, caplog, said + again)
    assert {k for k, v in found.items() if shown(v)} == set()


@pytest.mark.parametrize("auth", ["bearer", "basic", "header", "oauth2"])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_fetching_from_an_api(
    settings: Settings,
    httpserver: HTTPServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    auth: str,
    status: int,
) -> None:
    monkeypatch.setenv("CARTERA_CONN_ERP_API", f"https://reader:{quote(CANARY, safe='')}@/")
    httpserver.expect_request("/token").respond_with_json({"access_token": f"{CANARY}-token"})

    def handler(request: Request) -> Response:
        if status != 200:
            # A careless server repeats what it was given.
            return Response(f"{dict(request.headers)}", status)
        return an_api.answer([an_api.record(1)])

    told = f"auth: {auth}\ncredentials: erp_api\ntoken_url: {httpserver.url_for('/token')}"
    an_api.api(settings, httpserver, "", handler, told + "\nattempts: 1")
    said, error = run(settings, caplog)
    assert bool(error) is (status != 200)
    found = everything(settings.home, caplog, said)
    assert {k for k, v in found.items() if shown(v)} == set()


def test_the_command_shows_no_secret_to_whoever_looks_on(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the list of processes, nor in what --json and an error print."""
    monkeypatch.setenv("CARTERA_CONN_ERP_API", f"https://reader:{quote(CANARY, safe='')}@/")
    processes: list[str] = []

    def handler(request: Request) -> Response:
        # The command and what it starts: another worker's title is its test's name, canaries in it.
        own = {child.pid for child in psutil.Process().children(recursive=True)}
        for process in psutil.process_iter(["cmdline"]):
            if process.pid in own:
                processes.append(" ".join(process.info["cmdline"] or []))
        return an_api.answer([an_api.record(1)])

    def careless(request: Request) -> Response:
        return Response(f"{dict(request.headers)} {request.authorization.password}", 401)

    httpserver.expect_request("/v1/others").respond_with_handler(careless)
    an_api.api(settings, httpserver, "", handler, "auth: basic\ncredentials: erp_api")
    path = settings.connections / f"{homes.SYSTEM}.yml"
    path.write_text(
        path.read_text().replace("timeout_seconds: 0.5", "timeout_seconds: 60")
        + "  - {path: others, to: products/others, records: data.items}\n"
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("cartera"), "fetch", homes.SYSTEM, "--json"],
        env=homes.environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, len(homes.done(settings))) == (1, 1)
    assert "refuses the credentials (401)" in done.stdout + done.stderr
    assert any("cartera fetch" in line for line in processes)
    found = {**written(settings.home), "out": done.stdout, "err": done.stderr}
    found["ps"] = "\n".join(processes)
    assert {name for name, text in found.items() if shown(text)} == set()


def test_credentials_show_no_secret_however_they_are_printed() -> None:
    held = Credentials("http", "reader", CANARY, "h", extra={"token": CANARY}, uri=f"u:{CANARY}@h")
    assert shown(repr(held) + str(held)) == []


@pytest.mark.parametrize("form", sorted(FORMS - {"c4nary"}))
def test_the_veil_hides_every_way_to_write_a_secret(form: str) -> None:
    veil = Veil(Credentials("http", "reader", CANARY))
    assert veil.over(f"at x={form}&y") == "at x=***&y"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("CARTERA_CONN_ERP", "postgres://me:p%2Fw@db:5433/shop?sslmode=require"),
        ("AIRFLOW_CONN_ERP", "postgres://me:p%2Fw@db:5433/shop?sslmode=require"),
        (
            "AIRFLOW_CONN_ERP",
            '{"conn_type": "postgres", "login": "me", "password": "p/w", "host": "db", '
            '"port": 5433, "schema": "shop", "extra": {"sslmode": "require"}}',
        ),
    ],
)
def test_credentials_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    found = find("erp")
    assert (found.scheme, found.login, found.password) == ("postgres", "me", "p/w")
    assert (found.host, found.port, found.database) == ("db", 5433, "shop")
    assert found.extra == {"sslmode": "require"}


def test_credentials_come_from_airflow_where_the_environment_has_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"erp": "http://:from-airflow@h"}
    assert find("erp", known.get).password == "from-airflow"
    monkeypatch.setenv("CARTERA_CONN_ERP", "http://:from-environment@h")
    assert find("erp", known.get).password == "from-environment"
