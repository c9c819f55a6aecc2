"""A home with a contract and a connection, and what came of fetching and landing there."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb

from cartera import records
from cartera.settings import CHECKOUT, Settings
from ingestion.connectors.fetch import fetch_system
from ingestion.contract import load_contracts
from ingestion.landing import SourceReport, ingest_contract

SYSTEM = "erp"
FORMATS = {
    "csv": "type: csv",
    "parquet": "type: parquet",
    "pages": "type: jsonl\n  records: data.items",
    "list": 'type: jsonl\n  records: "."',
}


def contract(settings: Settings, form: str, delivery: str = "increment") -> None:
    """The contract of erp/products in one of the forms that connectors deliver."""
    write(
        settings.contracts / SYSTEM / "products.yml",
        f"system: {SYSTEM}\nsource: products\nabout: tests\ndelivery: {delivery}\n"
        f"format:\n  {FORMATS[form]}\nnew_columns: ignore\n"
        "columns:\n  product_id: id\n  name: name\n  unit_cost: cost\n  updated_at: changed\n",
    )


def connection(settings: Settings, text: str) -> Path:
    """The connection of erp, from YAML."""
    return write(
        settings.connections / f"{SYSTEM}.yml", f"system: {SYSTEM}\n" + textwrap.dedent(text)
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def fetch(settings: Settings) -> dict[str, Any]:
    """Fetch; the account of the one inbox folder."""
    (row,) = fetch_system(settings, SYSTEM)
    return row


def inbox(settings: Settings) -> list[Path]:
    """Every file in the inbox, unfinished ones too."""
    return sorted(path for path in settings.inbox.rglob("*") if path.is_file())


def land(settings: Settings) -> SourceReport:
    for path in inbox(settings):
        # Landing waits a second for a file that is so young; a test has no use for that.
        os.utime(path, (1_700_000_000, 1_700_000_000))
    (found,) = load_contracts(settings.contracts, SYSTEM)
    report = ingest_contract(settings, found)
    assert (report.held, report.problems, report.quarantined) == ([], [], 0)
    return report


def landed(settings: Settings) -> dict[str, str]:
    """Product to name, the last version of each, as staging will see them."""
    files = sorted(settings.landing.rglob("data.parquet"))
    rows: dict[str, tuple[str, str]] = {}
    for path in files:
        order = (path.parent / "manifest.json").read_text().split('"delivery": "')[1]
        for key, name in duckdb.sql(
            f"select product_id, name from read_parquet('{path}')"
        ).fetchall():
            if key not in rows or rows[key][0] <= order:
                rows[key] = (order, name)
    return {key: name for key, (_, name) in rows.items()}


def done(settings: Settings) -> list[dict[str, Any]]:
    return [r for r in records.read(settings, "fetches") if r["status"] == "done"]


def environment(settings: Settings, **more: str) -> dict[str, str]:
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("CARTERA_") or k.startswith("CARTERA_CONN_")
    }
    return {**kept, "CARTERA_HOME": str(settings.home), **more}


def process(settings: Settings, **more: str) -> subprocess.Popen[str]:
    """``cartera fetch`` in a process of its own, which ends with what the kernel knows of it."""
    code = (
        "import sys; from cartera.settings import load_settings;"
        "from ingestion.connectors.fetch import fetch_system;"
        f"fetch_system(load_settings(), '{SYSTEM}');"
        "print(open('/proc/self/status').read())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env=environment(settings, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
