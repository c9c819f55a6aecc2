"""A day that is ingested again by a backfill replaces nothing and doubles nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from cartera import batches
from cartera.scheduler import home
from cartera.settings import CHECKOUT, Settings

# The DAG's own task, called as runs of each kind would call it.
RUNS = """
import importlib.util, json, sys
from types import SimpleNamespace

spec = importlib.util.spec_from_file_location("ingest_dags", "dags/ingest.py")
dags = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dags)
for kind, key in json.loads(sys.argv[1]):
    run = SimpleNamespace(run_type=kind, partition_key=key)
    dags.get_current_context = lambda: {"dag_run": run}
    rows = dags.ingest.function("acme")["rows"]
    print("ROWS", json.dumps([(row["batches"], row["repeats"], row["received"]) for row in rows]))
"""
CONTRACT = """
system: acme
source: products
about: Products of the tests.
delivery: increment
format: {type: csv}
columns: {product_id: id, name: name}
"""


def test_a_backfill_takes_its_day_once_and_a_night_takes_the_rest(settings: Settings) -> None:
    path = settings.contracts / "acme" / "products.yml"
    path.parent.mkdir(parents=True)
    path.write_text(CONTRACT)
    for day in ("01", "02", "03"):
        path = settings.inbox / "acme" / "products" / f"2026-10-{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id,name\n1,anvil\n2,rope\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
    home.make_folders(settings)
    days = ["2026-10-01", "2026-10-02", "2026-10-02"]
    runs = [*(("backfill", day) for day in days), ("manual", "2026-10-01")]
    runs += [("scheduled", "2026-10-02"), ("scheduled", "2026-10-02")]
    done = subprocess.run(
        [sys.executable, "-c", RUNS, json.dumps(runs)],
        cwd=CHECKOUT,
        env=home.environment(settings),
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = [line[5:] for line in done.stdout.splitlines() if line.startswith("ROWS ")]
    assert done.returncode == 0, done.stderr
    # By run: batches, repeats, records.
    assert [json.loads(line) for line in said] == [
        [[1, 0, 2]],
        [[1, 0, 2]],
        [[0, 1, 0]],
        [[0, 1, 0]],
        [[1, 2, 2]],
        [[0, 3, 0]],
    ]
    assert [m.partition for m in batches.scan(settings)] == [f"2026-10-0{n}" for n in (1, 2, 3)]
