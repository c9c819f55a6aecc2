"""## Maintenance

Takes out of landing, quarantine and inbox what contracts keep no longer (`retention`), deletes
publications beyond the limits of the settings, and makes a backup in `CARTERA_BACKUP_FOLDER`. The
next build is without what went.

Every Sunday at 08:00 UTC, after the weekly comparison of all records.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, get_current_context, task

from cartera.scheduler.wiring import AT_THE_NEXT_HOUR, task_defaults

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date",
    description="The day that retention counts back from; empty: the last midnight.",
)


@task
def retain() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import as_of_day, plain, say
    from cartera.settings import load_settings

    as_of = as_of_day(get_current_context()["params"]["as_of"])
    return plain(arrows.retain(load_settings(), as_of=as_of, progress=say))


@task
def prune() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    return plain(arrows.prune(load_settings(), progress=say))


@task
def back_up() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    return plain(arrows.back_up(load_settings(), progress=say))


with DAG(
    "maintenance",
    description="Retention, pruning, a backup",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 8 * * 0", timezone="UTC", run_immediately=AT_THE_NEXT_HOUR),
    max_active_runs=1,
    params={"as_of": AS_OF},
    default_args=task_defaults(priority=5),
    tags=["privacy"],
):
    retain() >> prune() >> back_up()
