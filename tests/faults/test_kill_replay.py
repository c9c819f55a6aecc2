"""A replay that is killed with SIGKILL leaves the batch of before or the one after, never both."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cartera import batches, faults
from cartera.settings import Settings
from tests.faults import homes
from tests.faults.homes import INGEST, Home

REPLAY_POINTS = [name for name in faults.POINTS if name.startswith("replay.")]
PRODUCTS = """
system: acme
source: products
about: Products of the tests.
delivery: DELIVERY
reject_limit: 1
format: {type: csv, date: [DATES]}
columns: {product_id: id, name: name, launched_on: day}
"""
ORDERS = """
system: acme
source: orders
about: Orders of the tests, of which each has some lines.
inbox: products
delivery: increment
reject_limit: 1
format: {type: csv, timestamp: [DATES]}
group_by: [id]
ignore: [name]
columns:
  order_id: id
  kind: {constant: order}
  ordered_at: {from: day, take: min}
  channel: {constant: store}
  currency: {constant: EUR}
  gross_amount: {constant: "1"}
"""
CONTENT = "id,name,day\n1,a,2026-01-01\n2,b,31/12/2025\n1,c,2026-01-02\n2,d,01/02/2026\n3,e,soon\n"
KINDS = {
    "increment": PRODUCTS.replace("DELIVERY", "increment"),
    "snapshot": PRODUCTS.replace("DELIVERY", "snapshot"),
    "group": ORDERS,
}


def mend(home: Home, kind: str, dates: str) -> None:
    source = "orders" if kind == "group" else "products"
    path = home.path / "contracts" / "acme" / f"{source}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(KINDS[kind].replace("DATES", dates))


def counted(home: Home) -> tuple[int, int, int, int]:
    """Received, accepted and refused of the one live batch, and its rows, told by its files too."""
    (batch,) = batches.readable(batches.scan(Settings(home=home.path, hash_key="k")))
    folder = Path(batch.source, f"partition={batch.partition}", f"batch={batch.batch_id}")
    landed = pq.read_metadata(home.path / "landing" / folder / "data.parquet").num_rows
    refused = pq.read_metadata(home.path / "quarantine" / folder / "rows.parquet").num_rows
    assert (landed, refused) == (batch.landed_rows, batch.quarantined)
    return batch.received, batch.accepted, refused, landed


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_replay_killed_at_each_point_is_done_once(tmp_path: Path, kind: str) -> None:
    """Each run is also the next one of the run that was killed before it."""
    home = Home(tmp_path / "home", tmp_path / "recording")
    mend(home, kind, "iso")
    path = home.path / "inbox" / "acme" / "products" / "2026-01-02.csv"
    path.parent.mkdir(parents=True)
    path.write_text(CONTENT)
    assert home.run((*INGEST, "acme"), replay=()).code == 0
    mend(home, kind, "iso, '%d/%m/%Y'")
    command = ("quarantine", "replay", "--all")
    rows = (1, 2) if kind == "group" else (2, 4)
    for point in REPLAY_POINTS:
        assert counted(home) == (5, 2, 3, rows[0])
        home.kill_at(command, point, replay=())
    assert REPLAY_POINTS[-1] == "replay.after_manifest"
    assert counted(home) == (5, 4, 1, rows[1])
    done = home.run((*command, "--json"), replay=())
    assert done.code == 0, done.said
    assert [(row["landed"], row["left"]) for row in json.loads(done.printed)] == [(0, 1)]
    assert counted(home) == (5, 4, 1, rows[1])
    # The batch of before and the one after, and nothing half.
    assert len(list(home.path.glob("landing/*/*/*/manifest.json"))) == 2
    assert len(list(home.path.glob("landing/*/*/*"))) == 2
    homes.assert_whole(home)
    assert (home.path / "state" / "replays.jsonl").read_text().count("\n") >= 1
