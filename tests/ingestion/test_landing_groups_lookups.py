"""Lines become one row by group, and values come from what another source landed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cartera import batches
from tests.ingestion.acme import Acme, contract

LINES = b"basket,who,at,paid,disc\n"
ORDERS: dict[str, Any] = {
    "source": "orders",
    "inbox": "lines",
    "group_by": ["basket"],
    "columns": {
        "order_id": {"from": "basket", "take": "first"},
        "party_id": {"from": "who", "take": "last"},
        "kind": {"constant": "order"},
        "ordered_at": {"from": "at", "take": "min"},
        "channel": {"constant": "store"},
        "currency": {"constant": "EUR"},
        "gross_amount": {"add": ["paid", "disc"], "take": "sum"},
        "discount_amount": {"from": "disc", "take": "max"},
    },
}
LOOKUP: dict[str, Any] = {
    "columns": {
        "product_id": "id",
        "name": "name",
        "launched_on": {
            "from": "campaign",
            "lookup": {"source": "campaigns", "key": "campaign_id", "value": "starts_at"},
        },
    }
}
CAMPAIGNS: dict[str, Any] = {
    "source": "campaigns",
    "delivery": "snapshot",
    "columns": {"campaign_id": "id", "name": "name", "starts_at": "at"},
}


def test_lines_become_one_row_per_group_in_the_order_of_the_file(acme: Acme) -> None:
    content = LINES + (
        b"B,2,2026-01-02 10:00,5.10,0.40\n"
        b"A,1,2026-01-01 11:00,1.00,\n"
        b"B,3,2026-01-02 09:00,2.00,0.10\n"
        b"A,,2026-01-01 12:00,0.50,0.25\n"
    )
    manifest = acme.land(content, **ORDERS)
    assert (manifest.received, manifest.accepted, manifest.landed_rows) == (4, 4, 2)
    columns = "order_id, party_id, ordered_at::text, gross_amount, discount_amount, source_system"
    assert acme.rows(manifest, columns) == [
        ("B", "3", "2026-01-02 09:00:00", Decimal("7.60"), Decimal("0.40"), "acme"),
        ("A", "1", "2026-01-01 11:00:00", Decimal("1.75"), Decimal("0.25"), "acme"),
    ]


def test_a_bad_row_refuses_its_whole_group_and_no_other(acme: Acme) -> None:
    content = LINES + (
        b"A,1,2026-01-01 11:00,1.00,\nB,2,2026-01-02 10:00,5.10,\n"
        b"A,1,2026-01-01 12:00,much,\nC,2,2026-01-02 10:00,9,\nA,1,2026-01-01 13:00,1,\n"
    )
    manifest = acme.land(content, **ORDERS)
    assert (manifest.received, manifest.accepted, manifest.quarantined) == (5, 2, 3)
    assert manifest.rejects == {"group": 2, "unreadable:gross_amount": 1}
    assert [(line, rule) for line, rule, _ in acme.refused(manifest)] == [
        (2, "group"),
        (4, "unreadable:gross_amount"),
        (6, "group"),
    ]
    assert acme.rows(manifest, "order_id, gross_amount") == [
        ("B", Decimal("5.10")),
        ("C", Decimal("9.00")),
    ]


def test_rows_without_a_group_are_refused_and_do_not_join_each_other(acme: Acme) -> None:
    content = LINES + b",1,2026-01-01 11:00,1,\nA,1,2026-01-01 11:00,1,\n,2,2026-01-01 11:00,1,\n"
    manifest = acme.land(content, **ORDERS)
    assert manifest.rejects == {"missing:order_id": 2}
    assert acme.column(manifest, "order_id") == ["A"]


def test_the_parts_of_a_sum_may_be_absent_but_not_unreadable(acme: Acme) -> None:
    content = (
        LINES + b"A,1,2026-01-01 11:00,,\nB,1,2026-01-01 11:00,1,x\nC,1,2026-01-01 11:00,1,2\n"
    )
    manifest = acme.land(content, **ORDERS)
    assert acme.rows(manifest, "order_id, gross_amount") == [
        ("A", Decimal("0.00")),
        ("C", Decimal("3.00")),
    ]
    assert manifest.rejects == {"unreadable:gross_amount": 1}


def test_a_lookup_takes_the_value_that_landed_last(acme: Acme) -> None:
    acme.land(b"id,name,at\nX,old,2026-01-01\nY,y,2026-02-02\n", "2026-01-01.csv", **CAMPAIGNS)
    new = acme.land(
        b"id,name,at\nX,new,2026-03-03\nX,newer,2026-03-04\n", "2026-01-02.csv", **CAMPAIGNS
    )
    manifest = acme.land(
        b"id,name,campaign\n1,a,X\n2,b,Y\n3,c,Z\n4,d,\n5,e, X \n", "a.csv", **LOOKUP
    )
    # Y is gone from the latest snapshot, Z was never there; no campaign at all is no mistake.
    assert manifest.rejects == {"lookup:launched_on": 2}
    assert acme.rows(manifest, "product_id, launched_on::text") == [
        ("1", "2026-03-04"),
        ("4", None),
        ("5", "2026-03-04"),
    ]
    assert manifest.lookups == {"launched_on": [new.batch_id]}


def test_a_lookup_into_what_has_not_landed_refuses_its_rows(acme: Acme) -> None:
    manifest = acme.land(b"id,name,campaign\n1,a,X\n2,b,\n", **LOOKUP)
    assert manifest.rejects == {"lookup:launched_on": 1}
    assert manifest.lookups == {"launched_on": []}


def test_a_lookup_reads_no_held_batch_and_no_other_system(acme: Acme) -> None:
    acme.land(b"id,name,at\nX,x,2026-01-01\nY,y,soon\n", **CAMPAIGNS, reject_limit=0)
    assert [m.state for m in acme.batches("campaigns")] == ["held"]
    other = contract(**CAMPAIGNS, system="other")
    path = acme.settings.inbox / "other" / "campaigns" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"id,name,at\nX,x,2026-01-01\n")
    acme.ingest(other)
    assert len(batches.readable(acme.batches("campaigns"))) == 1
    manifest = acme.land(b"id,name,campaign\n1,a,X\n", **LOOKUP)
    assert manifest.rejects == {"lookup:launched_on": 1}


def test_values_map_translates_and_refuses_what_it_does_not_list(acme: Acme) -> None:
    columns = {
        **ORDERS["columns"],
        "kind": {"from": "type", "values": {"V": "order", "D": "refund"}},
    }
    plain = {
        name: {k: v for k, v in value.items() if k != "take"} for name, value in columns.items()
    }
    content = (
        b"basket,who,at,paid,disc,type\nA,1,2026-01-01 11:00,1,,V\nB,1,2026-01-01 11:00,1,,D\n"
        b"C,1,2026-01-01 11:00,1,,v\nD,1,2026-01-01 11:00,1,,\nE,1,2026-01-01 11:00,1,, V \n"
    )
    manifest = acme.land(content, source="orders", inbox="lines", columns=plain)
    assert acme.rows(manifest, "order_id, kind") == [
        ("A", "order"),
        ("B", "refund"),
        ("E", "order"),
    ]
    assert manifest.rejects == {"missing:kind": 1, "unknown:kind": 1}


def test_a_value_that_the_source_does_not_know_is_refused(acme: Acme) -> None:
    plain = {
        name: {k: v for k, v in value.items() if k != "take"}
        for name, value in ORDERS["columns"].items()
    }
    plain["kind"] = {"from": "type"}
    content = b"basket,who,at,paid,disc,type\nA,1,2026-01-01,1,,order\nB,1,2026-01-01,1,,gift\n"
    manifest = acme.land(content, source="orders", inbox="lines", columns=plain)
    assert manifest.rejects == {"unknown:kind": 1}


def test_a_joined_key_needs_all_its_parts(acme: Acme) -> None:
    columns = {"product_id": {"join": ["id", "name"]}}
    manifest = acme.land(b"id,name\n1,a\n2,\n", columns=columns)
    assert acme.column(manifest, "product_id") == ["1|a"]
    assert manifest.rejects == {"missing:product_id": 1}


def test_a_ragged_line_holds_a_grouped_batch_as_its_group_is_not_known(acme: Acme) -> None:
    manifest = acme.land(LINES + b"1,7,2026-01-01 10:00,2.00,0\n1,7,2026-01-01\n", **ORDERS)
    assert manifest.state == "held"
    assert manifest.reason.startswith("1 records could not be split into fields")
