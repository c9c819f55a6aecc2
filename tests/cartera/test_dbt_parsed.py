"""A project that dbt has parsed is not parsed again, and what it gives is not of yesterday."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from cartera import dbt_parsed
from cartera.settings import CHECKOUT

FILES = {
    "dbt_project.yml": "{name: tiny, version: 1.0.0, config-version: 2, profile: tiny}\n",
    "profiles.yml": """
tiny:
  target: it
  outputs: {it: {type: duckdb, path: "{{ env_var('TINY') }}/tiny.duckdb", schema: main}}
""",
    "seeds/names.csv": "id,name\n1,Ana\n2,Luz\n",
    "macros/day.sql": "{% macro day() %}date '{{ var('as_of') }}'{% endmacro %}\n",
    "models/days.sql": "select {{ day() }} as day, count(*) as names from {{ ref('names') }}\n",
    "models/days.yml": """
models:
  - name: days
    columns: [{name: day, data_tests: [not_null]}]
""",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dbt_parsed, "FOLDER", tmp_path / "kept")
    for name, text in FILES.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "project"


def run(project: Path, as_of: str) -> tuple[Path, list[tuple[object, ...]], bool]:
    """Where the parsed project is kept, what the model holds, and whether dbt had to parse."""
    variables = {"as_of": as_of}
    parsed = dbt_parsed.place(project, variables)
    target = project.parent / f"target-{as_of}"
    done = subprocess.run(
        [
            *[sys.executable, "-m", "cartera.dbt_process", "build", "--quiet"],
            *["--project-dir", str(project), "--profiles-dir", str(project)],
            *["--target-path", str(target), "--log-path", str(target)],
            *["--vars", json.dumps(variables)],
        ],
        env={**os.environ, "TINY": str(project.parent), "CARTERA_PARSED": str(parsed)},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    dbt_parsed.keep(target, parsed)
    with duckdb.connect(str(project.parent / "tiny.duckdb"), read_only=True) as connection:
        rows = connection.execute("select day::varchar, names from days").fetchall()
    results = json.loads((target / "run_results.json").read_text())["results"]
    assert len(results) == 3  # seed, model and test
    return parsed, rows, (target / "partial_parse.msgpack").exists()


def test_a_kept_project_gives_the_new_day_without_parsing_and_a_damaged_one_is_parsed_again(
    project: Path,
) -> None:
    first, rows, parsing = run(project, "2026-01-01")
    assert (rows, parsing) == ([("2026-01-01", 2)], True)
    whole = first.read_bytes()
    second, rows, parsing = run(project, "2026-01-02")
    assert (second, rows, parsing) == (first, [("2026-01-02", 2)], False)
    first.write_bytes(whole[: len(whole) // 2])
    _, rows, parsing = run(project, "2026-01-03")
    assert (rows, parsing) == ([("2026-01-03", 2)], True)
    assert first.stat().st_size > len(whole) // 2


def test_another_project_other_variables_and_no_other_day_have_a_place_of_their_own(
    project: Path,
) -> None:
    variables = {"as_of": "2026-01-01", "as_of_at": "2026-01-01 00:00:00", "window": 365}
    place = dbt_parsed.place(project, variables)
    assert place == dbt_parsed.place(project, {**variables, "as_of": "2027-01-01"})
    assert place != dbt_parsed.place(project, {**variables, "window": 30})
    for name, text in FILES.items():
        (project / name).write_text(text + "\n")
        assert dbt_parsed.place(project, variables) != place, name
        (project / name).write_text(text)
    (project / "target").mkdir()
    (project / "target" / "manifest.json").write_text("{}")
    assert dbt_parsed.place(project, variables) == place


def test_a_variable_that_is_told_its_default_says_nothing(project: Path) -> None:
    own = project / "dbt_project.yml"
    own.write_text(own.read_text().replace("}", ", vars: {window: 365}}"))
    place = dbt_parsed.place(project, {})
    assert dbt_parsed.place(project, {"window": 365}) == place
    assert dbt_parsed.place(project, {"window": 30}) != place


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.write_text("a file where the folder should be")
    monkeypatch.setattr(dbt_parsed, "FOLDER", closed)
    target = tmp_path / "target"
    target.mkdir()
    (target / "partial_parse.msgpack").write_bytes(b"parsed")
    dbt_parsed.keep(target, closed / "it.msgpack")
    assert closed.read_text().startswith("a file")


def test_only_the_last_five_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt_parsed, "FOLDER", tmp_path / "kept")
    target = tmp_path / "target"
    target.mkdir()
    (target / "partial_parse.msgpack").write_bytes(b"parsed")
    for number in range(7):
        place = tmp_path / "kept" / f"{number}.msgpack"
        dbt_parsed.keep(target, place)
        os.utime(place, (number, number))
    assert sorted(path.stem for path in (tmp_path / "kept").iterdir()) == list("23456")
