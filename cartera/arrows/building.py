"""A build: from frozen batches to a publication, or to nothing at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from cartera import batches, clock, faults, publications, records
from cartera.batches import Manifest
from cartera.duck import attach, connect, create_file, storage_errors
from cartera.errors import CarteraError, RefusedByData
from cartera.lock import hold
from cartera.settings import CHECKOUT, Settings

SCHEMA_VERSION = 1
CODE = ("cartera", "ingestion", "dbt_project", "expectations")


@dataclass(frozen=True)
class Inputs:
    """Everything that a build depends on; the same inputs give the same rows."""

    as_of: date
    manifests: list[Manifest]
    base: str | None
    business_timezone: str
    reporting_currency: str
    default_country: str
    code: str

    @property
    def as_of_at(self) -> datetime:
        """The exclusive end of the data, aware, in UTC."""
        return clock.midnight_utc(self.as_of, self.business_timezone)

    @property
    def hash(self) -> str:
        """Names these inputs: a hex digest."""
        parts = asdict(self) | {"manifests": [m.batch_id for m in self.manifests]}
        return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class BuildReport:
    """What was published, and from how much."""

    publication_id: str
    as_of: str
    gate_status: str
    counts: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@storage_errors("the build")
def build(
    settings: Settings,
    *,
    as_of: date | None = None,
    accept: dict[str, str] | None = None,
    wait: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> BuildReport:
    """Build, audit and publish. ``accept`` maps a gate rule to the reason for overriding it once.

    Raises RefusedByData when a data test or the gate refuses, LockBusy when another build
    runs for longer than ``wait`` seconds, BaseMoved, StorageFull. Whatever happens, the
    current publication stays until the new one replaces it.
    """
    from expectations.gate import check_accept

    check_accept(accept or {})
    tell = progress or (lambda line: None)
    with hold(settings, "build", wait=wait) as lock:
        inputs = freeze(settings, as_of or clock.last_midnight(settings.business_timezone))
        started = clock.now()
        publication_id = publications.new_id(started, inputs.hash)
        tell(f"build {publication_id} as of {inputs.as_of}: {len(inputs.manifests)} batches")
        with _candidate(settings, publication_id) as candidate:
            faults.point("build.candidate")
            return _fill(
                settings, inputs, candidate, publication_id, started, accept or {}, lock, tell
            )


def freeze(settings: Settings, as_of: date) -> Inputs:
    """The inputs of a build that starts now. Raises RefusedByData if nothing has landed."""
    manifests = batches.readable(batches.scan(settings))
    if not manifests:
        raise RefusedByData(
            f"Nothing has landed in {settings.landing}.",
            fix="Put files into the inbox and run `cartera ingest`, or `cartera demo`.",
        )
    current = publications.current_id(settings)
    return Inputs(
        as_of=as_of,
        manifests=manifests,
        base=current,
        business_timezone=settings.business_timezone,
        reporting_currency=settings.reporting_currency,
        default_country=settings.default_country,
        code=code_version(),
    )


def code_version() -> str:
    """A digest of the code, the models, the seeds and the contracts of this checkout."""
    digest = hashlib.sha256()
    for room in CODE:
        for path in sorted((CHECKOUT / room).rglob("*")):
            if path.suffix in (".py", ".sql", ".yml", ".csv") and "target" not in path.parts:
                digest.update(path.relative_to(CHECKOUT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _candidate(settings: Settings, publication_id: str) -> Iterator[Path]:
    """A candidate's folder, gone again unless it was published."""
    candidate = publications.make_candidate(settings, publication_id)
    try:
        yield candidate
    finally:
        shutil.rmtree(candidate, ignore_errors=True)


def _fill(
    settings: Settings,
    inputs: Inputs,
    candidate: Path,
    publication_id: str,
    started: datetime,
    accept: dict[str, str],
    lock: int,
    tell: Callable[[str], None],
) -> BuildReport:
    from cartera.arrows import describing
    from cartera.dbt import run_dbt
    from cartera.identity.resolve import export_ledger, resolve
    from expectations.gate import run_gate

    log = settings.state / "logs" / f"build-{publication_id}"
    log.mkdir(parents=True, exist_ok=True)
    variables = {
        "as_of": inputs.as_of.isoformat(),
        "as_of_at": inputs.as_of_at.strftime("%Y-%m-%d %H:%M:%S"),
        "business_timezone": inputs.business_timezone,
        "reporting_currency": inputs.reporting_currency,
        "schema_version": SCHEMA_VERSION,
    }
    base = publications.current(settings)
    with connect(settings) as connection:
        for name in ("work", "contacts", "warehouse"):
            create_file(connection, candidate / f"{name}.duckdb", name)
        _land(settings, connection, inputs)
    runs = run_dbt(
        settings,
        candidate,
        select=["path:seeds", "path:models/staging"],
        variables=variables,
        log=log,
        lock=lock,
    )
    tell("staging built")
    faults.point("build.staged")
    with connect(settings) as connection:
        for name in ("work", "contacts"):
            attach(connection, candidate / f"{name}.duckdb", name, write=True)
        resolved = resolve(
            settings,
            connection,
            publication_id=publication_id,
            as_of=inputs.as_of_at,
            base_contacts=base.contacts if base else None,
            progress=tell,
        )
    faults.point("build.identified")
    runs += run_dbt(
        settings,
        candidate,
        select=["path:models/core", "path:models/marts"],
        variables=variables,
        log=log,
        lock=lock,
    )
    tell("core and marts built")
    faults.point("build.modelled")
    with connect(settings) as connection:
        for name in ("work", "contacts", "warehouse"):
            attach(connection, candidate / f"{name}.duckdb", name, write=name != "work")
        describing.write_meta(connection, candidate / "dbt" / "manifest.json")
        describing.write_ops(connection, publication_id, inputs.manifests, runs)
        describing.write_publication(
            connection, publication_id, inputs, started, SCHEMA_VERSION, "unaudited"
        )
        counts = describing.count(connection)
    faults.point("build.sealed")
    result = run_gate(
        candidate,
        base.folder if base else None,
        accept,
        publication_id,
        clock.now(),
        settings.state / "gates" / f"{publication_id}.json",
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )
    faults.point("build.audited")
    _record_gate(settings, publication_id, result, accept)
    with connect(settings) as connection:
        for name in ("contacts", "warehouse"):
            attach(connection, candidate / f"{name}.duckdb", name, write=True)
        describing.write_publication(
            connection, publication_id, inputs, started, SCHEMA_VERSION, result.status
        )
        describing.write_quality(connection, result.to_rows())
    tell(f"gate: {result.status.replace('_', ' ')}")
    for leftover in ("work.duckdb", "work.duckdb.wal"):
        (candidate / leftover).unlink(missing_ok=True)
    for folder in ("dbt", "spill"):
        shutil.rmtree(candidate / folder, ignore_errors=True)
    publication = publications.publish(
        settings, candidate, publication_id, inputs.base, as_of=inputs.as_of.isoformat()
    )
    with connect(settings) as connection:
        attach(connection, publication.contacts, "contacts", write=False)
        export_ledger(settings, connection, "contacts")
    faults.point("build.published")
    tell(f"published {publication_id}")
    return BuildReport(
        publication_id=publication_id,
        as_of=inputs.as_of.isoformat(),
        gate_status=result.status,
        counts={
            **counts,
            "currency": inputs.reporting_currency,
            "source_records": resolved.source_records,
            "customers": resolved.customers,
            "placeholders": resolved.placeholders,
        },
        warnings=[
            f"{r.rule}: {r.reason}"
            for r in result.results
            if r.status in ("failed", "accepted") and r.severity != "info"
        ],
    )


def _land(settings: Settings, connection: Any, inputs: Inputs) -> None:
    """``work.landing``: the frozen batches, and a typed view of each source over their files."""
    from ingestion.contract import load_source, source_names
    from ingestion.views import landing_view

    connection.execute("create schema work.landing")
    ordered = sorted(inputs.manifests, key=lambda m: (m.order, m.batch_id))
    ranks = pa.table({"batch": [m.batch_id for m in ordered], "batch_rank": range(len(ordered))})
    connection.register("ranks_arrow", ranks)
    connection.execute("create table work.landing.batches as from ranks_arrow")
    connection.unregister("ranks_arrow")
    for name in source_names():
        files = [m.data(settings) for m in ordered if m.source == name and m.landed_rows]
        missing = [path for path in files if not path.exists()]
        if missing:
            raise CarteraError(
                f"{missing[0]}: named by its manifest, and not there.",
                fix="Restore it from a backup; a landed file is never deleted by hand.",
            )
        view = landing_view(load_source(name), files)
        connection.execute(f"create view work.landing.{name} as {view}")


def _record_gate(
    settings: Settings, publication_id: str, result: Any, accept: dict[str, str]
) -> None:
    """Keep the result, refused ones too. Raises RefusedByData if the gate is closed."""
    for rule, reason in accept.items():
        records.append(
            settings, "access", event="override", rule=rule, reason=reason, build=publication_id
        )
    records.append(
        settings,
        "gates",
        publication_id=publication_id,
        status=result.status,
        failed=[r.rule for r in result.results if r.status in ("failed", "error")],
    )
    if result.status != "refused":
        return
    told = "; ".join(
        f"{r.rule}: {r.reason} ({r.unexpected_count} rows"
        + (f", such as {', '.join(map(str, r.keys[:3]))}" if r.keys else "")
        + ")"
        for r in result.blocking[:5]
    )
    raise RefusedByData(
        f"The gate refused {publication_id}: {told}.",
        fix=f"{result.blocking[0].remedy} The current publication is untouched.",
    )
