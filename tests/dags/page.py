"""Airflow's page as a person uses it, over its REST API."""

from __future__ import annotations

import time
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

    def _call(self, method: str, path: str, body: Json | None = None, **params: str) -> Json:
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
        return self._call("POST", f"dags/{dag_id}/dagRuns", {"logical_date": None, **body})[
            "dag_run_id"
        ]

    def runs(self, dag_id: str) -> list[Json]:
        """The runs of a DAG, the first one first."""
        return self._call("GET", f"dags/{dag_id}/dagRuns", order_by="run_after")["dag_runs"]

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """The value that a task returned."""
        task = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self._call("GET", f"{task}/xcomEntries/return_value", deserialize="true")["value"]

    def log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """The log of a task's first try."""
        task = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        lines = self._call("GET", f"{task}/logs/1")["content"]
        return "\n".join(str(line) for line in lines)

    def wait_for_run(self, dag_id: str, *, within: float) -> Json:
        """The DAG's first run once it has ended. Raises TimeoutError after ``within`` seconds."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            runs = self.runs(dag_id)
            if runs and runs[0]["state"] not in RUNNING:
                return runs[0]
            time.sleep(0.5)
        raise TimeoutError(f"no run of {dag_id} ended within {within} s: {self.runs(dag_id)}")

    def wait_for_dags(self, wanted: set[str], *, within: float) -> None:
        """Return once Airflow knows all these DAGs. Raises TimeoutError."""
        deadline = time.monotonic() + within
        while not wanted <= self.dags().keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Airflow does not know {wanted - self.dags().keys()}")
            time.sleep(0.5)
