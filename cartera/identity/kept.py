"""What is dear and depends on nothing that changes, kept from build to build in ``state/identity``.

One thing is kept under a key that stands for all code and settings it depends on, in one or more
Parquet parts. The name of a part holds the digest of its bytes: what is damaged is thrown away,
and a build without it does the work again and comes to the same. Parts may hold contact data:
nobody but the owner reads them, and those of other keys go.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from cartera.duck import literal
from cartera.files import sync_file, sync_folder

# Where there are more parts, they are written anew as one.
MOST_PARTS = 30
_CODE = Path(__file__).parent


def folder(state: Path) -> Path:
    """Where everything that is kept stands."""
    return state / "identity"


def forget(state: Path) -> None:
    """Throw away all that is kept: the next run does all work again."""
    for path in folder(state).glob("*-*-*-*-*.parquet"):
        path.unlink()


@cache
def code_key() -> str:
    """Stands for the code and the word lists of this room, and for the engine."""
    digest = hashlib.blake2b(duckdb.__version__.encode(), digest_size=8)
    for path in sorted([*_CODE.glob("*.py"), *_CODE.glob("seeds/*")]):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Kept:
    """One kept thing: ``<name>-<key>-<generation>-<part>-<digest>.parquet``."""

    state: Path
    name: str
    key: str

    def parts(self) -> list[Path]:
        """The whole parts of the newest generation; empty where nothing is kept, or damaged."""
        found = sorted(folder(self.state).glob(f"{self.name}-{self.key}-*-*-*.parquet"))
        parts = [path for path in found if _generation(path) == _generation(found[-1])]
        if all(digest_of(path) == path.stem.rsplit("-", 1)[1] for path in parts):
            return parts
        for path in found:
            path.unlink()
        return []

    def source(self, parts: list[Path]) -> str:
        """``parts`` as a table of a query."""
        return f"read_parquet([{', '.join(literal(path) for path in parts)}])"

    def add(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Write the rows of ``query`` as one more part, whole or not at all."""
        parts = self.parts()
        generation = _generation(parts[-1]) if parts else 1
        self._write(connection, query, generation, len(parts) + 1)

    def replace(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """Write the rows of ``query`` in place of all parts. It may read them."""
        parts = self.parts()
        generation = _generation(parts[-1]) + 1 if parts else 1
        written = self._write(connection, query, generation, 1)
        for path in folder(self.state).glob(f"{self.name}-*.parquet"):
            if path != written:
                path.unlink()

    def _write(
        self, connection: duckdb.DuckDBPyConnection, query: str, generation: int, number: int
    ) -> Path:
        place = folder(self.state)
        place.mkdir(parents=True, exist_ok=True)
        for left in place.glob(f"{self.name}-*.tmp"):
            left.unlink()
        aside = place / f"{self.name}-{self.key}.tmp"
        aside.touch(mode=0o600)
        connection.execute(
            f"copy ({query}) to {literal(aside)} "
            "(format parquet, compression zstd, use_tmp_file false)"
        )
        sync_file(aside)
        name = f"{self.name}-{self.key}-{generation:06d}-{number:03d}-{digest_of(aside)}.parquet"
        aside.replace(place / name)
        sync_folder(place)
        return place / name


def _generation(path: Path) -> int:
    return int(path.stem.rsplit("-", 3)[1])


def digest_of(path: Path) -> str:
    """Stands for the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
