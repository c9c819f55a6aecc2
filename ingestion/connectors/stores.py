"""Where files are fetched from: a folder of this machine, or storage that speaks S3."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from cartera.credentials import Credentials
from cartera.errors import FileUnstable, UsageError
from ingestion.connectors.config import FilesConnection

CONNECT_SECONDS = 10
REQUEST_SECONDS = 60
ATTEMPTS = 5


@dataclass(frozen=True)
class Found:
    """A file of a store, by its path below ``where``; ``version`` tells its states apart."""

    relative: str
    version: str
    size: int
    changed: float


class Store(Protocol):
    """What a fetch needs of a store."""

    def files(self) -> list[Found]:
        """Every file, in the order of names."""
        ...

    def opened(self, found: Found) -> Any:
        """A context manager: the file's bytes. Raises FileUnstable if it is another by the end."""
        ...


def open_store(connection: FilesConnection, credentials: Credentials) -> Store:
    """The store of a connection."""
    if connection.where.startswith("s3://"):
        return S3Store(connection, credentials)
    return FolderStore(Path(connection.where))


class FolderStore:
    """A folder. Links are not followed: what they lead to was not delivered here."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def files(self) -> list[Found]:
        if not self._root.is_dir():
            raise UsageError(f"{self._root} is no folder.", fix="Correct where, or mount it.")
        found = []
        for folder, _, names in os.walk(self._root, onerror=_raise):
            for name in names:
                path = Path(folder) / name
                if path.is_symlink() or not path.is_file():
                    continue
                relative = path.relative_to(self._root).as_posix()
                stat = path.stat(follow_symlinks=False)
                # The time of change cannot be set, as copying tools do with that of writing.
                found.append(Found(relative, _state(stat), stat.st_size, stat.st_ctime))
        return sorted(found, key=lambda f: f.relative)

    @contextmanager
    def opened(self, found: Found) -> Iterator[BinaryIO]:
        path = self._root / found.relative
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            yield stream
            # The name may lead to a new file by now, and the open one to the old.
            if {_state(os.fstat(stream.fileno())), _state(path.stat())} != {found.version}:
                raise _unstable(found)


class S3Store:
    """A bucket, through pyarrow: listed and read in pieces, never whole in memory."""

    def __init__(self, connection: FilesConnection, credentials: Credentials) -> None:
        address = urlsplit(connection.where)
        endpoint = connection.endpoint or credentials.extra.get("endpoint_url", "")
        region = connection.region or credentials.extra.get("region_name", "")
        options: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "request_timeout": REQUEST_SECONDS,
            "retry_strategy": pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        }
        if endpoint:
            scheme, _, host = endpoint.rpartition("://")
            options |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or "https"}
        if region or endpoint:
            options["region"] = region or "us-east-1"
        if credentials.login:
            options |= {"access_key": credentials.login, "secret_key": credentials.password}
            if token := credentials.extra.get("aws_session_token"):
                options["session_token"] = token
        elif not credentials.scheme:
            options["anonymous"] = True
        self._store = pafs.S3FileSystem(**options)
        self._root = f"{address.netloc}{address.path}".rstrip("/")

    def files(self) -> list[Found]:
        selector = pafs.FileSelector(self._root, recursive=True)
        found = [
            Found(
                info.path[len(self._root) + 1 :],
                f"{info.mtime_ns}-{info.size}",
                info.size,
                # An object appears whole, but its time is in seconds: one replaced within the same
                # second by another of its size would pass for it.
                info.mtime.timestamp(),
            )
            for info in self._store.get_file_info(selector)
            if info.type == pafs.FileType.File
        ]
        return sorted(found, key=lambda f: f.relative)

    @contextmanager
    def opened(self, found: Found) -> Iterator[BinaryIO]:
        path = f"{self._root}/{found.relative}"
        with self._store.open_input_stream(path) as stream:
            before = stream.metadata()
            yield stream
        with self._store.open_input_stream(path) as again:
            after = again.metadata()
        # It is read in ranges: an object replaced meanwhile would be half the one, half the other.
        if any(before.get(n) != after.get(n) for n in ("ETag", "Content-Length", "Last-Modified")):
            raise _unstable(found)


def is_settled(found: Found, seconds: float) -> bool:
    """Whether a file has been left alone for ``seconds``."""
    return time.time() - found.changed >= seconds


def _state(stat: os.stat_result) -> str:
    return f"{stat.st_ino}-{stat.st_size}-{stat.st_mtime_ns}"


def _unstable(found: Found) -> FileUnstable:
    return FileUnstable(
        f"{found.relative}: it changed while it was fetched.",
        fix="Nothing of it was kept; the next fetch takes it.",
    )


def _raise(error: OSError) -> None:
    raise error
