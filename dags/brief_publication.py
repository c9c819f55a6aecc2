"""## Brief people on the publication

Writes what is new in the publication that has just become current as one page, to
`exports/briefings/`, and sends it to `CARTERA_BRIEFING_TO` where that is set. An address gets the
briefing of a publication once, however often this runs.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, task

from cartera.scheduler.wiring import WAREHOUSE, task_defaults


@task
def brief() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    settings = load_settings()
    return plain(arrows.write_briefing(settings, by_mail=bool(settings.briefing_to), progress=say))


with DAG(
    "brief_publication",
    description="Writes and mails a page about the current publication",
    doc_md=__doc__,
    schedule=[WAREHOUSE],
    max_active_runs=1,
    default_args=task_defaults(priority=5),
    tags=["briefing"],
):
    brief()
