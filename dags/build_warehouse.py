"""## Build the warehouse

Makes a whole new warehouse from everything that has landed, checks it and publishes it. Readers
keep the publication they have opened, and a build that fails leaves the last good one in place.

Runs when a system was ingested by hand, and every night at 05:00 UTC whatever happened: assets
are a hint, the batches that landed are what is built from. One build at a time.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import (
    DAG,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Param,
    get_current_context,
    task,
)

from cartera.scheduler.catalog import systems
from cartera.scheduler.wiring import AT_THE_NEXT_HOUR, WAREHOUSE, landing_asset, task_defaults

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date",
    description="Build as things stood when this day began; empty: the last midnight.",
)


@task(outlets=[WAREHOUSE])
def build() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import as_of_day, plain, say
    from cartera.settings import load_settings

    as_of = as_of_day(get_current_context()["params"]["as_of"])
    return plain(arrows.build(load_settings(), as_of=as_of, progress=say))


nightly = CronTriggerTimetable("0 5 * * *", timezone="UTC", run_immediately=AT_THE_NEXT_HOUR)
landed = AssetAny(*map(landing_asset, systems()))

with DAG(
    "build_warehouse",
    description="Builds, checks and publishes the warehouse",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(timetable=nightly, assets=landed),
    max_active_runs=1,
    params={"as_of": AS_OF},
    default_args=task_defaults(priority=10),
    tags=["build"],
):
    build()
