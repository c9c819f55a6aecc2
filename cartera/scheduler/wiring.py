"""What the DAG files share when they are parsed: assets, and how a task is repeated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule

from cartera.errors import RefusedByData, UsageError
from cartera.scheduler.home import POOL

WAREHOUSE = Asset("warehouse", uri="cartera://warehouse/current")

AT_THE_NEXT_HOUR = timedelta(0)
"""The ``run_immediately`` of every timetable: a DAG that is switched on waits for its next hour.
Airflow's own ``False`` does not: it starts the last hour's run up to a tenth of the interval late,
so a nightly DAG switched on within 144 minutes of its hour would run at once."""


def landing_asset(system: str) -> Asset:
    """What ``ingest_<system>`` brings up to date."""
    return Asset(f"landing_{system}", uri=f"cartera://landing/{system}")


def task_defaults(*, priority: int = 1) -> dict[str, Any]:
    """The arguments of every task.

    They share the pool of one slot: two DuckDB jobs at once on a machine get half the memory
    each and wait for one lock. A busy lock, a file still being written or a full disk may have
    passed by the next try; data that was refused and a broken contract have not.
    """
    return {
        "pool": POOL,
        "priority_weight": priority,
        "weight_rule": "absolute",
        "retries": 4,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(minutes=40),
        "retry_policy": ExceptionRetryPolicy(
            [
                RetryRule(
                    exception=[RefusedByData, UsageError],
                    action=RetryAction.FAIL,
                    reason="the same data and the same contract give the same answer",
                )
            ]
        ),
    }
