"""Child processes that do not outlive what they work for, and whose process this is."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
PARENT = "CARTERA_PARENT_PROCESS"


def of_this_process() -> dict[str, str]:
    """What the environment of a child has beside ours, for ``die_with_parent``."""
    return {PARENT: str(os.getpid())}


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies (Linux; elsewhere a no-op)."""
    if not sys.platform.startswith("linux"):
        return
    parent = int(os.environ.pop(PARENT, os.getppid()))
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the call, while we were being imported: then somebody else
    # is our parent already. Only the parent itself could say who it was.
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def user_name() -> str:
    """Who runs this process: the name of its user, or the number of one without a name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
