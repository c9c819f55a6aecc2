"""What a build depends on, frozen before it starts: the same inputs give the same rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from cartera import batches, clock, publications
from cartera.batches import Manifest
from cartera.errors import CarteraError, RefusedByData
from cartera.files import checksum
from cartera.identity.model import load_model
from cartera.identity.stewards import Decision, load_decisions
from cartera.identity.survivorship import survivorship_file
from cartera.party_keys import write_party_keys
from cartera.settings import CHECKOUT, Settings

CODE = ("cartera", "ingestion", "dbt_project", "expectations")
# What people are called whom facts name by an e-mail or a phone alone.
PARTY_KEYS = "work.landing.party_keys"
SUFFIXES = (".py", ".sql", ".yml", ".csv")


@dataclass(frozen=True)
class Inputs:
    """The batches, the day, the base publication, settings, code, stewards' decisions and model."""

    as_of: date
    manifests: list[Manifest]
    base: str | None
    business_timezone: str
    reporting_currency: str
    default_country: str
    code: str
    decisions: tuple[Decision, ...] = ()
    survivorship: str = ""
    model: str = ""

    @property
    def as_of_at(self) -> datetime:
        """The exclusive end of the data, aware, in UTC."""
        return clock.midnight_utc(self.as_of, self.business_timezone)

    @property
    def variables(self) -> dict[str, str]:
        """What the models are told of these inputs."""
        return {
            "as_of": self.as_of.isoformat(),
            "as_of_at": self.as_of_at.strftime("%Y-%m-%d %H:%M:%S"),
            "business_timezone": self.business_timezone,
            "reporting_currency": self.reporting_currency,
        }

    @property
    def hash(self) -> str:
        """Names these inputs: a hex digest."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        parts["manifests"] = [m.batch_id for m in self.manifests]
        # Where a decision is written says nothing; a home may be moved.
        parts["decisions"] = [asdict(replace(d, where="")) for d in self.decisions]
        return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


def freeze(settings: Settings, as_of: date) -> Inputs:
    """The inputs of a build that starts now.

    Raises RefusedByData if nothing has landed, ContractError for a steward's file that is wrong.
    """
    manifests = batches.readable(batches.scan(settings))
    if not manifests:
        raise RefusedByData(
            f"Nothing has landed in {settings.landing}.",
            fix="Put files into the inbox and run `cartera ingest`, or `cartera demo`.",
        )
    return Inputs(
        as_of=as_of,
        manifests=manifests,
        base=publications.current_id(settings),
        business_timezone=settings.business_timezone,
        reporting_currency=settings.reporting_currency,
        default_country=settings.default_country,
        code=code_version(),
        decisions=load_decisions(settings),
        survivorship=checksum(survivorship_file(settings)),
        model=load_model(settings.state).key,
    )


def code_version() -> str:
    """A digest of the code, the models, the seeds and the contracts of this checkout."""
    digest = hashlib.sha256()
    for room in CODE:
        for path in sorted((CHECKOUT / room).rglob("*")):
            if path.suffix in SUFFIXES and "target" not in path.parts:
                digest.update(path.relative_to(CHECKOUT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def expose_landing(
    settings: Settings, connection: duckdb.DuckDBPyConnection, inputs: Inputs
) -> None:
    """``work.landing``: the frozen batches, and a typed view of each source over their files.

    Raises CarteraError if a landed file is gone.
    """
    from ingestion.contract import load_source, source_names
    from ingestion.views import landing_view

    connection.execute("create schema work.landing")
    ordered = sorted(inputs.manifests, key=lambda m: (m.order, m.batch_id))
    ranks = pa.table(
        {
            "batch": pa.array([m.batch_id for m in ordered], pa.string()),
            "batch_rank": pa.array(range(len(ordered)), pa.int64()),
        }
    )
    connection.register("ranks_arrow", ranks)
    connection.execute("create table work.landing.batches as from ranks_arrow")
    connection.unregister("ranks_arrow")
    files = {
        name: [m.data(settings) for m in ordered if m.source == name and m.landed_rows]
        for name in source_names()
    }
    missing = [path for paths in files.values() for path in paths if not path.exists()]
    if missing:
        raise CarteraError(
            f"{missing[0]}: named by its manifest, and not there.",
            fix="Restore it from a backup; a landed file is never deleted by hand.",
        )
    named = _name_parties(settings, connection, files)
    for name, paths in files.items():
        view = landing_view(load_source(name), paths, keys=PARTY_KEYS if name in named else "")
        connection.execute(f"create view work.landing.{name} as {view}")
    _count_rows_read(connection, source_names())


def _name_parties(
    settings: Settings, connection: duckdb.DuckDBPyConnection, files: Mapping[str, list[Path]]
) -> set[str]:
    """``work.landing.party_keys``: names of whom landed rows name without an id.

    Returns the sources that have such rows. Most name everybody by an id.
    """
    from ingestion.contract import load_source
    from ingestion.views import parties_in

    sources = [load_source(name) for name in files]
    told = [parties_in(s, files[s.source]) for s in sources if s.names_without_id]
    connection.execute(f"create temp table parties as {' union all '.join(told)}")
    write_party_keys(settings, connection, "from parties", "party_keys")
    connection.execute(f"create table {PARTY_KEYS} as from party_keys")
    rows = connection.execute("select distinct source from parties").fetchall()
    connection.execute("drop table parties; drop table party_keys")
    return {name for (name,) in rows}


def _count_rows_read(connection: duckdb.DuckDBPyConnection, sources: Iterable[str]) -> None:
    """``work.landing.rows_read``: what staging finds of each batch, for the gate.

    The gate sees no files but the candidate's, so it could not count them itself.
    """
    counts = " union all ".join(
        f"select batch_rank, count(*) as rows from work.landing.{name} group by batch_rank"
        for name in sources
    )
    connection.execute(
        f"create table work.landing.rows_read as "
        f"select batch, rows from ({counts}) join work.landing.batches using (batch_rank)"
    )
