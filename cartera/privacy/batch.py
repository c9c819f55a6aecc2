"""A batch without the erased, as it is being made: by an ingest, a replay or a sweep."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cartera import tombstones
from cartera.batches import REJECTED
from cartera.privacy.refused import find_in_refused, kept_files, rejects_of, strip_refused
from cartera.privacy.strip import Rows, find_in_landed, list_removed, mark, strip_landed
from cartera.settings import Settings
from ingestion.contract import Contract
from ingestion.source import Source
from ingestion.stripping import Strip, Stripped


def stripping(settings: Settings) -> Strip | None:
    """What landing has done to its batches; nothing where nobody was ever erased."""
    if not tombstones.are_there(settings):
        return None

    def strip(
        connection: duckdb.DuckDBPyConnection, contract: Contract, data: Path, refused: Path
    ) -> Stripped:
        return strip_files(
            settings, connection, contract.model, contract, contract.system, data, refused
        )

    return strip


def strip_files(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    contract: Contract | None,
    system: str,
    data: Path,
    refused: Path,
) -> Stripped:
    """Take the erased out of the files of a batch that nobody reads yet.

    ``contract`` says where in refused records ids stand; without one every word may be an id.
    """
    rows = Rows()
    if data.exists() and find_in_landed(settings, connection, source, [data]):
        rows = mark(connection, source, [data]).get(data, rows)
        if rows.anything:
            strip_landed(connection, source, data, data)
    kept = kept_files(refused)
    if not kept or not (
        find_in_refused(settings, connection, contract, system, kept) or rows.removed
    ):
        return Stripped(rows.removed, 0, rows.unidentified)
    if rows.removed:
        list_removed(connection, data)
    gone, rejects = strip_kept(connection, kept, places_move=bool(rows.removed))
    return Stripped(rows.removed, gone, rows.unidentified, rejects)


def strip_kept(
    connection: duckdb.DuckDBPyConnection, kept: list[Path], *, places_move: bool
) -> tuple[int, dict[str, int]]:
    """Take ``gone_records`` out of what a batch has in quarantine.

    Returns how many refused records went, and those that stay by rule.
    """
    if not places_move:
        connection.execute("create or replace temp table removed (n bigint)")
    gone = 0
    rejects: dict[str, int] = {}
    for path in kept:
        before = rejects_of(connection, path) if path.name == REJECTED else {}
        left = strip_refused(connection, path, path)
        if path.name == REJECTED:
            rejects = rejects_of(connection, path)
            gone = sum(before.values()) - sum(rejects.values())
        if not left:
            path.unlink()
    return gone, rejects
