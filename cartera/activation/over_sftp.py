"""A list put on an SFTP server: under another name until it is whole, then renamed.

The other name holds the file's checksum. What a broken upload left under it is the beginning of
this very file, so the next one goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import posixpath
from pathlib import Path
from typing import Any

from cartera.activation.destinations import Sftp
from cartera.credentials import Credentials
from cartera.errors import CarteraError, UsageError

PIECE = 1 << 20
PORT = 22


def upload(destination: Sftp, credentials: Credentials, path: Path, checksum: str) -> None:
    """Put ``path`` into the destination's folder. Raises CarteraError, UsageError."""
    try:
        import asyncssh
    except ImportError as error:
        raise UsageError(
            "What speaks to SFTP servers is not installed.",
            fix="Install the extra `connectors`: see docs/connectors.md.",
        ) from error
    try:
        asyncio.run(_upload(asyncssh, destination, credentials, path, checksum))
    except (OSError, asyncssh.Error) as error:
        raise CarteraError(
            f"{destination.name}: {path.name} was not delivered ({type(error).__name__}: {error}).",
            fix="Check the server, its host key and the folder, and send again: it goes on there.",
        ) from error


async def _upload(
    asyncssh: Any, destination: Sftp, credentials: Credentials, path: Path, checksum: str
) -> None:
    options: dict[str, Any] = {"username": credentials.login or None}
    if destination.known_hosts:
        options["known_hosts"] = str(Path(destination.known_hosts).expanduser())
    if credentials.password:
        options["password"] = credentials.password
    if key := credentials.extra.get("private_key"):
        options["client_keys"] = [str(Path(key).expanduser())]
    host, port = credentials.host, credentials.port or PORT
    async with (
        asyncssh.connect(host, port, **options) as connection,
        connection.start_sftp_client() as sftp,
    ):
        target = posixpath.join(destination.folder, path.name)
        aside = posixpath.join(destination.folder, f".{path.name}.{checksum[:16]}.part")
        await _go_on(asyncssh, sftp, path, aside)
        await sftp.posix_rename(aside, target)


async def _go_on(asyncssh: Any, sftp: Any, path: Path, aside: str) -> None:
    """Write what is missing of ``path`` to ``aside``."""
    size = path.stat().st_size
    try:
        there = (await sftp.stat(aside)).size or 0
    except asyncssh.SFTPNoSuchFile:
        there = 0
    if there > size:
        there = 0
    async with sftp.open(aside, "r+b" if there else "wb") as remote:
        with path.open("rb") as local:
            local.seek(there)
            while piece := local.read(PIECE):
                await remote.write(piece, there)
                there += len(piece)
    if (await sftp.stat(aside)).size != size:
        raise OSError(f"the server has not all {size} bytes")
