"""A publication as Parquet: a file per table, and a manifest that says what they are.

``FOLDER/<publication>/`` is there when it is whole, and ``FOLDER/current`` leads to the newest.
Contact data is in a folder of its own, with a manifest of its own, for its owner alone.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cartera import publications
from cartera.duck import attach, connect, identifier, literal
from cartera.errors import UsageError
from cartera.files import checksum, sync_file, sync_folder, write_json
from cartera.lock import hold
from cartera.publications import CURRENT, Publication
from cartera.settings import Settings

MANIFEST = "manifest.json"
CONTACTS = "contacts"
ASIDE = ".cartera-"
TOLD = ("as_of", "built_at", "gate_status", "schema_version", "reporting_currency")


@dataclass(frozen=True)
class ParquetReport:
    """Where the files are, and how many rows each table has."""

    folder: str
    publication_id: str
    rows: dict[str, int]


def write_parquet(
    settings: Settings, publication: Publication, folder: Path, *, contacts: bool = False
) -> ParquetReport:
    """Write ``publication`` below ``folder``. Raises UsageError if it is there already."""
    target = folder / publication.publication_id
    with hold(settings, "parquet", wait=60), connect(settings) as connection:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        for left in folder.glob(f"{ASIDE}*"):
            shutil.rmtree(left)
        if target.exists():
            raise UsageError(
                f"{target} is there already.", fix="Remove it, or name another folder."
            )
        told = publications.facts(publication)
        facts = {"publication_id": publication.publication_id} | {k: told.get(k) for k in TOLD}
        aside = folder / f"{ASIDE}{publication.publication_id}"
        try:
            rows = _write(connection, publication.warehouse, aside, 0o750, facts)
            if contacts:
                rows |= _write(connection, publication.contacts, aside / CONTACTS, 0o700, facts)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        sync_folder(folder)
        _point_to(folder, publication.publication_id)
    return ParquetReport(str(target), publication.publication_id, rows)


def prune_parquet(settings: Settings, folder: Path) -> list[str]:
    """Delete the publications below ``folder`` that are no longer in the home."""
    kept = {p.publication_id for p in publications.listed(settings)}
    gone = [
        path
        for path in sorted(folder.iterdir())
        if publications.LEFTOVER.fullmatch(path.name)
        and path.name not in kept
        and (path / MANIFEST).is_file()
    ]
    for path in gone:
        shutil.rmtree(path)
    return [path.name for path in gone]


def _write(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    folder: Path,
    mode: int,
    facts: dict[str, Any],
) -> dict[str, int]:
    """Each table of the database ``file`` below ``folder``, and the manifest of them."""
    folder.mkdir(mode=mode)
    attach(connection, file, "source", write=False)
    columns: dict[tuple[str, str], list[dict[str, str]]] = {}
    for schema, table, name, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'source' order by schema_name, table_name, column_index"
    ).fetchall():
        columns.setdefault((schema, table), []).append({"name": name, "type": kind})
    files: list[dict[str, Any]] = []
    for (schema, table), described in columns.items():
        path = folder / schema / f"{table}.parquet"
        path.parent.mkdir(exist_ok=True, mode=mode)
        copied = connection.execute(
            f"copy (from source.{identifier(schema)}.{identifier(table)}) to {literal(path)} "
            "(format parquet, compression zstd)"
        ).fetchone()
        path.chmod(mode & 0o440)
        sync_file(path)
        files.append(
            {
                "schema": schema,
                "table": table,
                "path": path.relative_to(folder).as_posix(),
                "rows": copied[0] if copied else 0,
                "bytes": path.stat().st_size,
                "sha256": checksum(path),
                "columns": described,
            }
        )
    connection.execute("detach source")
    write_json(folder / MANIFEST, {**facts, "files": files}, mode & 0o440)
    return {f"{file['schema']}.{file['table']}": file["rows"] for file in files}


def _point_to(folder: Path, publication_id: str) -> None:
    aside = folder / f".{CURRENT}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(publication_id)
    os.replace(aside, folder / CURRENT)
    sync_folder(folder)
