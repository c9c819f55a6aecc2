"""Named step boundaries at which a test can end the process, as a power cut would.

Set ``CARTERA_FAULT`` to a point's name to be killed there; ``NAME:3`` means the third time.
Without the variable a point costs one look at the environment.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "fetch.written",
    "fetch.pending",
    "fetch.renamed",
    "landing.opened",
    "landing.parsed",
    "landing.before_manifest",
    "landing.after_manifest",
    "replay.parsed",
    "replay.merged",
    "replay.before_manifest",
    "replay.after_manifest",
    "build.candidate",
    "build.staged",
    "build.identified",
    "build.modelled",
    "build.sealed",
    "build.audited",
    "publish.before_rename",
    "publish.renamed",
    "publish.swapped",
    "build.published",
    "pull.before_record",
    "pull.recorded",
    "send.started",
    "send.taken",
    "send.noted",
    "postgres.table",
    "postgres.renamed",
    "backup.written",
    "restore.unpacked",
    "restore.moved",
    "erase.requested",
    "erase.barred",
    "erase.stripped",
    "erase.before_manifest",
    "erase.after_manifest",
    "erase.deleted",
    "erase.swept",
    "erase.built",
    "erase.removed",
    "erase.scanned",
)
_passed: dict[str, int] = {}


def point(name: str) -> None:
    """A step boundary. Raises KeyError for a name that is not in ``POINTS``."""
    wanted = os.environ.get("CARTERA_FAULT")
    if wanted is None:
        return
    if name not in POINTS:
        raise KeyError(name)
    at, _, times = wanted.partition(":")
    if at == name:
        _passed[name] = _passed.get(name, 0) + 1
        if _passed[name] >= int(times or 1):
            os.kill(os.getpid(), signal.SIGKILL)
