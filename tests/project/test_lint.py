"""`make lint`: one list of local checks, each of which finds what it is there for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())
HOOKS = [hook for repo in CONFIG["repos"] for hook in repo["hooks"]]

GOOD = {
    "cartera/hall.py": '"""A room."""\n\n\ndef twice(number: int) -> int:\n    return 2 * number\n',
    "ingestion/parse.py": 'NAME = "b"\n',
    "ingestion/source.yml": "source: orders\nkey: [order_id]\n",
    "expectations/rule.py": "LIMIT = 1\n",
    "tools/tool.py": "NAME = 'a'\n".replace("'", '"'),
    "dbt_project/models/orders.sql": (
        "select\n"
        "    order_id,\n"
        "    {{ dbt.date_trunc('month', 'ordered_at') }} as month,\n"
        "    cast(amount as {{ dbt.type_string() }}) as amount\n"
        "from {{ ref('stg_orders') }}\n"
        "where ordered_at < cast('{{ var(\"as_of\") }}' as date)\n"
    ),
}
# Hook -> a file that only this hook has something against.
BAD = {
    "ruff-check": ("cartera/hall.py", "import os\n"),
    "ruff-format": ("expectations/rule.py", "LIMIT  =  1\n"),
    "mypy": ("tools/tool.py", 'NAME: int = "a"\n'),
    "bandit": ("ingestion/parse.py", 'import pickle\n\nNAME = pickle.format_version + "b"\n'),
    "sqlfluff": ("dbt_project/models/orders.sql", "SELECT order_id from orders\n"),
    "yamllint": ("ingestion/source.yml", "source: orders\nsource: refunds\n"),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in (".pre-commit-config.yaml", ".sqlfluff", ".yamllint", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, tmp_path)
    shutil.copytree(CHECKOUT / "tools" / "sqlfluff_dbt", tmp_path / "tools" / "sqlfluff_dbt")
    shutil.copytree(CHECKOUT / "dbt_project" / "macros", tmp_path / "dbt_project" / "macros")
    shutil.copy(CHECKOUT / "dbt_project" / "dbt_project.yml", tmp_path / "dbt_project")
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    for name, text in GOOD.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".gitignore").write_text(".venv\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def lint(repository: Path) -> dict[str, str]:
    """Hook -> Passed or Failed, without any way to the network."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PRE_COMMIT"))}
    environment |= {"PRE_COMMIT_HOME": str(repository.parent / "pre-commit")}
    environment |= {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    subprocess.run(["git", "add", "--all"], cwd=repository, env=environment, check=True)
    done = subprocess.run(
        [CHECKOUT / ".venv" / "bin" / "pre-commit", "run", "--all-files", "--color=never"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    names = {hook["name"]: hook["id"] for hook in HOOKS}
    lines = re.findall(r"^([a-z ]+?)\.{3,}.*?(Passed|Failed|Skipped)$", done.stdout, re.MULTILINE)
    verdicts = {names[name]: verdict for name, verdict in lines}
    assert (done.returncode == 0) is (set(verdicts.values()) == {"Passed"})
    return verdicts


def test_every_check_is_local_and_of_the_locked_version() -> None:
    assert {repo["repo"] for repo in CONFIG["repos"]} == {"local"}
    for hook in HOOKS:
        assert hook["language"] == "system", hook["id"]
        assert hook["entry"].startswith(".venv/bin/"), hook["id"]


def test_clean_files_pass_every_check(repository: Path) -> None:
    assert lint(repository) == {hook["id"]: "Passed" for hook in HOOKS}


def test_every_check_finds_its_mistake(repository: Path) -> None:
    assert BAD.keys() == {hook["id"] for hook in HOOKS}
    for file, text in BAD.values():
        (repository / file).write_text(text)
    assert lint(repository) == {hook["id"]: "Failed" for hook in HOOKS}
