"""## Erase a customer

Takes a person out of every store, rebuilds, looks everywhere and certifies it. By hand only.

It takes a customer's id and never an e-mail or a phone: what a run is started with stays in
Airflow's database, in its logs and on its pages, where nobody would be erased from. Without an id
it goes on with the erasure that was asked for on the command line (`cartera erase --request`), or
that was broken off.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from cartera.scheduler.wiring import WAREHOUSE, task_defaults

CUSTOMER = Param(
    None,
    type=["null", "string"],
    pattern="^C[A-Z2-7]{13}$",
    description="A customer's id; empty: go on with what is under way.",
)


@task(outlets=[WAREHOUSE])
def erase() -> Any:
    from cartera import arrows
    from cartera.scheduler.tasks import plain, say
    from cartera.settings import load_settings

    customer = get_current_context()["params"]["customer_id"]
    return plain(arrows.erase_customer(load_settings(), customer, progress=say))


with DAG(
    "erase_customer",
    description="Erases a customer from every store",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={"customer_id": CUSTOMER},
    default_args=task_defaults(priority=10),
    tags=["privacy"],
):
    erase()
