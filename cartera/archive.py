"""An archive: a tar of plain files that ends with a manifest of their checksums.

The manifest comes last, so an archive that was cut short has none. What is read out of one is
input like any other: only plain files are taken, only below the folders that the reader names,
and nothing is believed before the last checksum has been compared.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, cast

from cartera import faults
from cartera.errors import CarteraError, UsageError
from cartera.files import sync_folder

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
Take = Callable[[str, int, BinaryIO], None]


class Hashed(io.RawIOBase):
    """A file of which ``size`` bytes are read at most, however it grows, with their SHA-256."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(chunk)
        self._digest.update(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def left(self) -> int:
        """Bytes that were not read."""
        return self._left


def write(
    path: Path, entries: Iterable[tuple[str, BinaryIO]], facts: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Write ``entries``, names and open files, to a new archive; returns its manifest.

    Readable for its owner alone, and there when it is whole or not at all. ``facts`` is asked
    when all entries are written. Each file is closed. Raises UsageError if ``path`` exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                files = [_add(tar, name, source) for name, source in entries]
                manifest = {"format": FORMAT, **facts(), "files": files}
                # In ASCII: names of files need not be UTF-8.
                text = json.dumps(manifest).encode()
                tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
            file.flush()
            os.fsync(file.fileno())
        faults.point("backup.written")
        # Unlike a rename, a link does not replace what is there.
        os.link(aside, path)
    except FileExistsError as error:
        raise UsageError(
            f"{path} is there already.", fix="Name a new file, or a folder to make one in."
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)
    return manifest


def read(path: Path, folders: Iterable[str], take: Take) -> dict[str, Any]:
    """Hand each file of the archive to ``take`` (name, size, content); returns the manifest.

    ``take`` gets what has not been verified yet: it is right only once this returns. Raises
    CarteraError for an archive that is damaged, cut short, or holds what it should not, and
    UsageError if there is none at ``path``.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(path, mode="r|") as tar:
            for name, size, content in _members(tar, path, tuple(folders)):
                if manifest is not None or name in found:
                    raise wrong(path, f"{name!r} is in it twice or after its manifest")
                hashed = Hashed(content, size)
                if name == MANIFEST:
                    manifest = json.loads(hashed.read())
                    continue
                take(name, size, cast(BinaryIO, hashed))
                while hashed.read(CHUNK):
                    pass
                if hashed.left:
                    raise wrong(path, f"{name!r} is cut short")
                found[name] = (size, hashed.sha256)
    except FileNotFoundError as error:
        if error.filename != str(path):
            raise
        raise UsageError(f"There is no archive {path}.") from error
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise wrong(path, str(error)) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise wrong(path, "it has no manifest at its end, so it was cut short or is another's")
    try:
        told = {file["name"]: (file["size"], file["sha256"]) for file in manifest["files"]}
    except (KeyError, TypeError) as error:
        raise wrong(path, "its manifest cannot be read") from error
    for name in sorted(found.keys() | told.keys()):
        if found.get(name) != told.get(name):
            raise wrong(path, f"{name!r} is not what the manifest says")
    return manifest


def _add(tar: tarfile.TarFile, name: str, source: BinaryIO) -> dict[str, Any]:
    with source:
        stat = os.fstat(source.fileno())
        hashed = Hashed(source, stat.st_size)
        member = _member(name, stat.st_size)
        member.mtime = int(stat.st_mtime)
        tar.addfile(member, cast(BinaryIO, hashed))
    return {
        "name": name,
        "size": stat.st_size,
        "sha256": hashed.sha256,
        "mode": stat.st_mode & 0o777,
        "mtime_ns": stat.st_mtime_ns,
    }


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    return member


def _members(
    tar: tarfile.TarFile, path: Path, folders: tuple[str, ...]
) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of each member. Raises CarteraError for one that is no plain file."""
    for member in tar:
        content = tar.extractfile(member) if member.isreg() and not member.issparse() else None
        if content is None:
            raise wrong(path, f"{member.name!r} is no plain file")
        if member.name != MANIFEST and not _is_inside(member.name, folders):
            raise wrong(path, f"{member.name!r} does not belong into it")
        yield member.name, member.size, content


def _is_inside(name: str, folders: tuple[str, ...]) -> bool:
    parts = PurePosixPath(name).parts
    return (
        len(parts) > 1
        and parts[0] in folders
        and ".." not in parts
        and "\0" not in name
        and "/".join(parts) == name
    )


def wrong(path: Path, what: str) -> CarteraError:
    """What is wrong with the archive at ``path``."""
    return CarteraError(
        f"{path} cannot be used: {what}.", fix="Take another backup; nothing of it was restored."
    )
