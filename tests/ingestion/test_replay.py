"""What is refused can land later: in its place, once, and on the record."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import duckdb
import pytest

from cartera import batches, records
from cartera.errors import UsageError
from ingestion.corrections import of_line
from tests.ingestion.acme import HEADER, Acme, contract
from tests.ingestion.replaying import again, only

BOTH_DATES: dict[str, Any] = {"format": {"type": "csv", "date": ["iso", "%d/%m/%Y"]}}
JSONL: dict[str, Any] = {"format": {"type": "jsonl"}}
LINES = b"basket,who,at,paid\n"
ORDERS: dict[str, Any] = {
    "source": "orders",
    "inbox": "lines",
    "group_by": ["basket"],
    "ignore": ["who"],
    "columns": {
        "order_id": {"from": "basket", "take": "first"},
        "kind": {"constant": "order"},
        "ordered_at": {"from": "at", "take": "min"},
        "channel": {"constant": "store"},
        "currency": {"constant": "EUR"},
        "gross_amount": {"from": "paid", "take": "sum"},
    },
}


def test_what_the_mended_contract_reads_lands_in_its_place(acme: Acme) -> None:
    content = HEADER + (
        b"1,first,1,2026-01-01\n2,a,1,31/12/2025\n1,second,1,2026-01-02\n"
        b"3,b,much,2026-01-01\n1,third,1,01/02/2026\n4,ragged\n5,c,1,\n6,d,2,03/02/2026\n"
    )
    old = acme.land(content)
    assert (old.accepted, old.quarantined) == (3, 5)
    done = again(acme, contract(**BOTH_DATES), old)
    new = only(acme)
    assert (done.landed, done.left, done.batch_id) == (3, 2, new.batch_id)
    assert acme.column(new, "name") == ["first", "a", "second", "third", "c", "d"]
    assert (new.received, new.accepted, new.quarantined) == (8, 6, 2)
    assert (new.replaces, new.version, new.order) == (old.batch_id, 2, old.order)
    assert [(line, rule) for line, rule, _ in acme.refused(new)] == [
        (5, "unreadable:list_price"),
        (7, "ragged:missing_columns"),
    ]
    # What had landed is as it was.
    assert acme.column(old, "name") == ["first", "second", "c"]
    assert batches.find(acme.settings, old.batch_id) == new


def test_a_replay_run_twice_changes_nothing(acme: Acme) -> None:
    old = acme.land(HEADER + b"1,a,1,31/12/2025\n2,b,much,\n")
    again(acme, contract(**BOTH_DATES), old)
    before = acme.stored()
    done = again(acme, contract(**BOTH_DATES), old)
    assert (done.landed, done.left, acme.stored()) == (0, 1, before)
    assert acme.ingest(contract(**BOTH_DATES)).repeats == 1
    assert len(records.read(acme.settings, "replays")) == 1


def test_a_record_can_be_replayed_long_after_its_file_is_gone(acme: Acme) -> None:
    old = acme.land(HEADER + b"1,a,1,31/12/2025\n")
    next(acme.settings.inbox.rglob("*.csv")).unlink()
    assert again(acme, contract(**BOTH_DATES), old).landed == 1


def test_later_replays_go_on_from_the_ones_before(acme: Acme) -> None:
    rows = b"".join(b"%d,n%d,%s,\n" % (n, n, b"x" if n % 3 else b"1") for n in range(1, 13))
    old = acme.land(HEADER + rows)
    for line in (11, 3, 9, 6):
        done = again(acme, contract(), old, of_line(acme.settings, line, {"price": "7"}))
        assert done.landed == 1
    names = acme.column(only(acme), "name")
    assert names == sorted(names, key=lambda name: int(name[1:]))
    assert only(acme).version == 5


def test_a_held_batch_lands_when_nothing_holds_it_any_more(acme: Acme) -> None:
    limit: dict[str, Any] = {"reject_limit": 0.3}
    held = acme.land(HEADER + b"1,a,1,31/12/2025\n2,b,1,31/12/2025\n3,c,much,\n", **limit)
    assert held.state == "held"
    done = again(acme, contract(**limit), held, of_line(acme.settings, 2, {"day": ""}))
    assert (done.state, done.landed, done.reason[:6]) == ("held", 1, "2 of 3")
    done = again(acme, contract(reject_limit=0.5, **BOTH_DATES), held)
    assert (done.state, done.landed, done.reason) == ("landed", 1, "")
    assert [m.accepted for m in batches.readable(acme.batches())] == [2]


def test_a_batch_that_somebody_released_stays_released(acme: Acme) -> None:
    held = acme.land(HEADER + b"1,a,1,31/12/2025\n2,b,much,\n3,c,much,\n", reject_limit=0)
    batches.set_state(acme.settings, held.batch_id, "landed", "known")
    done = again(acme, contract(reject_limit=0, **BOTH_DATES), held)
    assert (done.state, done.left, only(acme).reason) == ("landed", 2, "known")


def test_a_discarded_batch_is_not_replayed(acme: Acme) -> None:
    old = acme.land(HEADER + b"1,a,much,\n")
    batches.set_state(acme.settings, old.batch_id, "discarded", "wrong file")
    with pytest.raises(UsageError, match="was discarded: wrong file"):
        again(acme, contract(), old)


@pytest.mark.parametrize("by", ["ingest", "replay"])
def test_a_batch_whose_columns_did_not_fit_is_taken_again_once_its_contract_is_mended(
    acme: Acme, by: str
) -> None:
    held = acme.land(b"id,name,amount,day\n1,a,1,2026-01-01\n2,b,much,\n")
    assert (held.state, held.is_readable) == ("held", False)
    assert acme.ingest().repeats == 1
    assert again(acme, contract(), held).reason.startswith("columns price are missing")
    assert only(acme) == held
    mended = contract(columns={"product_id": "id", "name": "name", "list_price": "amount"})
    mended = mended.model_copy(update={"ignore": ("day",)})
    if by == "ingest":
        assert (acme.ingest(mended).batches, acme.ingest(mended).repeats) == (1, 1)
    else:
        assert again(acme, mended, held).landed == 1
    new = only(acme)
    assert (new.state, new.received, new.accepted, new.replaces) == ("landed", 2, 1, held.batch_id)
    assert acme.column(new, "name") == ["a"]
    assert [(line, rule) for line, rule, _ in acme.refused(new)] == [(3, "unreadable:list_price")]


def test_of_snapshots_a_replayed_one_does_not_outrank_a_later_one(acme: Acme) -> None:
    first = acme.land(HEADER + b"1,a,1,31/12/2025\n", "2026-01-01.csv", delivery="snapshot")
    second = acme.land(HEADER + b"2,b,1,\n", "2026-01-02.csv", delivery="snapshot")
    assert again(acme, contract(delivery="snapshot", **BOTH_DATES), first).landed == 1
    assert batches.readable(acme.batches()) == [second]


def test_a_refused_group_lands_whole_and_stands_where_its_first_line_stood(acme: Acme) -> None:
    content = LINES + (
        b"A,1,2026-01-01,1\nB,1,2026-01-01,much\nC,1,2026-01-01,4\nB,1,2026-01-01,2\nA,1,2026-01-01,5\n"
    )
    old = acme.land(content, **ORDERS)
    assert old.rejects == {"group": 1, "unreadable:gross_amount": 1}
    which = contract(**ORDERS)
    done = again(acme, which, old, of_line(acme.settings, 3, {"paid": "3"}))
    assert (done.landed, done.corrected, done.left) == (2, 1, 0)
    assert acme.rows(only(acme, "orders"), "order_id, gross_amount::int") == [
        ("A", 6),
        ("B", 5),
        ("C", 4),
    ]


def test_a_line_of_a_group_that_has_landed_without_it_stays_refused(acme: Acme) -> None:
    old = acme.land(LINES + b"A,1,2026-01-01,1\n,1,2026-01-01,2\n,1,2026-01-01,3\n", **ORDERS)
    which = contract(**ORDERS)
    done = again(acme, which, old, of_line(acme.settings, 3, {"basket": "A"}))
    assert done.failed == [{"line": 3, "rule": "group:landed"}]
    assert only(acme, "orders") == old
    assert again(acme, which, old, of_line(acme.settings, 3, {"basket": "B"})).landed == 1
    done = again(acme, which, old, of_line(acme.settings, 4, {"basket": "B"}))
    assert done.failed == [{"line": 4, "rule": "group:landed"}]


def test_a_batch_that_was_grouped_otherwise_is_not_replayed(acme: Acme) -> None:
    old = acme.land(LINES + b"A,1,2026-01-01,1\nB,1,2026-01-01,x\n", **ORDERS)
    with pytest.raises(UsageError, match="landed with group_by"):
        again(acme, contract(**ORDERS | {"group_by": ["basket", "who"], "ignore": []}), old)


def test_a_ragged_record_lands_when_all_its_fields_are_given(acme: Acme) -> None:
    old = acme.land(HEADER + b"1,a,1,\n2,b\n3,c,3,\n")
    assert again(acme, contract(), old).landed == 0
    with pytest.raises(UsageError, match="price, day are missing"):
        again(acme, contract(), old, of_line(acme.settings, 3, {"id": "2", "name": "b"}))
    values = {"id": "2", "name": "b", "price": "2", "day": ""}
    assert again(acme, contract(), old, of_line(acme.settings, 3, values)).landed == 1
    assert acme.column(only(acme), "name") == ["a", "b", "c"]


def test_json_lines_are_corrected_by_key_by_path_or_whole(acme: Acme) -> None:
    columns = {"product_id": "id", "name": "$.deep.name", "list_price": "price"}
    which = contract(columns=columns, **JSONL)
    content = (
        b'{"id": 1, "price": 1.10, "big": 12345678901234567.89}\n{"id": null, "deep": {"x": 1}}\n'
        b'{"id": 3, "price": "x", "deep": {"name": "c"}}\n{"id": 4\n'
    )
    old = acme.land(content, "a.jsonl", columns=columns, **JSONL)
    values = {"id": "2", "$.deep.name": "b"}
    assert again(acme, which, old, of_line(acme.settings, 2, values)).landed == 1
    assert again(acme, which, old, of_line(acme.settings, 3, {"price": "9"})).landed == 1
    with pytest.raises(UsageError, match="no JSON object"):
        again(acme, which, old, of_line(acme.settings, 4, {"price": "9"}))
    done = again(acme, which, old, of_line(acme.settings, 4, {}, '{"id": 4}'))
    assert (done.landed, done.left) == (1, 0)
    assert acme.rows(only(acme), "product_id, name, list_price::text") == [
        ("1", None, "1.10"),
        ("2", "b", None),
        ("3", "c", "9.00"),
        ("4", None, None),
    ]


def test_who_corrected_what_is_on_the_record_and_no_value_is(acme: Acme) -> None:
    old = acme.land(HEADER + b"1,Ana,much,\n2,Eva,more,\n")
    again(acme, contract(), old, of_line(acme.settings, 2, {"price": "77.31", "name": "Ada"}))
    new = only(acme)
    (record,) = records.read(acme.settings, "replays")
    assert (record["batch_id"], record["replaces"]) == (new.batch_id, old.batch_id)
    assert record["corrected"] == [{"columns": ["price", "name"], "lines": [2]}]
    assert record["by"] == new.replayed["by"]
    text = (acme.settings.state / "replays.jsonl").read_text()
    assert not any(value in text for value in ("Ana", "Ada", "77.31", "much"))
    # What the record was and what it became lies in quarantine.
    kept = new.refused_folder(acme.settings) / batches.CORRECTED
    ((came, now),) = duckdb.sql(f"select came, record from '{kept}'").fetchall()
    assert (json.loads(came)["name"], json.loads(now)["name"]) == ("Ana", "Ada")


def test_a_correction_that_does_not_fit_leaves_the_record_as_it_came(acme: Acme) -> None:
    old = acme.land(HEADER + b"1,a,much,\n")
    done = again(acme, contract(), old, of_line(acme.settings, 2, {"price": "more"}))
    assert done.failed == [{"line": 2, "rule": "unreadable:list_price"}]
    assert only(acme) == old


def test_what_a_replay_lands_can_be_looked_up(acme: Acme) -> None:
    """A replay of every source: those that are looked into come first."""
    campaigns: dict[str, Any] = {
        "source": "campaigns",
        "columns": {"campaign_id": "id", "name": "name", "starts_at": "at"},
    }
    looks: dict[str, Any] = {
        "columns": {
            "product_id": "id",
            "launched_on": {
                "from": "campaign",
                "lookup": {"source": "campaigns", "key": "campaign_id", "value": "starts_at"},
            },
        }
    }
    first = acme.land(b"id,name,at\nX,x,31/12/2025\n", **campaigns)
    second = acme.land(b"id,campaign\n1,X\n2,Y\n", **looks)
    assert second.quarantined == 2
    mended = {"format": {"type": "csv", "timestamp": "%d/%m/%Y"}}
    again(acme, contract(**campaigns, **mended), first)
    assert again(acme, contract(**looks), second).landed == 1
    new = only(acme)
    assert new.lookups == {"launched_on": [first.batch_id, only(acme, "campaigns").batch_id]}
    assert Counter(new.rejects) == {"lookup:launched_on": 1}
