"""What happens in round ``number`` of seed ``seed``: nothing but these two decides it.

Rounds come in blocks of five, and each block begins with the same home. In a block every kind of
fault strikes once, files land, a build is made, a list is pulled, and two steps more. From block
to block the kinds move on by one step, so that in twenty blocks every step meets every kind. What
is drawn is the order, and where and how hard it strikes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from cartera import faults

BLOCK = 5
KINDS = ("kill", "full disk", "permission", "read-only", "clock")
NEEDS_MOUNTS = ("full disk", "read-only")
STEPS = ("ingest", "build", "pull", "erase", "rollback", "prune", "backup", "restore")
HOUR, DAY = 3600, 86400
# The share of rounds in which the fault comes in the middle. The clock is often wrong all along.
AT_A_POINT = {"full disk": 0.6, "permission": 0.6, "read-only": 0.6, "clock": 0.35}
AT_TIMES = ("erase", "rollback")
OTHERS = ("ingest", "backup", "prune", "restore")
# The powers of ten of bytes that a full disk still has: a build needs megabytes, a list nothing.
LEAST, MOST, MOST_OF_A_BUILD = 2, 5.5, 7.5
JUMPS = (-400 * DAY, -40 * DAY, -2 * HOUR, 2 * HOUR, 40 * DAY, 400 * DAY)
ROOMS = {
    "ingest": ("landing.",),
    "build": ("build.", "publish."),
    "pull": ("pull.",),
    "erase": ("erase.", "build.", "publish."),
    "backup": ("backup.",),
    "restore": ("restore.unpacked",),
}
# Steps meet these more than once: a round strikes at one of the first times.
REPEATED = ("landing.", "erase.before_manifest", "erase.after_manifest", "erase.deleted")
# What loses its rights or becomes read-only, below the home.
PARTS = {
    "ingest": ("landing", "quarantine", "inbox/till", "state"),
    "build": ("publications", "state", "landing"),
    "pull": ("exports", "inbox/cartera", "publications/current", "state"),
    "erase": ("landing", "inbox", "publications", "state", "quarantine"),
    "rollback": ("publications", "state"),
    "prune": ("publications", "state"),
    "backup": ("landing", "publications", "state"),
    "restore": ("../back",),
}


@dataclass(frozen=True)
class Round:
    """One step of the chain and what strikes it.

    ``at`` is a point of cartera/faults.py, ``start``, or for kills the share of the step's usual
    time. The others say what the fault is, where it is of their kind.
    """

    number: int
    step: str
    kind: str
    at: str | float
    free: int = 0
    part: str = ""
    mode: int = 0
    jump: int = 0

    @property
    def dice(self) -> random.Random:
        """For whatever else this round draws."""
        return random.Random(f"{self}")


def first_of_block(number: int) -> int:
    """Rounds count from 1."""
    return (number - 1) // BLOCK * BLOCK + 1


def block(seed: int, first: int) -> list[Round]:
    """The five rounds of the block that begins with round ``first``."""
    dice = random.Random(f"{seed}:{first}")
    place = (first - 1) // BLOCK
    turn = place % BLOCK + place // BLOCK
    steps = ["ingest", "build", "pull", AT_TIMES[turn % len(AT_TIMES)], OTHERS[turn % len(OTHERS)]]
    kind_of = {n: KINDS[(n + place + seed) % BLOCK] for n in range(BLOCK)}
    order = dice.sample(range(BLOCK), BLOCK)
    build = order.index(1)
    for late in (n for n in order[:build] if steps[n] in ("rollback", "prune")):
        # There is something to go back to once there was a build.
        here = order.index(late)
        order[here], order[build] = order[build], order[here]
        build = here
    return [_round(dice, first + number, steps[n], kind_of[n]) for number, n in enumerate(order)]


def points(step: str) -> list[str]:
    """The named points that a step meets."""
    return [name for name in faults.POINTS if name.startswith(ROOMS.get(step, ("nowhere",)))]


def _round(dice: random.Random, number: int, step: str, kind: str) -> Round:
    at: str | float = "start"
    named = points(step)
    if kind == "kill" and (not named or dice.random() < 0.5):
        at = round(dice.random(), 3)
    elif named and (kind == "kill" or dice.random() < AT_A_POINT[kind]):
        at = dice.choice(named)
        if at.startswith(REPEATED):
            at = f"{at}:{dice.randint(1, 3)}"
    most = MOST_OF_A_BUILD if step in ("build", "erase", "backup", "restore") else MOST
    return Round(
        number,
        step,
        kind,
        at,
        free=round(10 ** dice.uniform(LEAST, most)) if kind == "full disk" else 0,
        part=dice.choice(PARTS[step]) if kind in ("permission", "read-only") else "",
        mode=dice.choice((0o555, 0o000)) if kind == "permission" else 0,
        jump=dice.choice(JUMPS) if kind == "clock" else 0,
    )
