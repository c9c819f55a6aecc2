"""Starting and ending the Airflow processes so that none is ever left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1


def terminate_with_parent() -> None:
    """Ask Linux to send this process SIGTERM when its parent dies, even by kill -9.

    Unlike ``cartera.process.die_with_parent`` it leaves time to end one's own children.
    Elsewhere there is no such thing, and a parent that is killed leaves its children running.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def session_members(leader: int) -> list[int]:
    """The processes of the session that ``leader`` started, itself included, while they live."""
    import psutil

    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue
    return members


def stop_session(child: subprocess.Popen[bytes], ask: signal.Signals, *, patience: float) -> None:
    """End ``child``, a session leader, and all it started: ``ask`` first, then SIGKILL.

    ``patience`` is in seconds. Returns when the session is empty.
    """
    if child.poll() is None:
        child.send_signal(ask)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
    while members := session_members(child.pid):
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)
    child.wait()
