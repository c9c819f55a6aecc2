"""What can be checked of docker-compose.yml and Dockerfile without a Docker engine.

Each function returns the problems it finds, a line each; test_compose.py shows that it finds any.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((CHECKOUT / "tests" / "project" / "compose-spec.json").read_text())
VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")
IMAGE_TOOLS = {"postgres": {"pg_isready"}}  # what the official image of that name ships
PROGRAMS = ("airflow", "cartera", "python")


@functools.cache
def written() -> dict[str, str]:
    """What `make env` writes."""
    tool = runpy.run_path(str(CHECKOUT / "tools" / "make_env.py"))
    made: dict[str, str] = tool["variables"](CHECKOUT / "data")
    return made


@functools.cache
def airflow_sections() -> dict[str, Any]:
    spec = importlib.util.find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "config_templates" / "config.yml"
    sections: dict[str, Any] = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    return sections


def schema_problems(compose: dict[str, Any]) -> list[str]:
    """Where the file breaks the published compose schema."""
    return [e.message for e in jsonschema.Draft7Validator(SCHEMA).iter_errors(compose)]


def variable_problems(text: str) -> list[str]:
    """Variables that `make env` does not write and that have no default."""
    return [
        name
        for name, kind, _ in VARIABLE.findall(text)
        if name not in written() and not kind.endswith("-")
    ]


def resolved(text: str) -> str:
    return VARIABLE.sub(lambda m: written().get(m[1], m[3] or ""), text)


def path_problems(compose: dict[str, Any]) -> list[str]:
    """Mounts of a folder that neither stands in the checkout nor is made by `make env`."""
    found = []
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = resolved(mount).split(":")[0]
            if source.startswith((".", "/")):
                if source != written()["CARTERA_DATA"] and not (CHECKOUT / source).exists():
                    found.append(f"{name}: {source}")
            elif source not in compose["volumes"]:
                found.append(f"{name}: volume {source}")
        if "build" in service and not (CHECKOUT / service["build"] / "Dockerfile").is_file():
            found.append(f"{name}: no Dockerfile")
    return found


def urls(value: object) -> Iterator[str]:
    """Every address in a service, the variables filled in."""
    if isinstance(value, dict):
        for part in value.values():
            yield from urls(part)
    elif isinstance(value, list):
        for part in value:
            yield from urls(part)
    elif isinstance(value, str):
        yield from re.findall(r"[a-z0-9+]+://[^\s\"']+", resolved(value))


def listening(compose: dict[str, Any]) -> dict[str, set[int]]:
    """Service -> ports it listens on, from its own command and settings."""
    found: dict[str, set[int]] = {"postgres": {5432}}
    for name, service in compose["services"].items():
        command, settings = service.get("command", []), service.get("environment", {})
        if "--port" in command:
            found.setdefault(name, set()).add(int(command[command.index("--port") + 1]))
        if "scheduler" in command and settings["AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK"] == "true":
            port = settings["AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT"]
            found.setdefault(name, set()).add(int(port))
    return found


def port_problems(compose: dict[str, Any]) -> list[str]:
    """Ports that something asks for and nobody listens on."""
    ports, found = listening(compose), []
    for name, service in compose["services"].items():
        for url in urls(service):
            address = urlsplit(url)
            host = name if address.hostname == "localhost" else str(address.hostname)
            if address.port not in ports.get(host, set()):
                found.append(f"{name}: {address.hostname}:{address.port}")
        for mapping in service.get("ports", []):
            if int(resolved(mapping).split(":")[-1]) not in ports.get(name, set()):
                found.append(f"{name}: {mapping}")
        if "api-server" in service.get("command", []):
            port = int(service["environment"]["AIRFLOW__API__PORT"])
            if ports[name] != {port}:
                found.append(f"{name}: AIRFLOW__API__PORT {port}")
    return found


def commands(compose: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name, service in compose["services"].items():
        if "command" in service:
            yield name, service["command"]
        if "healthcheck" in service:
            yield name, service["healthcheck"]["test"][1:]


def copied(dockerfile: str) -> list[str]:
    """What a Dockerfile copies from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def in_image(path: str, dockerfile: str) -> bool:
    return any(path == s or path.startswith(f"{s}/") for s in copied(dockerfile))


def unknown_to_airflow(wanted: list[list[str]]) -> list[str]:
    """Commands that the installed Airflow's own parser refuses; in a process of its own."""
    script = (
        "import json, sys\n"
        "from airflow.cli.cli_parser import get_parser\n"
        "refused = []\n"
        "for command in json.load(sys.stdin):\n"
        "    try:\n"
        "        get_parser().parse_args(command[1:])\n"
        "    except SystemExit:\n"
        "        refused.append(' '.join(command))\n"
        "json.dump(refused, open(sys.argv[1], 'w'))\n"
    )
    with tempfile.TemporaryDirectory() as home:
        answer = Path(home) / "refused.json"
        subprocess.run(
            [sys.executable, "-c", script, answer],
            input=json.dumps(wanted),
            env={**os.environ, "AIRFLOW_HOME": home},
            capture_output=True,
            text=True,
            check=True,
        )
        refused: list[str] = json.loads(answer.read_text())
    return refused


def program_problems(compose: dict[str, Any], dockerfile: str) -> list[str]:
    """Programs and scripts of services and health checks that their image does not have."""
    found = []
    for name, command in commands(compose):
        program = command[0]
        if program in IMAGE_TOOLS.get(name, ()):
            continue
        if "build" not in compose["services"][name] or program not in PROGRAMS:
            found.append(f"{name}: {program}")
        elif program == "python" and command[1] == "-c":
            compile(command[2], name, "exec")
        elif program == "python":
            there = in_image(command[1], dockerfile) and (CHECKOUT / command[1]).is_file()
            found += [] if there else [f"{name}: {command[1]}"]
    return found


def option_problems(text: str) -> list[str]:
    """AIRFLOW__SECTION__OPTION names that the installed Airflow does not have."""
    found = []
    for section, option in re.findall(r"\bAIRFLOW__([A-Z_]+?)__([A-Z_]+)", text):
        known = airflow_sections().get(section.lower(), {"options": {}})["options"]
        if option.lower() not in known:
            found.append(f"[{section.lower()}] {option.lower()}")
    return found


def secret_problems(text: str) -> list[str]:
    """Values that look like a secret and are not a variable."""
    found = []
    for line in VARIABLE.sub("${...}", text).splitlines():
        # A file's name is no secret, and neither is a word of one option among others.
        named = re.search(r"(?:PASSWORD|SECRET|_KEY|TOKEN)[\"']?\s*[:=]\s*[\"']?([^\s\"']+)", line)
        if named and not named[1].startswith("${"):
            found.append(line.strip())
        if re.search(r"://[^/\s:]+:(?!\$\{)[^/\s@]+@", line):
            found.append(line.strip())
        # Long, of both cases and digits: a key, whatever its name.
        found += [
            word
            for word in re.findall(r"[A-Za-z0-9+/_-]{32,}={0,2}", line)
            if re.search(r"[a-z]", word) and re.search(r"[A-Z]", word) and re.search(r"\d", word)
        ]
    return found


def ignored(path: str, rules: str) -> bool:
    """Whether .dockerignore keeps ``path`` out: the last rule that fits it or a parent wins."""
    out = False
    for rule in rules.splitlines():
        pattern = rule.removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        parts = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(f"{parts}(?:/.*)?", path):
            out = not rule.startswith("!")
    return out


def dockerfile_problems(text: str, ignore: str) -> list[str]:
    """What is copied and not there, runs as root, floats or is installed unchecked."""
    found = [f"missing: {s}" for s in copied(text) if not (CHECKOUT / s).exists()]
    found += [f"ignored: {s}" for s in copied(text) if ignored(s, ignore)]
    users = re.findall(r"^USER (\S+)$", text.rsplit("\nFROM ", 1)[-1], re.MULTILINE)
    if not users or users[-1].split(":")[0] in ("root", "0"):
        found.append("runs as root")
    if any(":" not in image for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE)):
        found.append("base without a tag")
    if "--require-hashes --no-deps" not in text:
        found.append("does not install exactly the lock")
    found += [f"does not install: {name}" for name in sorted(needed() - installed(text))]
    return found


def needed() -> set[str]:
    """What the services run on: Cartera's dependencies, its connectors' and the desk's."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["connectors"], *extras["desk"]]
    return {re.split(r"[^A-Za-z0-9-]", requirement)[0].lower() for requirement in wanted}


def installed(dockerfile: str) -> set[str]:
    """The packages of the requirement files that a Dockerfile copies and installs."""
    found = set()
    for path in copied(dockerfile):
        if path.startswith("requirements/") and f"-r /tmp/{path}" in dockerfile:
            lines = (CHECKOUT / path).read_text() if (CHECKOUT / path).exists() else ""
            found |= set(re.findall(r"^([a-z0-9-]+)==", lines, re.MULTILINE))
    return found
