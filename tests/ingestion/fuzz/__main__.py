"""Look further than the tests do, or repeat what one of them found.

python -m tests.ingestion.fuzz explore --cases 10000 --seed 7
python -m tests.ingestion.fuzz repeat FOLDER
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.ingestion.fuzz.explore import explore
from tests.ingestion.fuzz.promises import Broken, kept, play


def main() -> int:
    """Exit code 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.ingestion.fuzz", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    further = commands.add_parser("explore")
    further.add_argument("--cases", type=int, default=10_000)
    further.add_argument("--seed", type=int, required=True)
    repeat = commands.add_parser("repeat")
    repeat.add_argument("folder", type=Path)
    asked = parser.parse_args()
    try:
        counts: Counter[str] = (
            explore(asked.cases, asked.seed)
            if asked.command == "explore"
            else play(*kept(asked.folder))
        )
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
