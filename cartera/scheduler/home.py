"""Where the local Airflow lives: its environment, its database and its pool.

Everything Airflow reads is set through the environment of a process of its own, before that
process imports it: importing Airflow fixes its settings, its logging and signal handlers for
good, and the command line has no use for any of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from cartera.lock import hold
from cartera.settings import CHECKOUT, Settings, load_settings

DAGS = CHECKOUT / "dags"
POOL = "duckdb"
SQLITE = "sqlite:///"
LOOPBACK = "127.0.0.1"
CHATTERBOXES = "airflow=WARNING,http.access=WARNING,uvicorn=WARNING,alembic=WARNING"


def airflow_home(settings: Settings) -> Path:
    """The folder of this CARTERA_HOME's Airflow."""
    return settings.state / "airflow"


def log_folder(settings: Settings) -> Path:
    """Where the screens of the Airflow processes go."""
    return settings.state / "logs"


def make_folders(settings: Settings) -> None:
    """Make the folders that Airflow writes to; its own holds keys, so nobody else reads it."""
    airflow_home(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    log_folder(settings).mkdir(mode=0o750, parents=True, exist_ok=True)


def environment(
    settings: Settings, *, dags: Path = DAGS, port: int | None = None
) -> dict[str, str]:
    """The environment of every Airflow process; with ``port``, of those behind the web page.

    These have a database of their own: a live scheduler would take up what ``cartera run`` is
    running, or has left when it was killed, and run it a second time.
    """
    home = airflow_home(settings)
    database = home / ("run.db" if port is None else "ui.db")
    env = {k: v for k, v in os.environ.items() if k != "AIRFLOW_CONFIG"}
    env.update(
        {f"CARTERA_{n.upper()}": str(getattr(settings, n)) for n in settings.model_fields_set}
    )
    env["CARTERA_HOME"] = str(settings.home)
    env.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__DAGS_FOLDER=str(dags),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__EXECUTOR="LocalExecutor",
        AIRFLOW__CORE__UNIT_TEST_MODE="False",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"{SQLITE}{database}",
        AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(home / "logs"),
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
        DO_NOT_TRACK="1",
    )
    if port is not None:
        address = f"http://{LOOPBACK}:{port}"
        env.update(
            AIRFLOW__API__HOST=LOOPBACK,
            AIRFLOW__API__PORT=str(port),
            AIRFLOW__API__BASE_URL=address,
            AIRFLOW__CORE__EXECUTION_API_SERVER_URL=f"{address}/execution/",
            AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(home / "passwords.json"),
            # The arrows' progress goes to the task's log at INFO, and WARNING would stop it there;
            # of what Airflow itself says only trouble is of interest.
            AIRFLOW__LOGGING__LOGGING_LEVEL="INFO",
            AIRFLOW__LOGGING__NAMESPACE_LEVELS=CHATTERBOXES,
            # One person looks at it: a handful of tasks at once, and new DAGs show up soon.
            AIRFLOW__CORE__PARALLELISM="4",
            AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES="1",
            AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC="2",
        )
    return env


def prepare_database() -> None:
    """Make or upgrade the metadata database and the pool. Runs inside an Airflow process.

    Airflow creates a new database from its models in a second and takes longer to check an old
    one, so the version it was made by is kept beside it.
    """
    import airflow

    database = Path(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].removeprefix(SQLITE))
    made_by = database.with_suffix(".version")
    with hold(load_settings(), f"airflow-{database.stem}-database", wait=120):
        known = made_by.read_text() if made_by.exists() and database.exists() else ""
        if known != airflow.__version__:
            from airflow.utils.db import initdb

            initdb()
            database.chmod(0o600)
            made_by.write_text(airflow.__version__)
        _make_pool()


def _make_pool() -> None:
    """A task whose pool does not exist is never scheduled, and Airflow makes none by itself."""
    from airflow.models.pool import Pool

    Pool.create_or_update_pool(
        POOL, slots=1, description="One DuckDB writer at a time", include_deferred=False
    )


if __name__ == "__main__":
    prepare_database()
