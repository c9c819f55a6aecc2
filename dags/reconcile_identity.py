"""## Reconcile who is who

Builds with every pair of records compared again: nightly builds compare only records that are
new or changed, and once a week this says whether anything differed. Then trains the linkage model
on the people that have landed; the next build links with it.

A model that would put more than `at_most` of the records with other customers is refused, and
the one of before stays: somebody should look first (`cartera identity train`).
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, get_current_context, task

from cartera.scheduler.wiring import AT_THE_NEXT_HOUR, WAREHOUSE, task_defaults

AT_MOST = Param(
    0.02,
    type="number",
    minimum=0,
    maximum=1,
    description="The share of records that a new model may put with other customers.",
)
TRAIN = Param(True, type="boolean", description="Train the model afterwards.")


@task(outlets=[WAREHOUSE])
def build() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    return plain(arrows.build(load_settings(), in_full=True, progress=say))


@task
def train() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    params = get_current_context()["params"]
    if not params["train"]:
        return None
    return plain(arrows.train_model(load_settings(), at_most=params["at_most"], progress=say))


with DAG(
    "reconcile_identity",
    description="Compares all records again and trains the linkage model",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 6 * * 0", timezone="UTC", run_immediately=AT_THE_NEXT_HOUR),
    max_active_runs=1,
    params={"at_most": AT_MOST, "train": TRAIN},
    default_args=task_defaults(priority=5),
    tags=["build"],
):
    build() >> train()
