"""A small disk: a tmpfs in a mount namespace of its own, for root and for everybody else.

Nothing is mounted in the namespace of the suite, and the disk is gone with the process that
holds it, even if the suite is killed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.homes import CHECKOUT

MOUNT = 'mount -t tmpfs -o size="$2" tmpfs "$1" && echo mounted && exec cat'
# As root, and as a user who may make namespaces of users; the second also in most containers.
WAYS = (("--mount",), ("--mount", "--user", "--map-root-user"))


@dataclass(frozen=True)
class Disk:
    """A mounted tmpfs: ``inside`` is its path for those with ``prefix``, ``outside`` for us."""

    holder: int
    inside: Path
    has_own_users: bool

    @property
    def outside(self) -> Path:
        return Path(f"/proc/{self.holder}/root{self.inside}")

    @property
    def prefix(self) -> tuple[str, ...]:
        """What a command line starts with, to see the disk."""
        users = ("--user", "--preserve-credentials") if self.has_own_users else ()
        enter = ("nsenter", f"--target={self.holder}", "--mount", *users, f"--wd={CHECKOUT}")
        return (*enter, "--")

    @property
    def used(self) -> int:
        """Bytes."""
        stat = os.statvfs(self.outside)
        return (stat.f_blocks - stat.f_bfree) * stat.f_frsize

    def leave(self, free: int) -> None:
        """Make the disk as large as its content and ``free`` bytes more."""
        page = os.sysconf("SC_PAGE_SIZE")
        size = (self.used + free) // page * page
        remount = ("mount", "-o", f"remount,size={size}", str(self.inside))
        subprocess.run([*self.prefix, *remount], check=True)


@contextmanager
def disk(path: Path, size: int) -> Iterator[Disk]:
    """Mount a disk of ``size`` bytes at ``path``. Fails the test where that is not allowed."""
    path.mkdir(exist_ok=True)
    said = []
    for way in WAYS:
        holder = subprocess.Popen(
            ["unshare", *way, "--propagation=private", "sh", "-c", MOUNT, "sh", path, str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert holder.stdout
            if holder.stdout.readline() == "mounted\n":
                yield Disk(holder.pid, path, has_own_users="--user" in way)
                return
            said.append(f"unshare {' '.join(way)}: {holder.communicate()[1].strip()}")
        finally:
            holder.kill()
            holder.communicate()
    pytest.fail(
        "A small disk needs a mount namespace, and none can be made here. Run the suite as root, "
        "or allow user namespaces (in Docker: --security-opt seccomp=unconfined, or "
        f"--cap-add SYS_ADMIN). {'; '.join(said)}"
    )
