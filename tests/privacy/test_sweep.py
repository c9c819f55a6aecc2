"""Landing without somebody: persons go, facts name nobody, everything is still counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from cartera import batches, tombstones
from cartera.arrows import erase
from cartera.duck import literal
from cartera.errors import UsageError
from cartera.privacy import requests
from cartera.privacy.people import Wanted
from cartera.privacy.scan import scan
from cartera.privacy.sweep import sweep
from cartera.settings import Settings
from ingestion.contract import load_contracts
from tests.integration.conftest import own_settings
from tests.oracle.company import email_record
from tests.privacy.conftest import ANA, HER, LUIS, OWNERS, PEOPLE, erase_all_but_the_build
from tests.privacy.small import Small


def test_persons_go_and_facts_name_nobody(landed: Path, erased: Small) -> None:
    assert erased.rows("crm_contacts", "record_id, notes") == [("E-3003", None), ("L-2002", None)]
    assert erased.rows("orders", "order_id, party_id, party_email") == [
        ("o1", None, None),
        ("o2", None, None),
        ("o3", "L-2002", None),
        ("o4", None, None),
    ]
    assert erased.rows("orders", "ordered_at::date, gross_amount") == Small(
        own_settings(landed)
    ).rows("orders", "ordered_at::date, gross_amount")
    # Her second record and her fifth order were refused: they went out of quarantine.
    assert erased.accounts("crm_contacts") == [(4, 2, 0, 2)]
    assert erased.accounts("orders") == [(5, 4, 0, 1)]
    (orders,) = erased.batches("orders")
    assert (orders.unidentified, orders.rejects) == (2, {})


def test_the_values_are_in_every_store_and_then_in_none_but_the_publication(erased: Small) -> None:
    waiting = requests.under_way(erased.settings)
    assert waiting
    assert set(waiting.found) == {"inbox", "landing", "publications", "quarantine"}
    values = requests.subjects_of(erased.settings, waiting).values
    assert set(scan(erased.settings, values).by_store) == {"publications"}


def test_the_batch_of_before_is_gone_and_its_id_finds_the_new_one(small: Small) -> None:
    (before,) = small.batches("orders")
    erase_all_but_the_build(small)
    (after,) = batches.scan(small.settings, "orders", replaced=True)
    assert after.replaces == before.batch_id != after.batch_id
    assert not before.folder(small.settings).exists()
    assert not before.refused_folder(small.settings).exists()
    assert batches.find(small.settings, before.batch_id) == after


def test_the_same_delivery_again_is_a_repeat_and_does_not_stay(erased: Small) -> None:
    again = erased.deliver("crm_contacts", PEOPLE)
    erased.land()
    assert erased.accounts("crm_contacts") == [(4, 2, 0, 2)]
    assert not again.exists()


@pytest.mark.parametrize(
    "line",
    [
        "A-1001,Ana G.,,,,,",
        "A-9,Ana Gil,ana.gil@EXAMPLE.com,,,,",
        "A-9,Ana Gil,,,12345678-Z,,",
        "A-9,Ana,,+34 600-111-222,,,",
    ],
)
def test_who_was_erased_does_not_come_back(erased: Small, line: str) -> None:
    """By the record, the e-mail, the tax id, or a phone where nothing else is told."""
    again = erased.deliver("crm_contacts", [line, "N-1,New,new@example.com,,,,"], "2026-01-05.csv")
    erased.land()
    assert erased.accounts("crm_contacts")[1:] == [(2, 1, 0, 1)]
    assert ("N-1",) in erased.rows("crm_contacts", "record_id")
    assert not again.exists()


@pytest.mark.parametrize(
    "notes",
    ["see /form?m=ana.gil%40example.com&x=1", "in ana.gil@example.com.csv", "600111222.pdf"],
)
def test_notes_go_however_the_address_is_written_in_them(erased: Small, notes: str) -> None:
    """What the scan finds within a longer token, the sweep takes out."""
    erased.deliver("crm_contacts", [f"N-1,New,new@example.com,,,,{notes}"], "2026-01-05.csv")
    erased.land()
    assert ("N-1", None) in erased.rows("crm_contacts", "record_id, notes")


def test_a_number_abroad_is_not_looked_for_where_somebody_else_writes_it(small: Small) -> None:
    """Luis has the same digits in his country: an erasure that looked for them would never end."""
    abroad = PEOPLE[0].replace("600 111 222", "+33 600333444")
    small.deliver("crm_contacts", [abroad], "2026-01-05.csv")
    small.land()
    erase_all_but_the_build(small)
    waiting = requests.under_way(small.settings)
    assert waiting
    values = requests.subjects_of(small.settings, waiting).values
    assert "+34600111222" in values["phone"]
    assert set(scan(small.settings, values).by_store) == {"publications"}
    assert ("L-2002", "600333444") in small.rows("crm_contacts", "record_id, phone")


def test_a_number_that_was_handed_on_is_somebody_else_s(erased: Small) -> None:
    erased.deliver("crm_contacts", ["N-1,New,new@example.com,600111222,,,"], "2026-01-05.csv")
    erased.land()
    assert erased.accounts("crm_contacts")[1:] == [(1, 1, 0, 0)]


def test_new_facts_about_somebody_erased_are_unidentified(erased: Small) -> None:
    erased.deliver(
        "orders",
        ["o8,A-1001,,2026-01-05 10:00:00,3.00", "o9,A-1001,,2026-01-05 10:00:00,none"],
        "2026-01-05.csv",
    )
    erased.land()
    assert ("o8", None) in erased.rows("orders", "order_id, party_id")
    assert erased.accounts("orders")[1:] == [(2, 1, 0, 1)]


def test_places_in_quarantine_move_up(small: Small) -> None:
    small.deliver(
        "crm_contacts",
        [*PEOPLE[:2], "X-1,Xenia,x@example.com,,,never,", PEOPLE[2]],
        "2026-01-07.csv",
    )
    small.land()
    erase_all_but_the_build(small)
    latest = small.batches("crm_contacts")[-1]
    refused = f"read_parquet({literal(latest.rejected(small.settings))})"
    assert duckdb.sql(f"select place, rule from {refused}").fetchall() == [
        (1, "unreadable:birth_date")
    ]
    assert small.rows("crm_contacts", "record_id") == [
        ("E-3003",),
        ("E-3003",),
        ("L-2002",),
        ("L-2002",),
    ]


def test_facts_that_a_shared_mailbox_alone_names_lose_it(small: Small) -> None:
    """Identity took them for Ana's by the name that it has for that mailbox in that system."""
    line = "o7,,gil.family@example.com,2026-01-06 10:00:00,9.00"
    small.deliver("orders", [line], "2026-01-06.csv")
    small.land()
    mailbox = "gil.family@example.com"
    small.publish({**OWNERS, email_record(mailbox): ANA}, "20260102T000000000000Z-0123abcd")
    asked = Wanted(customers=(ANA,))
    erase_all_but_the_build(small, asked)
    assert ("o7", None) in small.rows("orders", "order_id, party_email")
    # The mailbox is Luis's too: he keeps it.
    assert ("L-2002", mailbox) in small.rows("crm_contacts", "record_id, email")
    small.deliver("orders", [line.replace("o7", "o8")], "2026-01-08.csv")
    small.land()
    assert ("o8", None) in small.rows("orders", "order_id, party_email")


def test_a_publication_of_before_party_keys_is_built_anew_first(small: Small) -> None:
    former = f"email:{'0' * 32}"
    small.publish({**OWNERS, former: ANA}, "20260102T000000000000Z-0123abcd")
    with pytest.raises(UsageError, match="before party keys") as refused:
        erase_all_but_the_build(small)
    assert "`cartera build`" in refused.value.fix
    assert not tombstones.are_there(small.settings)


def test_a_mailbox_of_two_is_asked_about(small: Small) -> None:
    small.deliver(
        "crm_contacts", ["E-3003,Eva Sanz,gil.family@example.com,,,1990-02-03,"], "2026-01-09.csv"
    )
    small.land()
    shared = Wanted(emails=("gil.family@example.com",))
    with pytest.raises(UsageError, match=r"2 customers hold that e-mail: CB\w+, CC") as refused:
        erase_all_but_the_build(small, shared)
    assert refused.value.exit_code == 2
    assert not tombstones.are_there(small.settings)
    erase_all_but_the_build(small, Wanted(emails=shared.emails, customers=(LUIS,)))
    assert {row[0] for row in small.rows("crm_contacts", "record_id")} == {"A-1001", "E-3003"}
    # What Eva holds too is no tombstone: she may come again by it.
    small.deliver("crm_contacts", ["E-3003,Eva,gil.family@example.com,,,,"], "2026-01-10.csv")
    small.land()
    assert small.accounts("crm_contacts")[-1] == (1, 1, 0, 0)


def test_all_holders_of_a_mailbox_go(small: Small) -> None:
    small.deliver(
        "crm_contacts", ["E-3003,Eva Sanz,gil.family@example.com,,,1990-02-03,"], "2026-01-09.csv"
    )
    small.land()
    erase_all_but_the_build(small, Wanted(emails=("gil.family@example.com",)), all_holders=True)
    assert {row[0] for row in small.rows("crm_contacts", "record_id")} == {"A-1001"}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(emails=("nobody@example.com",)), "Nobody is known by that"),
        (Wanted(customers=("CZZZZZZZZZZZZZ",)), "No customer 'CZZZZZZZZZZZZZ'"),
    ],
)
def test_who_is_not_known_is_refused(small: Small, wanted: Wanted, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        erase_all_but_the_build(small, wanted)


def test_a_second_request_waits_for_the_first(small: Small) -> None:
    erase(small.settings, HER, only_request=True)
    with pytest.raises(UsageError, match="is not finished: it is requested"):
        erase(small.settings, Wanted(customers=(LUIS,)))


def test_a_restored_landing_is_swept_by_tombstones_alone(
    small: Small, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A backup of landing, and the tombstones of today: nobody needs to know who was meant."""
    backup = tmp_path_factory.mktemp("backup") / "landing"
    shutil.copytree(settings.landing, backup)
    erase_all_but_the_build(small, Wanted(customers=(ANA,)))
    swept = small.rows("crm_contacts", "record_id")
    shutil.rmtree(settings.landing)
    shutil.copytree(backup, settings.landing)
    assert len(small.rows("crm_contacts", "record_id")) == 3
    sweep(settings, load_contracts(settings.contracts))
    assert small.rows("crm_contacts", "record_id") == swept


def test_a_phone_that_identity_could_not_read_is_asked_about_all_the_same(small: Small) -> None:
    """00 is not how every country calls another; identity tied nobody by it."""
    small.deliver("crm_contacts", ["E-3003,Eva Sanz,,0034600111222,,1990-02-03,"], "2026-01-09.csv")
    small.land()
    with pytest.raises(UsageError, match="2 customers hold that phone"):
        erase_all_but_the_build(small, Wanted(phones=("600 11 12 22",)))


def test_what_waited_in_the_inbox_is_counted_too(small: Small) -> None:
    small.deliver("orders", ["o8,A-1001,,2026-01-05 10:00:00,3.00"], "2026-01-05.csv")
    small.deliver("crm_contacts", ["A-1001,Ana Gil,,,,,"], "2026-01-05.csv")
    erase_all_but_the_build(small)
    waiting = requests.under_way(small.settings)
    assert waiting
    assert waiting.erased_rows == {"crm_contacts": 2}
    assert waiting.unidentified == {"orders": 3, "crm_contacts": 1}
