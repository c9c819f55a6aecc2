"""What may be wrong as a whole waits for somebody; what is decided stays decided."""

from __future__ import annotations

from datetime import date

import pytest

from cartera import batches, records
from cartera.arrows.building import freeze
from cartera.errors import RefusedByData, UsageError
from tests.ingestion.acme import GOOD, HEADER, Acme, contract


def test_a_batch_over_the_reject_limit_is_held_until_it_is_released(acme: Acme) -> None:
    manifest = acme.land(GOOD + b"3,glue,much,\n", reject_limit=0.2)
    assert manifest.state == "held"
    assert manifest.reason == (
        "1 of 3 records were refused, over the limit of 20.0%; most often unreadable:list_price"
    )
    assert batches.readable(acme.batches()) == []
    with pytest.raises(RefusedByData, match="Nothing has landed"):
        freeze(acme.settings, date(2026, 2, 1))
    # Held, it is a repeat: it does not land again.
    assert acme.ingest(contract(reject_limit=0.2)).repeats == 1
    with pytest.raises(UsageError, match="A reason is needed"):
        batches.set_state(acme.settings, manifest.batch_id, "landed", " ")
    batches.set_state(acme.settings, manifest.batch_id[:6], "landed", "known glue")
    (read,) = batches.readable(acme.batches())
    assert (read.state, read.reason, read.accepted) == ("landed", "known glue", 2)
    assert freeze(acme.settings, date(2026, 2, 1)).manifests == [read]
    (record,) = records.read(acme.settings, "batches")
    assert (record["batch_id"], record["state"]) == (manifest.batch_id, "landed")
    with pytest.raises(UsageError, match="is landed already"):
        batches.set_state(acme.settings, manifest.batch_id, "landed", "again")


def test_at_the_reject_limit_a_batch_still_lands(acme: Acme) -> None:
    assert acme.land(GOOD + b"3,glue,much,\n4,x,1,\n", reject_limit=0.25).state == "landed"


def test_a_discarded_delivery_stays_away_whether_it_was_held_or_had_landed(acme: Acme) -> None:
    landed = acme.land(GOOD)
    batches.set_state(acme.settings, landed.batch_id, "discarded", "the wrong file")
    assert acme.ingest().repeats == 1
    assert batches.readable(acme.batches()) == []
    with pytest.raises(UsageError, match="is discarded already"):
        batches.set_state(acme.settings, landed.batch_id, "landed", "after all")


def test_an_empty_snapshot_is_held_as_it_would_take_everything_away(acme: Acme) -> None:
    full = acme.land(GOOD, delivery="snapshot")
    empty = acme.land(HEADER, "2026-01-03.csv", delivery="snapshot")
    assert (empty.state, empty.reason[:17]) == ("held", "an empty snapshot")
    assert batches.readable(acme.batches()) == [full]


def test_a_delivery_of_a_day_to_come_is_held(acme: Acme) -> None:
    assert "is yet to come" in acme.land(GOOD, "2062-01-03.csv").reason


def test_a_discarded_delivery_may_come_again(acme: Acme) -> None:
    held = acme.land(GOOD + b"3,glue,much,\n", reject_limit=0)
    batches.set_state(acme.settings, held.batch_id, "discarded", "wrong contract", again=True)
    again = acme.ingest(contract(reject_limit=1))
    assert (again.batches, again.repeats) == (1, 0)
    # It stands in the place of the one that was discarded: its records count once.
    (second,) = acme.batches()
    assert (second.state, second.ordinal, second.checksum) == ("landed", 1, held.checksum)
    assert (second.replaces, second.version) == (held.batch_id, 2)
    assert batches.readable(acme.batches()) == [second]


def test_a_missing_column_holds_the_batch(acme: Acme) -> None:
    manifest = acme.land(b"id,name,day\n1,anvil,2026-01-01\n2,rope,2026-01-02\n")
    assert manifest.state == "held"
    assert manifest.reason == "columns price are missing; the file has: id, name, day"
    assert (manifest.received, manifest.quarantined, manifest.landed_rows) == (2, 2, 0)
    assert manifest.rejects == {"schema": 2}
    with pytest.raises(UsageError, match="nothing to release: columns price are missing"):
        batches.set_state(acme.settings, manifest.batch_id, "landed", "never mind")


def test_a_new_column_holds_the_batch_unless_it_is_ignored(acme: Acme) -> None:
    content = b"id,name,price,day,colour\n1,anvil,1.5,2026-01-01,red\n"
    manifest = acme.land(content)
    assert (manifest.state, manifest.reason) == (
        "held",
        "columns colour are new; map or ignore them",
    )
    assert acme.land(content + b"\n", ignore=["colour"]).state == "landed"
    assert acme.land(content + b"\n\n", new_columns="ignore").state == "landed"


def test_a_wrong_delimiter_holds_the_batch_and_is_named(acme: Acme) -> None:
    manifest = acme.land(GOOD.replace(b",", b";"))
    assert manifest.state == "held"
    assert manifest.reason == (
        "columns id, name, price, day are missing; the file has: id;name;price;day; "
        "with one column only, ',' is not its delimiter"
    )
    assert (manifest.received, manifest.quarantined) == (2, 2)


def test_bytes_that_are_no_text_count_once_in_a_file_whose_columns_do_not_fit(acme: Acme) -> None:
    manifest = acme.land(b"i,name,price,day\n1,\x80,1,\n2,x,1,\n")
    assert (manifest.state, manifest.received, manifest.quarantined) == ("held", 2, 2)
    assert [rule for _, rule, *_ in acme.refused(manifest)] == ["ragged:invalid_encoding", "schema"]
