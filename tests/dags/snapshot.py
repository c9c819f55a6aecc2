"""The DAGs as they are, and as they were when somebody last looked at them.

python -m tests.dags.snapshot        writes tests/golden/dags.json anew; read its diff
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cartera.scheduler import home
from cartera.settings import CHECKOUT, load_settings

GOLDEN = CHECKOUT / "tests" / "golden" / "dags.json"
FILES = sorted(home.DAGS.glob("*.py"))


def parse(files: Sequence[Path], cartera_home: Path) -> dict[str, Any]:
    """Parse ``files`` as Airflow would for that CARTERA_HOME: what came of each, by its name.

    Raises RuntimeError with the last words of the process that could not.
    """
    settings = load_settings(home=cartera_home)
    home.make_folders(settings)
    done = subprocess.run(
        [sys.executable, "-m", "tests.dags.parse", *map(str, files)],
        cwd=CHECKOUT,
        env=home.environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def dags_of(answers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """All DAGs of the parsed files, with the file each is in."""
    return {
        dag_id: {"file": name, **dag}
        for name, answer in sorted(answers.items())
        for dag_id, dag in answer["dags"].items()
    }


def as_text(dags: dict[str, Any]) -> str:
    return json.dumps(dags, indent=2, sort_keys=True) + "\n"


def main() -> None:
    os.environ.pop("CARTERA_HOME", None)
    with tempfile.TemporaryDirectory() as folder:
        answers = parse(FILES, Path(folder))
    GOLDEN.write_text(as_text(dags_of(answers)))


if __name__ == "__main__":
    main()
