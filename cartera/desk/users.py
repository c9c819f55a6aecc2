"""Local users: a name, a role and the argon2 hash of a password, in one file that its owner reads.

Parameters of argon2id are the library's defaults, which are those of RFC 9106, section 4, for less
memory: 64 MiB and 3 passes.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cartera import clock, records
from cartera.desk.roles import Person, Role
from cartera.errors import CarteraError, UsageError
from cartera.files import write_json
from cartera.lock import hold
from cartera.settings import Settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
SHORTEST, LONGEST = 12, 256
# The memory of a hash is 64 MiB: no more than so many at once, whoever knocks.
_HASHING = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class User:
    """``hash`` holds its own parameters and salt; ``added_at`` is an ISO moment."""

    name: str
    role: Role
    hash: str
    added_at: str

    @property
    def person(self) -> Person:
        """The user as pages know them."""
        return Person(self.name, self.role)

    @property
    def mark(self) -> str:
        """Another each time that the user is added, by the salt of the password's hash.

        A session keeps it, and must not keep the hash itself.
        """
        return hashlib.sha256(self.hash.encode()).hexdigest()


def file_of(settings: Settings) -> Path:
    """Mode 0600: hashes can be guessed at by whoever reads them."""
    return settings.state / "desk_users.json"


def load(settings: Settings) -> dict[str, User]:
    """Every user by name. Raises CarteraError for a file that others may read, or no users."""
    path = file_of(settings)
    try:
        mode = path.stat().st_mode
        told = json.loads(path.read_text(encoding="utf-8"))
        found = {
            name: User(name, Role(t["role"]), t["hash"], t["added_at"]) for name, t in told.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CarteraError(
            f"{path} is no file of users ({type(error).__name__}).",
            fix="Bring it back from a backup, or remove it and add the users again.",
        ) from error
    if mode & 0o077:
        raise CarteraError(f"{path} may be read by others than its owner.", fix=f"chmod 600 {path}")
    return found


def add(settings: Settings, name: str, role: str, password: str) -> User:
    """Make a user, or give one that there is this role and password, which ends their sessions.

    Raises UsageError.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a user.",
            fix="Use small letters, digits and . _ - @, and begin with a letter or digit.",
        )
    if role not in list(Role):
        raise UsageError(f"No role {role!r}.", fix=f"There are: {', '.join(Role)}.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"The password has {len(password)} characters.",
            fix=f"Take {SHORTEST} to {LONGEST}; a sentence is easy to keep.",
        )
    with _HASHING:
        hashed = _hasher().hash(password)
    user = User(name, Role(role), hashed, clock.now().isoformat())
    with hold(settings, "desk-users"):
        _write(settings, {**load(settings), name: user})
    records.access(settings, "desk-user-add", name=name, role=role)
    return user


def remove(settings: Settings, name: str) -> None:
    """Take a user out; whoever is logged in by that name is out. Raises UsageError."""
    with hold(settings, "desk-users"):
        users = load(settings)
        if name not in users:
            raise UsageError(f"No user {name!r}.", fix="See `cartera desk user list`.")
        del users[name]
        _write(settings, users)
    records.access(settings, "desk-user-remove", name=name)


def check(settings: Settings, name: str, password: str) -> User | None:
    """Who has this name and password; None where nobody has, which takes as long to say."""
    from argon2.exceptions import InvalidHashError, VerificationError

    user = load(settings).get(name)
    hashed = user.hash if user else _nobody()
    try:
        with _HASHING:
            _hasher().verify(hashed, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return None
    return user


def find(settings: Settings, name: str) -> User | None:
    """The user as they are now; None for somebody who was removed."""
    return load(settings).get(name)


def _write(settings: Settings, users: Mapping[str, User]) -> None:
    told = {name: asdict(users[name]) for name in sorted(users)}
    for user in told.values():
        del user["name"]
    write_json(file_of(settings), told, mode=0o600)


_NOBODY: list[str] = []


def _nobody() -> str:
    """A hash that no password has, for names that nobody has."""
    if not _NOBODY:
        import secrets

        _NOBODY.append(_hasher().hash(secrets.token_hex(32)))
    return _NOBODY[0]


def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        raise CarteraError(
            "What the desk needs is not installed.", fix="Install the extra `desk`: docs/desk.md."
        ) from error
    return PasswordHasher()
