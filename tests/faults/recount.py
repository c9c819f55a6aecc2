"""Counts the records of the inbox with Python's own readers, knowing nothing of contracts."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pyarrow.parquet as pq

# What the exporting systems write, as their manuals would say; all others write plain CSV.
DIALECTS = {
    "till": ("latin-1", ";"),
    "loyalty": ("latin-1", ";"),
    "leadtool": ("utf-8", "\t"),
}


def records_in(path: Path, system: str) -> int:
    """How many records a delivered file holds, broken ones included."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        return int(pq.read_metadata(path).num_rows)
    opener = gzip.open if path.suffix == ".gz" else open
    encoding, delimiter = DIALECTS.get(system, ("utf-8", ","))
    # Bytes that are no text spoil a record, and it is one all the same.
    with opener(path, "rt", encoding=encoding, errors="replace", newline="") as file:
        if name.endswith(".jsonl"):
            return sum(1 for line in file if line.strip())
        rows = csv.reader(file, delimiter=delimiter)
        next(rows)
        return sum(1 for row in rows if row)


def inbox(folder: Path) -> dict[str, int]:
    """Records of every file below the inbox, by path."""
    return {
        path.relative_to(folder).as_posix(): records_in(path, path.relative_to(folder).parts[0])
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
