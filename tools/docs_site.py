"""The site of the warehouse's models: ``python tools/docs_site.py [FOLDER]``.

One HTML file with every table, column, test and query, and what is made of what; it needs no
server and no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

CHECKOUT = Path(__file__).resolve().parents[1]
PROJECT = CHECKOUT / "dbt_project"


def write_site(folder: Path) -> Path:
    """``index.html`` in ``folder``. Raises CalledProcessError, after dbt has said why."""
    with tempfile.TemporaryDirectory() as scratch:
        # dbt opens the databases that a build would write; these have nothing in them.
        for name in ("work", "contacts", "warehouse"):
            duckdb.connect(f"{scratch}/{name}.duckdb").close()
        subprocess.run(
            [
                *[sys.executable, "-m", "cartera.dbt_process", "docs", "generate", "--static"],
                *["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)],
                *["--target-path", f"{scratch}/target", "--log-path", scratch],
                *["--empty-catalog", "--no-version-check", "--no-populate-cache", "--quiet"],
            ],
            env={**os.environ, "CARTERA_CANDIDATE": scratch, "DO_NOT_TRACK": "1"},
            cwd=CHECKOUT,
            check=True,
        )
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / "index.html"
        shutil.copyfile(f"{scratch}/target/static_index.html", page)
    return page


def main() -> None:
    page = write_site(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / ".cache" / "docs")
    print(f"Open {page} in a browser.")


if __name__ == "__main__":
    main()
