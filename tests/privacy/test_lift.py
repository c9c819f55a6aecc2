"""Lifting a tombstone: on the record, and nobody comes back but who is delivered again."""

from __future__ import annotations

import pytest

from cartera import records, tombstones
from cartera.arrows import erase
from cartera.errors import UsageError
from cartera.privacy import requests
from cartera.privacy.lift import Named, lift
from cartera.settings import Settings
from tests.privacy.conftest import HER
from tests.privacy.small import Small

AGAIN = "A-1001,Ana Gil,ana.gil@example.com,600 111 222,12345678Z,1980-05-31,"


def finish(settings: Settings) -> str:
    waiting = requests.under_way(settings)
    assert waiting
    return requests.finish(settings, waiting).erasure_id


def test_who_was_erased_by_mistake_lands_when_delivered_again(erased: Small) -> None:
    settings = erased.settings
    erasure = finish(settings)
    before = erased.rows("crm_contacts", "record_id")
    standing = tombstones.count(settings)
    assert lift(settings, erasure, Named(), "the wrong customer") == standing
    assert tombstones.count(settings) == 0
    assert erased.rows("crm_contacts", "record_id") == before
    assert {(r["stand"], r["lifted"] > 0) for r in tombstones.listed(settings)} == {(0, True)}
    event = records.read(settings, "access")[-1]
    assert (event["event"], event["reason"]) == ("lifted", "the wrong customer")
    erased.deliver("crm_contacts", [AGAIN], "2026-01-09.csv")
    erased.land()
    assert erased.accounts("crm_contacts")[-1] == (1, 1, 0, 0)
    assert ("A-1001",) in erased.rows("crm_contacts", "record_id")


def test_a_customer_anew_is_known_by_what_they_have(erased: Small) -> None:
    settings = erased.settings
    finish(settings)
    hers = Named(
        emails=(" ANA.GIL@example.com",), phones=("+34 600 111222",), numbers=("12345678-z",)
    )
    assert lift(settings, None, hers, "she gave a new consent") == 3
    anew = AGAIN.replace("A-1001", "A-9001")
    erased.deliver("crm_contacts", [anew, AGAIN], "2026-01-09.csv")
    erased.land()
    # By its old number the record is still what was erased; said so, it is not.
    assert erased.accounts("crm_contacts")[-1] == (2, 1, 0, 1)
    assert lift(settings, None, Named(records=("acme:A-1001",)), "she gave a new consent") == 1


def test_a_copy_of_before_does_not_set_it_again(erased: Small) -> None:
    settings = erased.settings
    kept = settings.home / "copy.parquet"
    kept.write_bytes(tombstones.tombstone_file(settings).read_bytes())
    lift(settings, finish(settings), Named(), "why")
    assert tombstones.take_over(settings, kept) == 0
    assert tombstones.count(settings) == 0
    # Erased once more, they stand.
    tombstones.add(settings, "later", [("email", "ana.gil@example.com")])
    assert tombstones.count(settings) == 1


@pytest.mark.parametrize(
    ("erasure", "named", "reason", "said"),
    [
        (None, Named(emails=("luis@example.com",)), "why", "No tombstone stands"),
        ("20260101T000000Z-00000000", Named(), "why", "No tombstone stands"),
        (None, Named(records=("A-1001",)), "why", "is no record"),
        (None, Named(), "why", "Which tombstones"),
        ("x", Named(emails=("luis@example.com",)), "why", "Which tombstones"),
        ("x", Named(), " ", "A reason is needed"),
    ],
)
def test_what_is_not_clear_lifts_nothing(
    erased: Small, erasure: str | None, named: Named, reason: str, said: str
) -> None:
    finish(erased.settings)
    standing = tombstones.count(erased.settings)
    with pytest.raises(UsageError, match=said):
        lift(erased.settings, erasure, named, reason)
    assert tombstones.count(erased.settings) == standing


def test_an_erasure_is_finished_first(small: Small) -> None:
    erasure = erase(small.settings, HER, only_request=True).erasure.erasure_id
    with pytest.raises(UsageError, match="is under way"):
        lift(small.settings, erasure, Named(), "why")
