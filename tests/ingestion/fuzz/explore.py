"""Many rounds from one seed: the same seed gives the same cases."""

from __future__ import annotations

import faulthandler
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.ingestion.fuzz.cases import Case, rounds
from tests.ingestion.fuzz.promises import Broken, play
from tests.ingestion.fuzz.shapes import Shape, shapes

FILES_PER_ROUND = 10
# A round that takes longer hangs: the process says where, and ends.
LONGEST_ROUND_SECONDS = 240


def explore(cases: int, number: int) -> Counter[str]:
    """Play ``cases`` deliveries, as many of each shape.

    Raises Broken with the smallest round, and with the seed that gives all of them again.
    """
    counts: Counter[str] = Counter()
    each = -(-cases // len(shapes()))
    for shape in shapes().values():
        try:
            counts += _explore(shape, each, number)
        except Broken as broken:
            raise Broken(f"{broken}\nFUZZ_SEED={number}, {cases} cases") from broken
    return counts


def _explore(shape: Shape, cases: int, number: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    size = min(cases, FILES_PER_ROUND)

    @seed(number)
    @settings(
        max_examples=-(-cases // size),
        deadline=None,
        database=None,
        derandomize=False,
        # What fails is split into single deliveries, which is small enough to look at.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(rounds(shape, size))
    def run(played: list[Case]) -> None:
        faulthandler.dump_traceback_later(LONGEST_ROUND_SECONDS, exit=True)
        try:
            counts.update(play(shape, played))
        except Broken:
            # Of ten deliveries one mostly suffices.
            for case in played:
                play(shape, [case])
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()

    run()
    return counts
