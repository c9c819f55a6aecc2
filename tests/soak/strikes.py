"""A command under a fault, and what it made of it.

Works in a mount namespace of its own (see ``__main__``): what is mounted here nobody else sees,
and it is gone with this process.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.faults import homes
from tests.faults.drive import JUMPED
from tests.faults.homes import LIKE_OTHERS, Done, Home, Process
from tests.soak.plan import Round

PATIENCE = 1800


@dataclass(frozen=True)
class Struck:
    """How a command under a fault ended; ``where`` is empty if the fault never met it."""

    done: Done
    where: str

    @property
    def outcome(self) -> str:
        if not self.where:
            return "not met"
        if self.done.code == homes.KILLED:
            return "killed"
        return "survived" if self.done.code == 0 else f"ended with {self.done.code}"


@dataclass(frozen=True)
class Disk:
    """The tmpfs that the home lies on."""

    path: Path
    size: int

    @contextmanager
    def left(self, free: int) -> Iterator[None]:
        """No more room than ``free`` bytes, for a while."""
        use = os.statvfs(self.path)
        used = (use.f_blocks - use.f_bfree) * use.f_frsize
        page = os.sysconf("SC_PAGE_SIZE")
        self._resize((used + free) // page * page)
        try:
            yield
        finally:
            self._resize(self.size)

    def _resize(self, size: int) -> None:
        _mount("-o", f"remount,size={size}", str(self.path))


def mounted(path: Path, size: int) -> Disk:
    """Mount a disk of ``size`` bytes at ``path``."""
    path.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(path))
    return Disk(path, size)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """What lies below ``folder`` cannot be changed by whoever opens it from now on."""
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def barred(folder: Path, mode: int) -> Iterator[None]:
    """All that is below ``folder`` loses the rights that ``mode`` does not have, for a while."""
    there = [p for p in (folder, *folder.rglob("*")) if not p.is_symlink()]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in there}
    for path, had in modes.items():
        path.chmod(had & mode)
    try:
        yield
    finally:
        for path, had in modes.items():
            if path.exists():
                path.chmod(had)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def strike(
    home: Home, command: Sequence[str], what: Round, disk: Disk | None, now: str, usual: float
) -> Struck:
    """Run ``command`` and let the round's fault strike it."""
    settings = {"FAULTS_CLOCK": now}
    if what.kind == "kill":
        return _killed(home, command, what.at, settings, usual)
    if what.kind == "clock":
        settings["FAULTS_JUMP"] = f"{what.jump}@{what.at}"
        done = _end(home.start(command, replay=(), settings=settings))
        met = JUMPED in done.said
        return Struck(done, f"{what.jump / 3600:+.0f} h at {what.at}" if met else "")
    where = f"{what.free:,} bytes left" if what.kind == "full disk" else what.part
    where += f" {what.mode:03o}" if what.kind == "permission" else ""
    prefix = LIKE_OTHERS if what.kind == "permission" else ()

    def begin(**more: str) -> Process:
        return home.start(command, replay=(), settings=settings, prefix=prefix, **more)

    if what.at == "start":
        with _fault(home, what, disk):
            return Struck(_end(begin()), f"{where} from the start")
    process = begin(stop=str(what.at))
    if not _stands_still(process):
        return Struck(_end(process), "")
    with _fault(home, what, disk):
        os.kill(process.pid, signal.SIGCONT)
        return Struck(_end(process), f"{where} at {what.at}")


def _fault(home: Home, what: Round, disk: Disk | None) -> AbstractContextManager[None]:
    if what.kind == "full disk":
        assert disk
        return disk.left(what.free)
    folder = _there((home.path / what.part).resolve(), home.path.parent)
    return read_only(folder) if what.kind == "read-only" else barred(folder, what.mode)


def _there(path: Path, top: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    while not path.is_dir() and path != top:
        path = path.parent
    return path


def _killed(
    home: Home, command: Sequence[str], at: str | float, settings: dict[str, str], usual: float
) -> Struck:
    if isinstance(at, str):
        done = _end(home.start(command, replay=(), fault=at, settings=settings))
        return Struck(done, at if done.code == homes.KILLED else "")
    process = home.start(command, replay=(), settings=settings)
    try:
        process.communicate(timeout=at * usual)
    except subprocess.TimeoutExpired:
        process.kill()
    done = _end(process)
    met = done.code == homes.KILLED
    return Struck(done, f"after {at:.0%} of {usual:.0f} s" if met else "")


def _stands_still(process: Process) -> bool:
    """Wait until the process stops at its point; False if it ends without meeting it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(process.pid).status() == psutil.STATUS_STOPPED:
                return True
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"it neither ended nor met its point in {PATIENCE} s")


def _end(process: Process) -> Done:
    return homes.ended(process, PATIENCE)
