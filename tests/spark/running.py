"""dbt on Spark: in its own process, or on a cluster of this machine with Spark Connect."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cartera.arrows.exporting import VARIABLES
from cartera.dbt import PROJECT

# One machine and small tables: a partition each, nothing to plan anew, no page to look at.
CONF = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
START_SECONDS = 180


def in_process(
    tables: Path, memory: str = "2g", conf: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment for a Spark of dbt's own that keeps its tables in ``tables``."""
    start = ["--master", "local[2]", "--driver-memory", memory]
    return {"PYSPARK_SUBMIT_ARGS": " ".join([*start, *_conf(tables, conf), "pyspark-shell"])}


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """A standalone master, a worker and a Connect server; the environment that leads to them."""
    import pyspark

    home = Path(pyspark.__file__).parent
    master, page, connect = _free_ports(3)
    url = f"spark://127.0.0.1:{master}"
    deploy = "org.apache.spark.deploy"
    commands = {
        "master": [
            *[home / "bin" / "spark-class", f"{deploy}.master.Master"],
            *["--host", "127.0.0.1", "--port", str(master), "--webui-port", "0"],
        ],
        "worker": [
            *[home / "bin" / "spark-class", f"{deploy}.worker.Worker", url],
            *["--host", "127.0.0.1", "--webui-port", str(page)],
            *["--cores", "2", "--memory", "1500m", "--work-dir", str(folder / "work")],
        ],
        "connect": [
            *[home / "bin" / "spark-submit", "--master", url],
            *["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"],
            *["--driver-memory", "1g", "--executor-memory", "1g", *_conf(folder / "tables")],
            *["--conf", "spark.connect.grpc.binding.address=127.0.0.1"],
            *["--conf", f"spark.connect.grpc.binding.port={connect}", "spark-internal"],
        ],
    }
    ports = {"master": master, "worker": page, "connect": connect}
    environment = _environment({"SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "512m"})
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands.items():
            log = folder / f"{name}.log"
            with log.open("wb") as file:
                process = subprocess.Popen(
                    command, env=environment, cwd=folder, stdout=file, stderr=file
                )
            started.append(process)
            _wait_for(ports[name], process, log)
        yield {"SPARK_REMOTE": f"sc://127.0.0.1:{connect}"}
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=60)


def build_on_spark(
    folder: Path, inputs: Path, environment: dict[str, str], *excluded: str, threads: int = 4
) -> list[dict[str, Any]]:
    """What ``dbt build`` of the inputs says of each node; resource types ``excluded`` aside."""
    command = [
        *[Path(sys.executable).with_name("dbt"), "build", "--target", "spark"],
        *["--project-dir", PROJECT, "--profiles-dir", PROJECT],
        *["--target-path", folder / "target", "--log-path", folder / "log"],
        *["--vars", (inputs / VARIABLES).read_text()],
        *["--exclude-resource-type", "exposure", *excluded, "--quiet", "--no-version-check"],
        *["--threads", str(threads)],
    ]
    done = subprocess.run(
        command,
        env=_environment(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    results = folder / "target" / "run_results.json"
    assert results.exists(), (done.stdout + done.stderr)[-4000:]
    found: list[dict[str, Any]] = json.loads(results.read_text())["results"]
    return found


def failures(results: list[dict[str, Any]]) -> dict[str, str]:
    """What did not pass, and why."""
    return {
        result["unique_id"]: result["message"]
        for result in results
        if result["status"] not in ("success", "pass")
    }


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """The caller's environment without its Spark."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_"))}
    return {**own, "SPARK_LOCAL_IP": "127.0.0.1", "DO_NOT_TRACK": "1", **extra}


def _conf(tables: Path, other: Mapping[str, str] | None = None) -> list[str]:
    pairs = {**CONF, **(other or {}), "spark.sql.warehouse.dir": str(tables)}
    return [part for name, value in pairs.items() for part in ("--conf", f"{name}={value}")]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something listens on ``port``. Fails with the log's end if the process has ended."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-3000:]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise AssertionError(f"nothing listens on {port}: {log.read_text()[-3000:]}")
