"""Exports in a folder or a bucket, and the connections that fetch them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cartera.settings import Settings
from tests.ingestion.connectors.conftest import BUCKET
from tests.ingestion.connectors.homes import (
    SYSTEM,
    connection,
    contract,
    inbox,
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


def in_parts(s3: Any, key: str, parts: list[bytes]) -> None:
    """Upload an object as large ones are: its ETag is no checksum of its bytes."""
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    where = {"Bucket": BUCKET, "Key": key, "UploadId": upload}
    told = [
        {"PartNumber": n, "ETag": s3.upload_part(**where, PartNumber=n, Body=part)["ETag"]}
        for n, part in enumerate(parts, start=1)
    ]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": told})
