"""A replay knows what landing knew: which contract, which file, which records stood beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from cartera import batches
from cartera.arrows.replaying import replay_batches
from cartera.errors import RefusedByData, UsageError
from ingestion.contract import Contract, load_contracts
from ingestion.corrections import of_line
from ingestion.landing import ingest_contract
from ingestion.raw import MISFIT
from ingestion.replay import replay
from tests.ingestion.acme import HEADER, Acme, contract

ORDERS = """\
system: acme
source: orders
about: "Payments, and refunds in a folder of their own."
inbox: {folder}
delivery: increment
format: {{type: csv}}
columns:
  order_id: id
  kind: {{constant: {kind}}}
  ordered_at: day
  channel: {{constant: online}}
  currency: {{constant: EUR}}
  gross_amount: price
ignore: [name]
reject_limit: 1
"""


def write_parts(acme: Acme) -> None:
    folder = acme.settings.contracts / "acme"
    folder.mkdir(parents=True)
    for name, inbox, kind in [("orders", "paid", "order"), ("orders.refunds", "back", "refund")]:
        part = name.partition(".")[2]
        text = ORDERS.format(folder=inbox, kind=kind)
        (folder / f"{name}.yml").write_text(text + (f"part: {part}\n" if part else ""))


def test_of_a_source_in_parts_the_contract_of_the_delivery_is_taken(acme: Acme) -> None:
    """A refund that is corrected is no order."""
    write_parts(acme)
    acme.deliver(HEADER + b"1,x,5,2026-01-01\n2,x,6,soon\n", source="back")
    for each in load_contracts(acme.settings.contracts, "acme"):
        ingest_contract(acme.settings, each)
    (batch,) = acme.batches("orders")
    replay_batches(
        acme.settings, [batch], corrections=of_line(acme.settings, 3, {"day": "2026-01-02"})
    )
    (batch,) = acme.batches("orders")
    assert acme.rows(batch, "order_id, kind") == [("1", "refund"), ("2", "refund")]


def test_a_batch_that_no_contract_takes_any_more_says_so(acme: Acme) -> None:
    write_parts(acme)
    acme.deliver(HEADER + b"2,x,6,soon\n", source="back")
    for each in load_contracts(acme.settings.contracts, "acme"):
        ingest_contract(acme.settings, each)
    (acme.settings.contracts / "acme" / "orders.refunds.yml").unlink()
    with pytest.raises(UsageError, match="no contract any more for acme/back/"):
        replay_batches(acme.settings, acme.batches("orders"))


def test_the_file_s_name_is_that_of_the_delivery(acme: Acme) -> None:
    columns: dict[str, Any] = {"product_id": "id", "name": "_file", "list_price": "price"}
    which = contract(columns=columns, ignore=["name", "day"], reject_limit=1)
    acme.deliver(HEADER + b"1,x,1,\n2,x,much,\n", "spring.csv")
    acme.ingest(which)
    (batch,) = acme.batches()
    replay(acme.settings, which, [batch], of_line(acme.settings, 3, {"price": "2"}))
    (batch,) = acme.batches()
    assert acme.column(batch, "name") == ["spring", "spring"]


def test_records_that_are_numbered_among_others_are_read_with_them_or_not_at_all(
    acme: Acme,
) -> None:
    columns: dict[str, Any] = {
        "order_id": "id",
        "line_id": {"number_in": ["id"]},
        "product_id": "name",
        "quantity": "price",
        "gross_amount": {"constant": "1"},
    }
    which = contract(source="order_lines", columns=columns, ignore=["day"], reject_limit=1)
    acme.deliver(HEADER + b"A,anvil,1,\nA,rope,many,\n", source="order_lines")
    acme.ingest(which)
    (batch,) = acme.batches("order_lines")
    with pytest.raises(UsageError, match="by their place among the others"):
        replay(acme.settings, which, [batch], of_line(acme.settings, 3, {"price": "2"}))


def test_one_batch_that_cannot_be_replayed_keeps_no_other_back(acme: Acme) -> None:
    """A quarantine of before replays were known names what to do, and the next one lands."""
    folder = acme.settings.contracts / "acme"
    folder.mkdir(parents=True)
    text = ORDERS.format(folder="orders", kind="order")
    (folder / "orders.yml").write_text(text)
    for day in ("01", "02"):
        acme.deliver(HEADER + b"1,x,5,31/12/2025\n", f"2026-01-{day}.csv", "orders")
    (which,) = load_contracts(acme.settings.contracts, "acme")
    ingest_contract(acme.settings, which)
    first, second = acme.batches("orders")
    old = first.rejected(acme.settings)
    aside = old.with_suffix(".old")
    duckdb.execute(f"copy (select line, rule, record from '{old}') to '{aside}' (format parquet)")
    aside.rename(old)
    (folder / "orders.yml").write_text(
        text.replace("{type: csv}", '{type: csv, timestamp: ["%d/%m/%Y"]}')
    )
    with pytest.raises(RefusedByData, match="earlier version") as refused:
        replay_batches(acme.settings, [first, second])
    assert [row["landed"] for row in refused.value.report] == [0, 1]
    assert [m.accepted for m in acme.batches("orders")] == [0, 1]


def orders_of_lines() -> Contract:
    """An order is the records with one id, its amount the sum of their prices."""
    columns: dict[str, Any] = {
        "order_id": "id",
        "kind": {"constant": "order"},
        "ordered_at": {"from": "day", "take": "min"},
        "channel": {"constant": "store"},
        "currency": {"constant": "EUR"},
        "gross_amount": {"from": "price", "take": "sum"},
    }
    return contract(
        source="orders", group_by=["id"], columns=columns, ignore=["name"], reject_limit=1
    )


def test_a_sum_that_fits_no_column_is_told_without_its_values(acme: Acme) -> None:
    """DuckDB's own error would show them."""
    which = orders_of_lines()
    most = "9999999999999999.99"
    content = f"1,x,1,2026-01-01\n2,y,{most},2026-01-01\n2,y,much,2026-01-01\n"
    acme.deliver(HEADER + content.encode(), source="orders")
    acme.ingest(which)
    (batch,) = acme.batches("orders")
    assert batch.quarantined == 2
    before = acme.stored()
    done = replay(acme.settings, which, [batch], of_line(acme.settings, 4, {"price": most}))
    assert [(one.landed, one.reason) for one in done] == [(0, MISFIT)]
    assert (acme.batches("orders"), acme.stored()) == ([batch], before)


def test_a_correction_moves_no_record_to_another_group(acme: Acme) -> None:
    which = orders_of_lines()
    content = b"1,x,1,2026-01-01\n2,y,oops,2026-01-01\n2,y,4,2026-01-01\n"
    acme.deliver(HEADER + content, source="orders")
    acme.ingest(which)
    (batch,) = acme.batches("orders")
    correction = of_line(acme.settings, 3, {"price": "3", "id": "1"})
    with pytest.raises(UsageError, match="changes what its group is known by"):
        replay(acme.settings, which, [batch], correction)
    assert acme.batches("orders") == [batch]


def test_a_file_without_its_header_shows_no_contact_data(acme: Acme) -> None:
    acme.deliver(b"7,ana.perez@example.com,+34600111222,2026-01-01\n8,Ana Perez,1,\n")
    acme.ingest()
    (held,) = acme.batches()
    assert held.state == "held"
    assert "it has no header" in held.reason
    said = Path(held.folder(acme.settings) / batches.MANIFEST).read_text()
    assert not any(word in said for word in ("ana", "example", "600111"))
