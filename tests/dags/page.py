"""Airflow's page as a person uses it, over its REST API."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import requests

Json = dict[str, Any]
RUNNING = {"queued", "running"}


class Page:
    """Logs in; every call raises requests.HTTPError if Airflow says no."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self._address = address
        self._session = requests.Session()
        answer = self._session.post(
            f"{address}/auth/token", json={"username": user, "password": password}, timeout=30
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _call(self, method: str, path: str, body: Json | None = None, **params: str) -> Any:
        answer = self._session.request(
            method, f"{self._address}/api/v2/{path}", json=body, params=params, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def dags(self) -> dict[str, Json]:
        return {dag["dag_id"]: dag for dag in self._call("GET", "dags", limit="200")["dags"]}

    def switch_on(self, dag_id: str) -> None:
        self._call("PATCH", f"dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, **body: Any) -> str:
        """Start a run by hand; returns its id."""
        run = self._call("POST", f"dags/{dag_id}/dagRuns", {"logical_date": None, **body})
        return str(run["dag_run_id"])

    def runs(self, dag_id: str) -> list[Json]:
        """The runs of a DAG, the first one first."""
        answer = self._call("GET", f"dags/{dag_id}/dagRuns", order_by="run_after")
        return list(answer["dag_runs"])

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """The value that a task returned."""
        task = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self._call("GET", f"{task}/xcomEntries/return_value", deserialize="true")["value"]

    def log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """The log of a task's first try."""
        task = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        lines = self._call("GET", f"{task}/logs/1")["content"]
        return "\n".join(str(line) for line in lines)

    def backfill(self, dag_id: str, first: date, last: date) -> None:
        """Start one run for each day from ``first`` to ``last``."""
        body = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T23:59:59Z"}
        self._call("POST", "backfills", {"dag_id": dag_id, "dag_run_conf": {}, **body})

    def wait_for_runs(
        self, dag_id: str, run_type: str = "", number: int = 1, *, within: float
    ) -> list[Json]:
        """The DAG's runs, of that type if given, once ``number`` of them have ended.

        Raises TimeoutError after ``within`` seconds, and AssertionError with the log as soon as
        a task fails, for its next try is minutes away.
        """
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for run in self.runs(dag_id):
                self._fail_if_a_try_failed(dag_id, run["dag_run_id"])
            runs = [run for run in self.runs(dag_id) if run_type in ("", run["run_type"])]
            if len([run for run in runs if run["state"] not in RUNNING]) >= number:
                return runs
            time.sleep(0.5)
        raise TimeoutError(f"{dag_id} did not end {number} runs in {within} s: {runs}")

    def _fail_if_a_try_failed(self, dag_id: str, run_id: str) -> None:
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        for task in self._call("GET", path)["task_instances"]:
            if task["state"] in {"failed", "up_for_retry"}:
                raise AssertionError(self.log(dag_id, run_id, task["task_id"]))

    def wait_for_dags(self, wanted: set[str], *, within: float) -> None:
        """Return once Airflow knows all these DAGs. Raises TimeoutError."""
        deadline = time.monotonic() + within
        while not wanted <= self.dags().keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Airflow does not know {wanted - self.dags().keys()}")
            time.sleep(0.5)
