"""Keyed hashes: names for records that nobody can turn back without this company's key.

The key never enters a DuckDB file or the text of a statement.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress

import pyarrow as pa

from cartera.files import write_whole
from cartera.settings import Settings

SEPARATOR = "\x1f"


def hash_key(settings: Settings) -> bytes:
    """The company's key: the setting, else ``state/hash.key``, made on first use (0600)."""
    if settings.hash_key:
        return settings.hash_key.encode()
    path = settings.state / "hash.key"
    if not path.exists():
        aside = settings.state / f"hash.key.{os.getpid()}"
        write_whole(aside, secrets.token_hex(32).encode(), mode=0o600)
        # A link fails where the key exists: of two first users one makes it for both.
        with suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_bytes().strip()


def keyed_hash(key: bytes, *parts: str) -> str:
    """A 32-digit hex hash of ``parts``, which may hold anything but the unit separator."""
    text = SEPARATOR.join(parts).encode()
    return hashlib.blake2b(text, digest_size=16, key=key[:64]).hexdigest()


def keyed_hashes(key: bytes, values: pa.Array) -> pa.Array:
    """``keyed_hash`` of each text; for distinct values only, as it runs in Python."""
    return pa.array([keyed_hash(key, value) for value in values.to_pylist()], pa.string())
