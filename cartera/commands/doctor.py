"""``cartera doctor``: is this installation able to do its work?"""

from __future__ import annotations

import importlib.metadata
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from cartera import batches, publications
from cartera.activation.audience import load_audiences
from cartera.console import show_json, show_table
from cartera.dbt import PROJECT
from cartera.errors import CarteraError
from cartera.settings import Settings

NEEDED = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
LEAST_FREE = 1_000_000_000
AIRFLOW_SECONDS = 120


def show_checks(settings: Settings, *, json: bool) -> None:
    """Run every check. Raises CarteraError that names those that failed."""
    results = [_checked(name, check, settings) for name, check in CHECKS.items()]
    if json:
        names = ("check", "ok", "found")
        show_json([dict(zip(names, result, strict=True)) for result in results])
    else:
        show_table("cartera doctor", ["check", "ok", "found"], results)
    failed = [f"{name}: {found}" for name, ok, found in results if not ok]
    if failed and json:
        # The list says it all: a second document would make the output no JSON.
        raise SystemExit(CarteraError.exit_code)
    if failed:
        raise CarteraError(
            f"{len(failed)} checks failed: {'; '.join(failed).rstrip('.')}.",
            fix="See docs/operations.md.",
        )


def _checked(
    name: str, check: Callable[[Settings], str], settings: Settings
) -> tuple[str, bool, str]:
    try:
        return name, True, check(settings)
    except (CarteraError, OSError, importlib.metadata.PackageNotFoundError) as error:
        return name, False, str(error)


def _python(settings: Settings) -> str:
    return sys.version.split()[0]


def _packages(settings: Settings) -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in NEEDED)


def _home(settings: Settings) -> str:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.home):
        return f"{settings.home} can be written"


def _space(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE:
        raise CarteraError(f"only {free / 1e9:.1f} GB are free below {settings.home}.")
    return f"{free / 1e9:.1f} GB free"


def _models(settings: Settings) -> str:
    if not (PROJECT / "dbt_project.yml").exists():
        raise CarteraError(f"{PROJECT} holds no dbt project.", fix="Run from a checkout.")
    return str(PROJECT)


def _contracts(settings: Settings) -> str:
    from ingestion.contract import load_contracts

    return f"{len(load_contracts(settings.contracts))} contracts read"


def _audiences(settings: Settings) -> str:
    from cartera.activation.checking import wrong_rules

    found = load_audiences(settings)
    if wrong := wrong_rules(settings):
        raise CarteraError("; ".join(wrong), fix="See docs/audiences.md.")
    return f"{len(found)} audiences read"


def _destinations(settings: Settings) -> str:
    from cartera.activation.checking import problems_of_destinations
    from cartera.activation.destinations import destination_files

    if wrong := problems_of_destinations(settings, _in_airflow):
        raise CarteraError("; ".join(wrong), fix="See docs/audiences.md.")
    return f"{len(destination_files(settings))} destinations can be used; nothing was sent"


def _key(settings: Settings) -> str:
    path = settings.state / "hash.key"
    if settings.hash_key:
        return "from the environment"
    if not path.exists():
        return "will be made by the first build"
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise CarteraError(f"{path} can be read by others (mode {mode:o}).", fix="chmod 600 it.")
    return f"{path}, for its owner alone"


def _current(settings: Settings) -> str:
    current = publications.current(settings)
    if current is None:
        return "nothing published yet"
    publications.facts(current)
    mode = stat.S_IMODE(current.contacts.stat().st_mode)
    if mode & 0o007:
        raise CarteraError(f"{current.contacts} can be read by everybody (mode {mode:o}).")
    return f"{current.publication_id} opens"


def _landing(settings: Settings) -> str:
    manifests = batches.scan(settings)
    missing = [m for m in manifests if m.landed_rows and not Path(m.data(settings)).exists()]
    if missing:
        raise CarteraError(f"{missing[0].data(settings)} is missing.", fix="Restore a backup.")
    return f"{len(manifests)} batches, all there"


def _connections(settings: Settings) -> str:
    from ingestion.connectors.checking import problems_of
    from ingestion.connectors.connections import connected_systems

    systems = connected_systems(settings.connections)
    wrong = [line for system in systems for line in problems_of(settings, system, _in_airflow)]
    if wrong:
        raise CarteraError("; ".join(wrong), fix="See docs/connectors.md.")
    return f"{len(systems)} connections can be used; nothing was fetched"


def _in_airflow(name: str) -> bool:
    """Whether Airflow has a connection of that name: its answer is not read, only its exit."""
    asked = [sys.executable, "-m", "airflow", "connections", "get", name]
    ended = subprocess.run(asked, capture_output=True, check=False, timeout=AIRFLOW_SECONDS)
    return ended.returncode == 0


CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "packages": _packages,
    "home": _home,
    "space": _space,
    "models": _models,
    "contracts": _contracts,
    "audiences": _audiences,
    "destinations": _destinations,
    "connections": _connections,
    "hash key": _key,
    "landing": _landing,
    "current": _current,
}
