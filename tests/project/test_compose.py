"""docker-compose.yml and Dockerfile: everything they name exists, and no secret stands in them.

compose.py has the checks; each is shown here to find a planted mistake, too.
"""

from __future__ import annotations

import copy
import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cartera.settings import Settings
from tests.project import compose as check

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
IGNORE = (CHECKOUT / ".dockerignore").read_text()
AIRFLOW = {"postgres", "airflow-init", "api-server", "scheduler", "dag-processor", "triggerer"}
SERVICES = AIRFLOW | {"desk"}


def changed(path: str, value: object) -> dict[str, Any]:
    """The compose file with the value at ``path`` replaced or added."""
    compose = copy.deepcopy(COMPOSE)
    *parents, last = path.split("/")
    part: Any = compose
    for name in parents:
        part = part[name]
    part[last] = value
    return compose


def test_all_of_airflow_is_there_and_each_service_says_how_it_is() -> None:
    assert COMPOSE["services"].keys() == SERVICES
    for name in SERVICES - {"airflow-init"}:
        assert "healthcheck" in COMPOSE["services"][name], name


def test_it_keeps_the_published_schema() -> None:
    assert check.schema_problems(COMPOSE) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("service", {}),
        ("services/scheduler/comand", ["airflow"]),
        ("services/scheduler/depends_on/postgres", {"condition": "healthy"}),
        ("services/api-server/ports", "8080:8080"),
    ],
)
def test_the_schema_finds_a_misspelling(path: str, value: object) -> None:
    assert check.schema_problems(changed(path, value))


def test_every_variable_is_written_by_make_env_or_has_a_default() -> None:
    assert check.variable_problems(TEXT) == []
    assert check.variable_problems("a: ${NEW_ONE:?run make env}\nb: ${PLAIN}") == [
        "NEW_ONE",
        "PLAIN",
    ]


def test_make_env_writes_nothing_that_is_not_used() -> None:
    used = {name for name, _, _ in check.VARIABLE.findall(TEXT)}
    assert check.written().keys() <= used


def test_every_setting_reaches_the_tasks_with_its_own_default() -> None:
    assert settings_problems(COMPOSE) == []
    here = "services/scheduler/environment"
    assert settings_problems(changed(f"{here}/CARTERA_KEEP_BACKUPS", "${CARTERA_KEEP_BACKUPS:-9}"))
    assert settings_problems(changed(f"{here}/CARTERA_THREADS", "4"))
    assert settings_problems(changed(here, {}))


def settings_problems(compose: dict[str, Any]) -> list[str]:
    """The settings that a task does not get from .env, or gets another default of."""
    given = compose["services"]["scheduler"]["environment"]
    # The home is a folder of the image, and its key comes from `make env` alone.
    fixed = {"home", "hash_key"}
    wrong = []
    for name, field in Settings.model_fields.items():
        variable = f"CARTERA_{name.upper()}"
        found = check.VARIABLE.fullmatch(str(given.get(variable, "")))
        default = str(field.default)
        if name in fixed:
            wrong += [variable] * (variable not in given)
        elif (
            not found
            or found[1] != variable
            or found[3] != (default.lower() if isinstance(field.default, bool) else default)
        ):
            wrong.append(variable)
    return wrong


def test_every_host_path_exists() -> None:
    assert check.path_problems(COMPOSE) == []


@pytest.mark.parametrize("mount", ["./no-such:/x", "/no/such:/x", "no-such-volume:/x"])
def test_a_path_that_does_not_exist_is_found(mount: str) -> None:
    assert check.path_problems(changed("services/triggerer/volumes", [mount]))


def test_whoever_asks_for_a_port_is_heard() -> None:
    assert check.port_problems(COMPOSE) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("services/api-server/command", ["airflow", "api-server", "--port", "8081"]),
        ("services/api-server/ports", ["127.0.0.1:8080:9090"]),
        ("services/scheduler/environment/AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK", "false"),
        ("services/scheduler/healthcheck/test", ["CMD", "python", "-c", "http://localhost:1/"]),
        (
            "services/triggerer/environment/AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
            "http://airflow-apiserver:8080/execution/",
        ),
    ],
)
def test_a_port_or_host_that_nobody_serves_is_found(path: str, value: object) -> None:
    assert check.port_problems(changed(path, value))


def test_the_web_page_is_for_this_machine_only() -> None:
    mappings = [m for s in COMPOSE["services"].values() for m in s.get("ports", [])]
    assert mappings
    assert all(mapping.startswith("127.0.0.1:") for mapping in mappings)


def test_every_command_exists_in_the_image() -> None:
    assert check.program_problems(COMPOSE, DOCKERFILE) == []


@pytest.mark.parametrize(
    "command",
    [
        ["curl", "--fail", "http://localhost:8080"],
        ["python", "tools/make_env.py"],
        ["python", "tools/no_such.py"],
    ],
)
def test_a_command_that_the_image_lacks_is_found(command: list[str]) -> None:
    compose = {"services": {"triggerer": {"build": ".", "command": command}}}
    assert check.program_problems(compose, DOCKERFILE)


def test_airflow_knows_every_command_and_would_refuse_a_wrong_one() -> None:
    asked = [command for _, command in check.commands(COMPOSE) if command[0] == "airflow"]
    assert len(asked) >= 6
    once = runpy.run_path(str(CHECKOUT / "tools" / "airflow_init.py"))["COMMANDS"]
    wrong = [
        ["airflow", "webserver"],
        ["airflow", "api-server", "--no-such-option"],
        ["airflow", "jobs", "check", "--job-type", "NoSuchJob"],
    ]
    refused = check.unknown_to_airflow([*asked, *map(list, once), *wrong])
    assert refused == [" ".join(command) for command in wrong]


def test_the_images_own_command_works() -> None:
    default = json.loads(DOCKERFILE.rsplit("CMD ", 1)[1])
    program = Path(sys.executable).with_name(default[0])
    done = subprocess.run([program, *default[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_airflow_option_exists() -> None:
    assert check.option_problems(TEXT + DOCKERFILE) == []
    assert check.option_problems("AIRFLOW__WEBSERVER__SECRET_KEY: x\nAIRFLOW__CORE__SQL_ALCHEMY: x")


def test_no_secret_stands_in_it() -> None:
    assert check.secret_problems(TEXT) == []
    assert check.secret_problems(DOCKERFILE) == []


@pytest.mark.parametrize(
    "line",
    [
        "POSTGRES_PASSWORD: airflow",
        "AIRFLOW__CORE__FERNET_KEY: 'Zm9vYmFyYmF6'",
        "ENV API_TOKEN=abc",
        "SQL_ALCHEMY_CONN: postgresql+psycopg2://airflow:airflow@postgres/airflow",
        "SOMETHING: 81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=",
    ],
)
def test_a_secret_would_be_found(line: str) -> None:
    assert check.secret_problems(line)


def test_the_dockerfile_copies_what_is_there_pins_its_base_and_drops_root() -> None:
    assert check.dockerfile_problems(DOCKERFILE, IGNORE) == []


@pytest.mark.parametrize(
    ("here", "instead"),
    [
        ("COPY dags dags", "COPY dag dags"),
        ("COPY dags dags", "COPY tests tests"),
        ("USER 50000:0\n", ""),
        ("USER 50000:0\n", "USER 50000:0\nUSER root\n"),
        ("FROM python:3.11-slim-bookworm\n", "FROM python\n"),
        ("--require-hashes --no-deps ", ""),
        ("--require-hashes --no-deps ", "--require-hashes "),
        ("-r /tmp/requirements/connectors.txt", "-r /tmp/requirements/base.txt"),
        ("COPY requirements/connectors.txt", "COPY requirements/base.txt"),
    ],
)
def test_a_dockerfile_that_breaks_this_is_found(here: str, instead: str) -> None:
    assert here in DOCKERFILE
    assert check.dockerfile_problems(DOCKERFILE.replace(here, instead), IGNORE)


@pytest.mark.parametrize("path", [".env", "data/x.duckdb", "dbt_project/target/manifest.json"])
def test_secrets_data_and_leftovers_stay_out_of_the_image(path: str) -> None:
    assert check.ignored(path, IGNORE)


def test_the_login_file_is_for_its_owner_only_and_replaced_whole(tmp_path: Path) -> None:
    tool = runpy.run_path(str(CHECKOUT / "tools" / "airflow_init.py"))
    for password in ("first", "second"):
        tool["write_passwords"](tmp_path / "passwords.json", password)
    assert json.loads((tmp_path / "passwords.json").read_text()) == {"admin": "second"}
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "passwords.json"]


def test_the_pool_that_the_dags_use_is_made_with_one_slot() -> None:
    from cartera.scheduler.home import POOL

    tool = runpy.run_path(str(CHECKOUT / "tools" / "airflow_init.py"))
    pools = [command[3:5] for command in tool["COMMANDS"] if command[1:3] == ("pools", "set")]
    assert pools == [(POOL, "1")]
