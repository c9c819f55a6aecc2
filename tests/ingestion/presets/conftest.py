"""One company that takes every preset under names of its own, and stages their fixtures once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import publications
from cartera.arrows import ingest
from cartera.arrows.inputs import expose_landing, freeze
from cartera.dbt import run_dbt
from cartera.duck import connect, create_file
from cartera.settings import Settings
from ingestion.presets import preset_names, use_preset

FIXTURES = Path(__file__).parent / "fixtures"
AS_OF = date(2026, 11, 2)


def told(table: str) -> list[str]:
    """The rows of a table in a test; one that is long goes on in a line that begins with a bar."""
    rows: list[str] = []
    for line in table.strip().splitlines():
        text = line.strip()
        if text.startswith("|"):
            rows[-1] += f" {text}"
        else:
            rows.append(text)
    return rows


@dataclass
class Staged:
    """What the fixtures came to: the reports of their ingests, and the staged rows."""

    settings: Settings
    reports: dict[tuple[str, str], list[dict[str, Any]]]
    connection: duckdb.DuckDBPyConnection

    def rows(self, columns: str, relation: str, preset: str, group: str = "") -> list[str]:
        """Rows of ``staging.stg_…`` or, where a source has no model yet, of ``landing.…``.

        As text, in order: values with bars between them, - for nothing, ⏎ for a line break.
        """
        found = self.connection.execute(
            f"select {columns} from (from work.{relation} where source_system = 'my_{preset}') "
            f"{group} order by all"
        ).fetchall()
        return [
            " | ".join("-" if value is None else str(value).replace("\n", "⏎") for value in row)
            for row in found
        ]

    def counts(self, preset: str, source: str) -> list[tuple[int, int, int]]:
        """Received, accepted and quarantined records of each contract of a source."""
        return [
            (report["received"], report["accepted"], report["quarantined"])
            for report in self.reports[preset, source]
        ]


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Every preset, taken as my_PRESET in Madrid with euros, from its fixtures to staging."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CARTERA_")]:
            patch.delenv(name)
        home = tmp_path_factory.mktemp("presets") / "home"
        settings = Settings(home=home, hash_key="a key of the tests", threads=2)
    reports: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for preset in preset_names():
        system = f"my_{preset}"
        use_preset(
            preset, settings.contracts, system=system, time_zone="Europe/Madrid", currency="EUR"
        )
        shutil.copytree(FIXTURES / preset, settings.inbox / system)
        for path in (settings.inbox / system).rglob("*.*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        for row in ingest(settings, system).rows:
            reports.setdefault((preset, row["source"]), []).append(row)
    candidate = publications.make_candidate(settings, "staged")
    inputs = freeze(settings, AS_OF)
    with connect(settings) as connection:
        for name in ("work", "contacts", "warehouse"):
            create_file(connection, candidate / f"{name}.duckdb", name)
        expose_landing(settings, connection, inputs)
    run_dbt(
        settings,
        candidate,
        select=["path:seeds", "path:models/staging"],
        variables={
            "as_of": inputs.as_of.isoformat(),
            "as_of_at": inputs.as_of_at.strftime("%Y-%m-%d %H:%M:%S"),
            "business_timezone": inputs.business_timezone,
            "reporting_currency": inputs.reporting_currency,
            "schema_version": 1,
        },
        log=candidate / "logs",
    )
    with duckdb.connect() as reader:
        reader.execute(f"attach '{candidate / 'work.duckdb'}' as work (read_only)")
        reader.execute("set TimeZone = 'UTC'")
        yield Staged(settings, reports, reader)
