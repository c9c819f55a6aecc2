"""A small file that unpacks to a huge one stops at the limit, and nothing of it lands."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cartera.errors import UsageError
from cartera.settings import Settings, load_settings
from ingestion import inflation
from tests.ingestion.acme import GOOD, Acme

MEGABYTE = 1 << 20
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}
LINE = b"1,anvil,1.5,2026-01-01\n"
BOMB = GOOD + LINE * (8 * MEGABYTE // len(LINE))


def acme(settings: Settings, **limits: object) -> Acme:
    return Acme(settings.model_copy(update=limits))


@pytest.mark.parametrize("ending", PACK)
def test_what_unpacks_to_many_times_its_size_does_not_land(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(inflation, "HARMLESS_BYTES", MEGABYTE)
    told = acme(settings).refuse(PACK[ending](BOMB), f"a.csv{ending}")
    assert "it unpacks to more than 200 times its size" in told
    assert "CARTERA_MAX_INFLATION" in told


@pytest.mark.parametrize("ending", PACK)
def test_what_unpacks_to_more_than_the_limit_does_not_land(settings: Settings, ending: str) -> None:
    company = acme(settings, max_inflated="5MB", max_inflation=10_000)
    told = company.refuse(PACK[ending](BOMB), f"a.csv{ending}")
    assert told.startswith("FILE: it unpacks to more than 5MB.")


def test_it_is_looked_at_in_little_memory(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(60 * MEGABYTE)))
    tracemalloc.start()
    try:
        inflation.check_inflation(path, settings, is_parquet=False)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_parquet_file_of_millions_of_nothings_does_not_land(settings: Settings) -> None:
    """Its pages hold one run of one value: some kilobytes on disk, and each row is a row."""
    few = pa.table({name: pa.nulls(2_000_000, pa.string()) for name in ("id", "name", "price")})
    pq.write_table(few, settings.home.parent / "bomb.parquet", row_group_size=2_000_000)
    content = (settings.home.parent / "bomb.parquet").read_bytes()
    assert len(content) < 20_000
    told = acme(settings, max_inflated="5MB").refuse(
        content, "a.parquet", format={"type": "parquet"}
    )
    assert "by its footer it has 2000000 rows" in told


def test_what_is_packed_well_is_no_bomb(settings: Settings) -> None:
    content = gzip.compress(GOOD + b"x,y,z,w\n" * (MEGABYTE // 8))
    assert acme(settings).land(content, "a.csv.gz").accepted == 2


def test_the_limit_is_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_MAX_INFLATED", "")
    with pytest.raises(UsageError, match="CARTERA_MAX_INFLATED"):
        load_settings()
