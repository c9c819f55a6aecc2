"""## Pull the audiences

Takes the lists of the audiences that are `nightly` from the publication that has just become
current, less the people who may not be contacted and those held out, and writes them to `exports/`.
Those that name a `destination` are sent there.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, task

from cartera.scheduler.wiring import WAREHOUSE, task_defaults


@task
def pull() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    return plain(arrows.pull_audiences(load_settings(), progress=say))


with DAG(
    "pull_audiences",
    description="Pulls the nightly audiences from the current publication",
    doc_md=__doc__,
    schedule=[WAREHOUSE],
    max_active_runs=1,
    default_args=task_defaults(priority=10),
    tags=["audiences"],
):
    pull()
