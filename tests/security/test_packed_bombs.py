"""A small file that unpacks to a huge one stops at the limit, and waits for somebody's word."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cartera import batches
from cartera.batches import Manifest
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


def hold(company: Acme, content: bytes, name: str, **changes: Any) -> Manifest:
    """The batch of a delivery that waits unread: nothing of it has landed."""
    held = company.land(content, name, **changes)
    assert (held.state, held.is_readable, held.received, held.landed_rows) == ("held", False, 0, 0)
    assert [path.rpartition("/")[2] for path in company.stored()] == ["manifest.json"]
    return held


@pytest.mark.parametrize("ending", PACK)
def test_what_unpacks_to_many_times_its_size_is_held(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(inflation, "HARMLESS_BYTES", MEGABYTE)
    held = hold(acme(settings), PACK[ending](BOMB), f"a.csv{ending}")
    assert "it unpacks to more than 200 times its size" in held.reason
    assert "CARTERA_MAX_INFLATION" in held.reason


@pytest.mark.parametrize("ending", PACK)
def test_what_unpacks_to_more_than_the_limit_is_held(settings: Settings, ending: str) -> None:
    company = acme(settings, max_inflated="5MB", max_inflation=10_000)
    held = hold(company, PACK[ending](BOMB), f"a.csv{ending}")
    assert held.reason.startswith("it unpacks to more than 5MB: have it delivered in parts")


def test_a_bomb_stops_nothing_and_lands_when_somebody_says_that_it_is_none(
    settings: Settings,
) -> None:
    small = acme(settings, max_inflated="5MB", max_inflation=10_000)
    held = hold(small, gzip.compress(BOMB), "2026-01-01.csv.gz")
    # What comes after it lands; itself it is a repeat, and told of as every held batch is.
    small.deliver(GOOD, "2026-01-02.csv")
    after = small.ingest()
    assert (after.batches, after.repeats, after.accepted) == (1, 1, 2)
    with pytest.raises(UsageError, match="nothing to release: it unpacks") as refused:
        batches.set_state(settings, held.batch_id, "landed", "it is right")
    assert "--again" in refused.value.fix
    batches.set_state(settings, held.batch_id, "discarded", "it is right", again=True)
    done = acme(settings, max_inflation=10_000).ingest()
    assert (done.batches, done.repeats, done.held) == (1, 1, [])
    assert done.accepted == BOMB.count(b"\n") - 1
    assert [m.state for m in small.batches()] == ["landed", "landed"]


def test_it_is_looked_at_in_little_memory(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(60 * MEGABYTE)))
    tracemalloc.start()
    try:
        assert inflation.too_large(path, settings, is_parquet=False) == ""
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_parquet_file_of_millions_of_nothings_is_held(settings: Settings) -> None:
    """Its pages hold one run of one value: some kilobytes on disk, and each row is a row."""
    few = pa.table({name: pa.nulls(2_000_000, pa.string()) for name in ("id", "name", "price")})
    pq.write_table(few, settings.home.parent / "bomb.parquet", row_group_size=2_000_000)
    content = (settings.home.parent / "bomb.parquet").read_bytes()
    assert len(content) < 20_000
    company = acme(settings, max_inflated="5MB")
    held = hold(company, content, "a.parquet", format={"type": "parquet"})
    assert "by its footer it has 2000000 rows" in held.reason


def test_what_is_packed_well_is_no_bomb(settings: Settings) -> None:
    content = gzip.compress(GOOD + b"x,y,z,w\n" * (MEGABYTE // 8))
    assert acme(settings).land(content, "a.csv.gz").accepted == 2


def test_the_limit_is_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTERA_MAX_INFLATED", "")
    with pytest.raises(UsageError, match="CARTERA_MAX_INFLATED"):
        load_settings()
