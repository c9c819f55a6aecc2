"""A company with one small contract at a time: delivers files, ingests them, reads what came."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import duckdb

from cartera import batches
from cartera.batches import Manifest
from cartera.duck import literal
from cartera.settings import Settings
from ingestion.contract import Contract
from ingestion.landing import SourceReport, ingest_contract

HEADER = b"id,name,price,day\n"
GOOD = HEADER + b"1,anvil,1.5,2026-01-01\n2,rope,2,2026-01-02\n"
COLUMNS: dict[str, Any] = {
    "product_id": "id",
    "name": "name",
    "list_price": "price",
    "launched_on": "day",
}
# Deliveries are older than the second that a fresh file must settle for, each its own age.
_ages = itertools.count(1_000_000_000)


def contract(**changes: Any) -> Contract:
    """A contract for products of the system acme; refused rows never hold its batches."""
    values = {
        "system": "acme",
        "source": "products",
        "about": "Products of the tests.",
        "format": {"type": "csv"},
        "delivery": "increment",
        "columns": COLUMNS,
        "reject_limit": 1,
    }
    return Contract.model_validate(values | changes)


class Acme:
    """An inbox, and the landing that its deliveries come to."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def deliver(
        self, content: bytes, name: str = "2026-01-02.csv", source: str = "products"
    ) -> Path:
        path = self.settings.inbox / "acme" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        age = next(_ages)
        os.utime(path, (age, age))
        return path

    def ingest(self, which: Contract | None = None) -> SourceReport:
        return ingest_contract(self.settings, which or contract())

    def land(self, content: bytes, name: str = "2026-01-02.csv", **changes: Any) -> Manifest:
        """Deliver and ingest; the one batch that came of it."""
        which = contract(**changes)
        before = {m.batch_id for m in self.batches(which.source)}
        self.deliver(content, name, which.folder)
        report = self.ingest(which)
        assert (report.batches, report.problems) == (1, [])
        (landed,) = [m for m in self.batches(which.source) if m.batch_id not in before]
        return landed

    def refuse(self, content: bytes, name: str = "2026-01-02.csv", **changes: Any) -> str:
        """Deliver and ingest a file that cannot be read; what is said of it."""
        which = contract(**changes)
        path = self.deliver(content, name, which.folder)
        report = self.ingest(which)
        assert (report.batches, report.received, self.stored()) == (0, 0, [])
        (problem,) = report.problems
        assert str(path) in problem
        return problem.replace(str(path), "FILE")

    def batches(self, source: str = "products") -> list[Manifest]:
        return batches.scan(self.settings, source)

    def rows(self, manifest: Manifest, columns: str = "product_id, name") -> list[tuple[Any, ...]]:
        path = literal(manifest.data(self.settings))
        return duckdb.sql(f"select {columns} from read_parquet({path})").fetchall()

    def column(self, manifest: Manifest, name: str) -> list[Any]:
        return [row[0] for row in self.rows(manifest, name)]

    def refused(self, manifest: Manifest) -> list[tuple[int, str, str]]:
        """Line, rule and record, in order of lines."""
        path = literal(manifest.rejected(self.settings))
        found = duckdb.sql(f"select line, rule, record from read_parquet({path})")
        return [(line, rule, record) for line, rule, record in found.fetchall()]

    def stored(self) -> list[str]:
        """Every file of landing and quarantine."""
        home = self.settings.home
        roots = (self.settings.landing, self.settings.quarantine)
        found = [path for root in roots for path in root.rglob("*") if not path.is_dir()]
        return sorted(path.relative_to(home).as_posix() for path in found)
