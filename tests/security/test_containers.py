"""Every container is confined: no root, no capabilities, nothing to write to but the data.

What else can be checked without a Docker engine: tests/project/test_compose.py.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from cartera.settings import CHECKOUT

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
# `make env` writes it: the uid of who called, who is asked not to be root.
OURS = "${AIRFLOW_UID:?run make env}:0"
SOCKET = "/var/run/docker.sock"


def problems(compose: dict[str, Any]) -> list[str]:
    """What keeps a service from being confined, a line each."""
    found = []
    for name, service in compose["services"].items():
        user = str(service.get("user", "0"))
        if user != OURS and (not user[:1].isdigit() or user.startswith("0")):
            found.append(f"{name} may be root")
        if "ALL" not in service.get("cap_drop", []) or service.get("cap_add"):
            found.append(f"{name} has capabilities")
        if "no-new-privileges:true" not in service.get("security_opt", []):
            found.append(f"{name} may gain privileges")
        if not service.get("read_only"):
            found.append(f"{name} may write to its image")
        if any(service.get(key) for key in ("privileged", "network_mode", "pid", "devices")):
            found.append(f"{name} shares what is the host's")
        if any(str(volume).startswith(SOCKET) for volume in service.get("volumes", [])):
            found.append(f"{name} may start containers")
    return found


def test_every_service_is_confined() -> None:
    assert set(COMPOSE["services"]) > {"postgres", "scheduler", "api-server"}
    assert problems(COMPOSE) == []


@pytest.mark.parametrize("service", ["postgres", "scheduler"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("user", "0:0"),
        ("user", "root"),
        ("cap_drop", []),
        ("cap_add", ["SYS_ADMIN"]),
        ("security_opt", []),
        ("read_only", False),
        ("privileged", True),
        ("network_mode", "host"),
        ("volumes", [f"{SOCKET}:{SOCKET}"]),
    ],
)
def test_a_service_that_is_not_is_found(service: str, key: str, value: object) -> None:
    spoiled = copy.deepcopy(COMPOSE)
    spoiled["services"][service][key] = value
    assert len(problems(spoiled)) == 1


def test_where_nothing_can_be_written_there_is_room_for_temporary_files() -> None:
    assert all("/tmp" in service["tmpfs"] for service in COMPOSE["services"].values())  # noqa: S108
