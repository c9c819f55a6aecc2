"""What a build leaves for the next one: who was compared, and what came of it, in one file.

``state/identity/base-<key>-<publication>-<digest>.duckdb`` is attached as ``base``. A build on top
of that publication copies it, works on what changed, and leaves a file of its own. The key stands
for all code and settings that results depend on. A file that is missing, damaged, or of another
key or publication, counts for nothing: then everything is done again, and comes to the same. It
holds contact data: nobody but the owner reads it.

================  ==========================================================================
``people``        each record as it is compared, under a ``place`` that it keeps
``owners``        place, customer_id
``judged``        place_a, place_b (by key), and all that was found of a pair that was near
``closed``        blocks that are too large
``block_sizes``   is_wide, records, blocks: how many blocks of each size there are
``shared``        identifiers that many share
``dates``         birth dates that were made up
``domains``       mistyped domains and what they mean
``links``         customers who belong together
``facts``         the prior, and the largest block that was used
================  ==========================================================================
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from cartera.duck import attach, create_file
from cartera.files import sync_file, sync_folder
from cartera.identity.model import Model
from cartera.identity.survivorship import Survival

ALIAS = "base"
_CODE = Path(__file__).parent


@dataclass(frozen=True)
class Base:
    """The files of builds under one key."""

    state: Path
    key: str

    def file(self, publication_id: str) -> Path | None:
        """What ``publication_id`` left, if it is there and whole."""
        for path in folder(self.state).glob(f"base-{self.key}-{publication_id}-*.duckdb"):
            if path.stem.rpartition("-")[2] == digest_of(path):
                return path
        return None

    def aside(self) -> Path:
        """Where the next one is written, until it is whole."""
        return folder(self.state) / "base.duckdb.tmp"

    def open_copy(self, connection: duckdb.DuckDBPyConnection, publication_id: str) -> bool:
        """Attach a copy of what ``publication_id`` left; False if there is nothing."""
        file = self.file(publication_id)
        if file is None:
            return False
        self._start_anew(connection)
        shutil.copyfile(file, self.aside())
        self.aside().chmod(0o600)
        attach(connection, self.aside(), ALIAS, write=True)
        return True

    def open_new(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach an empty file."""
        self._start_anew(connection)
        create_file(connection, self.aside(), ALIAS)
        self.aside().chmod(0o600)

    def _start_anew(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.close(connection)
        self.aside().parent.mkdir(parents=True, exist_ok=True)
        for left in self.aside().parent.glob(f"{self.aside().name}*"):
            left.unlink()

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let go of the file, if it is open."""
        if is_open(connection):
            connection.execute(f"detach {ALIAS}")

    def keep(
        self, connection: duckdb.DuckDBPyConnection, publication_id: str, before: str | None
    ) -> None:
        """Make the open file that of ``publication_id``. Those of all but ``before`` go."""
        connection.execute(f"checkpoint {ALIAS}; detach {ALIAS}")
        sync_file(self.aside())
        stem = f"base-{self.key}-{publication_id}"
        made = self.aside().replace(folder(self.state) / f"{stem}-{digest_of(self.aside())}.duckdb")
        sync_folder(folder(self.state))
        for path in folder(self.state).glob("base-*.duckdb"):
            if path != made and not (before and f"-{before}-" in path.name):
                path.unlink()


def folder(state: Path) -> Path:
    """Where everything stands that builds leave for each other."""
    return state / "identity"


@cache
def code_key() -> str:
    """Stands for the code and the word lists of this room, and for the engine."""
    digest = hashlib.blake2b(duckdb.__version__.encode(), digest_size=8)
    for path in sorted([*_CODE.glob("*.py"), *_CODE.glob("seeds/*")]):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """Stands for the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


def is_open(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a file is attached."""
    names = connection.execute("select database_name from duckdb_databases()").fetchall()
    return (ALIAS,) in names


def base_of(
    connection: duckdb.DuckDBPyConnection,
    state: Path,
    model: Model,
    default_country: str,
    survivorship: Mapping[str, Survival],
) -> Base:
    """The files that a build with this code, model and these settings may stand on."""
    columns = connection.execute("describe work.staging.stg_people").fetchall()
    told = [str(column[:2]) for column in columns]
    text = "|".join([code_key(), model.key, default_country, repr(survivorship), *told])
    return Base(state, hashlib.blake2b(text.encode(), digest_size=6).hexdigest())


def leave(connection: duckdb.DuckDBPyConnection, base: Base, model: Model, largest: int) -> None:
    """Write all of a build that looked at everybody. ``work.identity`` has all its tables."""
    records = connection.execute("select count(*) from work.identity.records").fetchall()[0][0]
    base.open_new(connection)
    connection.execute(
        f"""
        create table base.people as select record as place, * exclude (record)
            from work.identity.records;
        create table base.owners as
            select record as place, customer_id from work.identity.assigned;
        create table base.judged as
            select record_a as place_a, record_b as place_b, * exclude (record_a, record_b)
            from judged;
        create table base.closed as from closed;
        create table base.block_sizes as from block_counts;
        create table base.shared as from work.identity.shared_identifiers;
        create table base.dates as from made_up_dates;
        create table base.domains as from meant_domains;
        create table base.links as from work.identity.customer_links;
        create table base.facts as
            select {model.prior_bits(records)!r}::double as prior, {largest} as largest;
        """
    )
