"""The DAGs as they are, and as they were when somebody last looked at them.

python -m tests.dags.snapshot        writes tests/golden/dags.json anew; read its diff
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cartera.scheduler import home
from cartera.settings import CHECKOUT, load_settings

GOLDEN = CHECKOUT / "tests" / "golden" / "dags.json"
FILES = sorted(home.DAGS.glob("*.py"))


def start_parsing(file: Path, cartera_home: Path) -> subprocess.Popen[str]:
    """Parse ``file`` as Airflow would for that CARTERA_HOME; its answer is on stdout."""
    settings = load_settings(home=cartera_home)
    home.make_folders(settings)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.dags.parse", str(file)],
        cwd=CHECKOUT,
        env=home.environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer_of(parsing: subprocess.Popen[str]) -> Any:
    """What the parsing process found. Raises RuntimeError with its last words if it failed."""
    out, err = parsing.communicate(timeout=120)
    if parsing.returncode:
        raise RuntimeError(err)
    return json.loads(out.splitlines()[-1])


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
        started = {file.name: start_parsing(file, Path(folder)) for file in FILES}
        answers = {name: answer_of(parsing) for name, parsing in started.items()}
    GOLDEN.write_text(as_text(dags_of(answers)))


if __name__ == "__main__":
    main()
