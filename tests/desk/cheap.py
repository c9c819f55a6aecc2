"""Hashes that take no time: what is tested is who may come in, not how long argon2 takes."""

from __future__ import annotations

import pytest

from cartera.desk import users

PASSWORD = "a sentence that is long"


def cheap_hashes(patch: pytest.MonkeyPatch) -> None:
    """The same algorithm with the least memory and passes that it has."""
    from argon2 import PasswordHasher

    patch.setattr(users, "_hasher", lambda: PasswordHasher(1, 8, 1))
    patch.setattr(users, "_NOBODY", [])
