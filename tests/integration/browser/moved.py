"""`cartera desk` by a clock that a test moves: a file says how many seconds it is ahead.

python moved.py FILE desk --port 8501 …
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from cartera import clock


def run(ahead: Path) -> None:
    """The command, whose every look at the clock goes by ``ahead``."""
    now = clock.now

    def moved() -> datetime:
        return now() + timedelta(seconds=float(ahead.read_text()))

    clock.now = moved
    # What is loaded from here on takes the clock as it now is.
    from cartera.cli import main

    main()


if __name__ == "__main__":
    run(Path(sys.argv.pop(1)))
