"""A backup brings nobody back: tombstones of today are applied before anybody reads it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cartera import backups, batches, publications, tombstones
from cartera.arrows import restore
from cartera.arrows.restoring import NOBODY, leave_outdated
from cartera.commands.backup import run_restore
from cartera.commands.status import describe
from cartera.errors import CarteraError, RefusedByData, UsageError
from cartera.privacy import requests
from cartera.privacy.scan import scan
from cartera.settings import Settings
from ingestion import inbox
from tests.integration.conftest import own_settings
from tests.privacy.conftest import LUIS, OWNERS, erase_all_but_the_build
from tests.privacy.small import FIRST, Small

SECOND = "20270101T000000000000Z-0123abcd"


@pytest.fixture(scope="module")
def archive(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of before the erasure."""
    path = tmp_path_factory.mktemp("backups") / "before.tar"
    backups.backup(own_settings(landed), path)
    return path


def stones_of(home: Path) -> Path:
    return tombstones.tombstone_file(own_settings(home))


def test_a_restore_takes_out_who_was_erased_after_the_backup(
    archive: Path, without_ana: Path, settings: Settings
) -> None:
    report = restore(settings, archive, stones=[stones_of(without_ana)])
    back, before = Small(settings), Small(own_settings(without_ana))
    for source, columns in (
        ("crm_contacts", "record_id, notes"),
        ("orders", "order_id, party_id, party_email"),
    ):
        assert back.rows(source, columns) == before.rows(source, columns)
        assert back.accounts(source) == before.accounts(source)
    assert report.settled["rows erased"] == 1
    waiting = requests.under_way(before.settings)
    assert waiting
    values = requests.subjects_of(before.settings, waiting).values
    assert set(scan(settings, values).by_store) == {"publications"}
    # What the next delivery brings of her does not stay either.
    back.deliver("crm_contacts", ["A-1001,Ana G.,,,,,"], "2026-01-09.csv")
    back.land()
    assert back.accounts("crm_contacts")[-1] == (1, 0, 0, 1)


def test_what_is_published_is_told_of_until_a_build_replaces_it(
    archive: Path, without_ana: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RefusedByData, match="hold people who were erased") as refused:
        run_restore(settings, archive, stones_of(without_ana), check=False, json=True)
    assert refused.value.exit_code == 1
    assert refused.value.report[0]["settled"]["tombstones"] > 0
    told = f"publications up to {FIRST}, out of a backup, hold people"
    assert any(line.startswith(told) for line in describe(settings)["needs_you"])
    (settings.state / "gates").mkdir(exist_ok=True)
    (settings.state / "gates" / f"{FIRST}.json").write_text("{}")
    Small(settings).publish(OWNERS, SECOND)
    leave_outdated(settings, SECOND)
    assert [p.publication_id for p in publications.listed(settings)] == [SECOND]
    assert list((settings.state / "gates").iterdir()) == []
    assert not any("out of a backup" in line for line in describe(settings)["needs_you"])
    with pytest.raises(UsageError, match="No publication"):
        publications.rollback(settings, FIRST, "why")


def test_the_copy_outlives_the_home_and_is_taken_without_being_named(
    small: Small, archive: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "elsewhere" / "stones.parquet"
    settings = small.settings.model_copy(update={"tombstones_copy": str(kept)})
    erase_all_but_the_build(Small(settings))
    shutil.rmtree(settings.home)
    assert kept.stat().st_mode & 0o777 == 0o600
    report = restore(settings, archive)
    assert report.settled["rows erased"] == 1
    assert NOBODY not in report.warnings
    # A home that knows of fewer takes none out of the copy.
    tombstones.tombstone_file(settings).unlink()
    tombstones.add(settings, "later", [("email", "luis@example.com")])
    assert tombstones.take_over(settings, kept) == report.settled["tombstones"]


def test_an_erasure_waits_until_its_tombstones_are_safe(small: Small, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = str(tmp_path / "file" / "stones.parquet")
    settings = small.settings.model_copy(update={"tombstones_copy": nowhere})
    with pytest.raises(CarteraError, match="CARTERA_TOMBSTONES_COPY"):
        erase_all_but_the_build(Small(settings))
    waiting = requests.under_way(settings)
    assert waiting
    assert waiting.state == "requested"


def test_nothing_new_is_nothing_to_do_and_not_to_know_is_said(
    archive: Path, settings: Settings
) -> None:
    report = restore(settings, archive)
    assert (report.settled, report.warnings) == ({}, [NOBODY])
    assert publications.outdated(settings) is None


def test_tombstones_of_another_key_restore_nothing(
    archive: Path, settings: Settings, tmp_path: Path
) -> None:
    other = Settings(home=tmp_path / "other", hash_key="another")
    tombstones.add(other, "x", [("email", "ana.gil@example.com")])
    for path, said in (
        (tombstones.tombstone_file(other), "made with the key of this home"),
        (archive, "cannot be read"),
        (tmp_path / "none", "There is no file"),
    ):
        with pytest.raises(CarteraError, match=said):
            restore(settings, archive, stones=[path])
        assert not settings.home.exists()


def test_a_delivery_that_did_not_land_as_it_is_goes_with_the_backup(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be read, and what is to be taken once more, is only in the inbox."""
    monkeypatch.setattr(inbox, "RACY_SECONDS", 0)
    (small.settings.inbox / "acme" / "orders" / "2026-01-02.csv").unlink()
    for name in ("2026-01-05.csv", "2026-01-06.csv"):
        small.deliver("orders", [f"o9,{LUIS},,2026-01-05 10:00:00,3.00"], name)
    unreadable = small.deliver("orders", [], "2026-01-07.csv")
    unreadable.write_text("nothing,of,this\n1,2,3\n")
    with pytest.raises(RefusedByData):
        small.land()
    last = {Path(m.delivery).name: m for m in small.batches("orders")}
    assert not last["2026-01-07.csv"].is_readable
    batches.set_state(
        small.settings, last["2026-01-06.csv"].batch_id, "discarded", "why", again=True
    )
    backups.backup(small.settings, tmp_path / "b.tar")
    back = own_settings(tmp_path / "back")
    restore(back, tmp_path / "b.tar")
    waiting = {path.name for path in back.inbox.glob("acme/orders/*")}
    assert waiting == {"2026-01-06.csv", "2026-01-07.csv"}
