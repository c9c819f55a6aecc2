"""A build: from frozen batches to a publication, or to nothing at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from cartera import batches, clock, faults, publications, records
from cartera.arrows import describing
from cartera.arrows.classes import Classes, warehouse_classes
from cartera.arrows.copying import copy_published
from cartera.arrows.inputs import Inputs, expose_landing, freeze
from cartera.arrows.objectives import refuse_unknown
from cartera.dbt import NodeRun, project_variables, run_dbt
from cartera.duck import attach, connect, create_file, storage_errors
from cartera.errors import RefusedByData
from cartera.lock import hold
from cartera.publications import Publication
from cartera.settings import Settings

if TYPE_CHECKING:
    from cartera.identity.resolve import Resolved
    from cartera.prediction.predict import Options
    from expectations.result import GateResult

SCHEMA_VERSION = 1
CORE_AND_MARTS = ["path:models/intermediate", "path:models/core", "path:models/marts"]
FILES = ("work", "contacts", "warehouse")


@dataclass(frozen=True)
class BuildReport:
    """What was published, and from how much."""

    publication_id: str
    as_of: str
    gate_status: str
    counts: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Build:
    """A build under way: its name, its inputs, its folder and the lock that it holds."""

    settings: Settings
    publication_id: str
    inputs: Inputs
    candidate: Path
    started: datetime
    lock: int
    tell: Callable[[str], None]

    @property
    def log(self) -> Path:
        """The folder of dbt's logs."""
        return self.settings.state / "logs" / f"build-{self.publication_id}"

    @property
    def base(self) -> Path | None:
        """The folder of the publication that was current when the inputs were frozen."""
        return self.settings.publications / self.inputs.base if self.inputs.base else None

    @contextmanager
    def files(self, *names: str, write: tuple[str, ...]) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with these files of the candidate; closed, they are whole on disk."""
        with connect(self.settings) as connection:
            for name in names:
                path = self.candidate / f"{name}.duckdb"
                attach(connection, path, name, write=name in write)
            yield connection


@storage_errors("the build")
def build(
    settings: Settings,
    *,
    as_of: date | None = None,
    accept: dict[str, str] | None = None,
    in_full: bool = False,
    wait: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> BuildReport:
    """Build, audit and publish. ``accept`` maps a gate rule to the reason for overriding it once.

    ``in_full`` looks at all people again, whatever the last build left, and says what differs.

    Raises RefusedByData when a data test or the gate refuses, or when a source is late without
    which its contract wants no build; LockBusy when another build
    runs for longer than ``wait`` seconds, BaseMoved, StorageFull. Whatever happens, the
    current publication stays until the new one replaces it.
    """
    from expectations.gate import check_accept

    accepted = accept or {}
    check_accept(accepted)
    with begin(settings, as_of, wait, progress) as under_way:
        return _run(under_way, accepted, in_full=in_full)


@contextmanager
def begin(
    settings: Settings,
    as_of: date | None,
    wait: float | None,
    progress: Callable[[str], None] | None,
) -> Iterator[Build]:
    """A build under the lock, with its inputs frozen and a folder that is gone at the end."""
    from cartera.privacy.sweep import finish_sweep
    from ingestion.contract import load_contracts
    from ingestion.lateness import refuse_to_go_without

    tell = progress or (lambda line: None)
    with hold(settings, "build", wait=wait) as lock:
        finish_sweep(settings, tell)
        inputs = freeze(settings, as_of or clock.last_midnight(settings.business_timezone))
        refuse_to_go_without(
            load_contracts(settings.contracts),
            inputs.manifests,
            inputs.as_of,
            settings.business_timezone,
        )
        started = clock.now()
        publication_id = publications.next_id(settings, started, inputs.hash)
        tell(f"build {publication_id} as of {inputs.as_of}: {len(inputs.manifests)} batches")
        with candidate_folder(settings, publication_id) as candidate:
            faults.point("build.candidate")
            yield Build(settings, publication_id, inputs, candidate, started, lock, tell)


@contextmanager
def candidate_folder(settings: Settings, publication_id: str) -> Iterator[Path]:
    """A candidate's folder, gone again unless it was published."""
    candidate = publications.make_candidate(settings, publication_id)
    try:
        yield candidate
    finally:
        # What cannot be removed now goes at the next build; the error that led here counts.
        with suppress(OSError):
            publications.remove_folder(candidate)


def stage(build: Build) -> list[NodeRun]:
    """Make the candidate's files, and in ``work`` what has landed and its staging models."""
    with connect(build.settings) as connection:
        for name in FILES:
            create_file(connection, build.candidate / f"{name}.duckdb", name)
        expose_landing(build.settings, connection, build.inputs)
    runs = _models(build, "staging", ["path:seeds", "path:models/staging"], scratch=True)
    with build.files("work", write=()) as connection:
        deliveries = {m.batch_id: m.delivery for m in build.inputs.manifests}
        refuse_unknown(build.settings, connection, deliveries)
    return runs


def prepare(build: Build, *, in_full: bool = False) -> tuple[list[NodeRun], Resolved]:
    """All that core and marts read: staging, who is who, and the predictions."""
    runs = stage(build)
    faults.point("build.staged")
    resolved = _identify(build, in_full=in_full)
    faults.point("build.identified")
    _predict(build)
    return runs, resolved


def _run(build: Build, accept: dict[str, str], *, in_full: bool) -> BuildReport:
    """The steps, in order. Between two of them the candidate's files are closed and whole."""
    # Whatever flows into the warehouse is known before any of it does.
    classes = warehouse_classes()
    runs, resolved = prepare(build, in_full=in_full)
    runs += _models(build, "core and marts", CORE_AND_MARTS)
    faults.point("build.modelled")
    counts = _describe(build, runs, classes)
    faults.point("build.sealed")
    result = _audit(build, accept)
    faults.point("build.audited")
    _write_verdict(build, result)
    publication = _publish(build)
    faults.point("build.published")
    # What is published stays so whatever becomes of its copies.
    failed = copy_published(build.settings, publication, build.tell)
    return BuildReport(
        publication_id=build.publication_id,
        as_of=build.inputs.as_of.isoformat(),
        gate_status=result.status,
        counts={
            **counts,
            "currency": build.inputs.reporting_currency,
            "source_records": resolved.source_records,
            "customers": resolved.customers,
            "placeholders": resolved.placeholders,
            **(asdict(resolved.reconciled) if resolved.reconciled else {}),
        },
        warnings=[
            *failed,
            *(f"identity: {alarm}" for alarm in resolved.alarms),
            *(
                f"{r.rule}: {r.reason}"
                for r in result.results
                if r.status in ("failed", "accepted") and r.severity != "info"
            ),
        ],
    )


def _models(build: Build, what: str, select: list[str], *, scratch: bool = False) -> list[NodeRun]:
    """Have dbt build and test ``select``."""
    build.log.mkdir(parents=True, exist_ok=True)
    runs = run_dbt(
        build.settings,
        build.candidate,
        select=select,
        variables={**build.inputs.variables, "schema_version": SCHEMA_VERSION},
        log=build.log,
        lock=build.lock,
        scratch=scratch,
    )
    build.tell(f"{what} built")
    return runs


def _identify(build: Build, *, in_full: bool) -> Resolved:
    from cartera.identity.resolve import resolve

    with build.files("work", "contacts", write=("work", "contacts")) as connection:
        return resolve(
            build.settings,
            connection,
            publication_id=build.publication_id,
            as_of=build.inputs.as_of_at,
            base_contacts=build.base / publications.CONTACTS if build.base else None,
            decisions=build.inputs.decisions,
            in_full=in_full,
            progress=build.tell,
        )


def _predict(build: Build) -> None:
    from cartera.prediction.predict import predict

    with build.files("work", write=("work",)) as connection:
        predict(connection, as_of=build.inputs.as_of, options=clv_options(), progress=build.tell)


def clv_options() -> Options:
    """The thresholds of the predictions, as the models have them."""
    from cartera.prediction.predict import Options

    variables = project_variables()
    return Options(**{field.name: variables[f"clv_{field.name}"] for field in fields(Options)})


def _describe(build: Build, runs: list[NodeRun], classes: Classes) -> dict[str, Any]:
    """Write ``meta`` and ``ops``; returns the counts that a build ends with."""
    with build.files(*FILES, write=("contacts", "warehouse")) as connection:
        describing.write_ops(
            connection,
            build.publication_id,
            batches.scan(build.settings),
            build.inputs.manifests,
            runs,
        )
        _write_publication(build, connection, "unaudited")
        # The gate's answers come later; the table is described with the others.
        describing.write_quality(connection, [])
        describing.write_columns(connection, build.candidate / "dbt" / "manifest.json", classes)
        return describing.count(connection)


def _audit(build: Build, accept: dict[str, str]) -> GateResult:
    """Pass the gate, on the record. Raises RefusedByData if it is closed."""
    from expectations.gate import run_gate

    settings, name = build.settings, build.publication_id
    result = run_gate(
        build.candidate,
        build.base,
        accept,
        name,
        clock.now(),
        settings.state / "gates" / f"{name}.json",
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )
    for rule, reason in accept.items():
        records.access(settings, "override", rule=rule, reason=reason, build=name)
    failed = [r.rule for r in result.results if r.status in ("failed", "error")]
    records.append(settings, "gates", publication_id=name, status=result.status, failed=failed)
    build.tell(f"gate: {result.status.replace('_', ' ')}")
    if result.status == "refused":
        raise _refusal(name, result)
    return result


def _refusal(publication_id: str, result: GateResult) -> RefusedByData:
    """One paragraph: which rules, why, and some of the keys."""
    told = []
    for rule in result.blocking[:5]:
        found = f"{rule.unexpected_count} rows"
        if rule.status == "error":
            found = rule.observed or "the check could not run"
        elif rule.keys:
            found += f", such as {', '.join(map(str, rule.keys[:3]))}"
        told.append(f"{rule.rule}: {rule.reason} ({found})")
    return RefusedByData(
        f"The gate refused {publication_id}: {'; '.join(told)}.",
        fix=f"{result.blocking[0].remedy} The current publication is untouched.",
    )


def _write_verdict(build: Build, result: GateResult) -> None:
    with build.files("contacts", "warehouse", write=("contacts", "warehouse")) as connection:
        _write_publication(build, connection, result.status)
        describing.write_quality(connection, result.to_rows())
        # To close would do it too, but keeps silent where it fails, as on a full disk.
        connection.execute("checkpoint contacts; checkpoint warehouse")


def _write_publication(
    build: Build, connection: duckdb.DuckDBPyConnection, gate_status: str
) -> None:
    describing.write_publication(
        connection,
        build.publication_id,
        build.inputs,
        build.started,
        SCHEMA_VERSION,
        gate_status,
    )


def _publish(build: Build) -> Publication:
    """Leave only what is published in the folder, make it current, export the ledger."""
    from cartera.arrows.restoring import leave_outdated
    from cartera.identity.ledger import export_ledger

    for leftover in ("work.duckdb", "work.duckdb.wal"):
        (build.candidate / leftover).unlink(missing_ok=True)
    for folder in ("dbt", "spill"):
        shutil.rmtree(build.candidate / folder, ignore_errors=True)
    publication = publications.publish(
        build.settings,
        build.candidate,
        build.publication_id,
        build.inputs.base,
        as_of=build.inputs.as_of.isoformat(),
    )
    with connect(build.settings) as connection:
        attach(connection, publication.contacts, "contacts", write=False)
        export_ledger(build.settings, connection, "contacts")
    leave_outdated(build.settings, publication.publication_id)
    publications.prune_by_settings(build.settings)
    build.tell(f"published {build.publication_id}")
    return publication
