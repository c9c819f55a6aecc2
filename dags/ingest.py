"""## Ingest one system

Lands what the system has delivered to its inbox, contract by contract: rows that keep the
contract go to `landing/`, the others with their reason to `quarantine/`.

Every night at 03:00 UTC, for the day before; a night takes everything that has not landed yet.
A backfill, or a run by hand with a partition key, takes that day's deliveries only. What has
landed is not landed again.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, get_current_context, task

from cartera.scheduler.catalog import has_connection, systems
from cartera.scheduler.wiring import AT_THE_NEXT_HOUR, landing_asset, task_defaults


@task
def fetch(system: str) -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    return plain(arrows.fetch(load_settings(), system, progress=say))


@task
def ingest(system: str) -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import only_day, plain, say
    from cartera.settings import load_settings

    run = get_current_context()["dag_run"]
    day = only_day(run.run_type, run.partition_key)
    return plain(arrows.ingest(load_settings(), system, since=day, until=day, progress=say))


def ingest_dag(system: str) -> DAG:
    landed: Asset = landing_asset(system)
    with DAG(
        f"ingest_{system}",
        description=f"Lands what {system} has delivered",
        doc_md=__doc__,
        schedule=CronPartitionTimetable(
            "0 3 * * *",
            timezone="UTC",
            run_offset=-1,
            key_format="%Y-%m-%d",
            run_immediately=AT_THE_NEXT_HOUR,
        ),
        max_active_runs=1,
        default_args=task_defaults(),
        tags=["ingest", system],
    ) as dag:
        landing = ingest.override(outlets=[landed])(system)
        if has_connection(system):
            fetch(system) >> landing
    return dag


for name in systems():
    ingest_dag(name)
