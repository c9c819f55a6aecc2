"""A candidate becomes current in one step or not at all, and the way back is one step too."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from cartera import publications, records
from cartera.errors import BaseMoved, CarteraError, UsageError
from cartera.publications import Publication
from cartera.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)


def name(number: int) -> str:
    return publications.new_id(START + timedelta(days=number), f"{number:08x}")


def candidate(settings: Settings, number: int) -> Path:
    folder = publications.make_candidate(settings, name(number))
    for file in (publications.WAREHOUSE, publications.CONTACTS):
        with duckdb.connect(str(folder / file)) as connection:
            connection.execute(
                f"create schema meta; create table meta.publication as "
                f"select '{name(number)}' as publication_id, date '2026-01-01' as as_of"
            )
    return folder


def publish(settings: Settings, number: int) -> Publication:
    base = publications.current_id(settings)
    return publications.publish(settings, candidate(settings, number), name(number), base)


def test_before_the_first_there_is_none(settings: Settings) -> None:
    assert publications.current(settings) is None
    assert publications.listed(settings) == []


def test_what_is_published_is_current_and_opens(settings: Settings) -> None:
    for number in (1, 2):
        done = publish(settings, number)
        current = publications.current(settings)
        assert current == done
        assert publications.facts(done)["publication_id"] == name(number)
    assert [(p.publication_id, p.is_current) for p in publications.listed(settings)] == [
        (name(2), True),
        (name(1), False),
    ]
    assert os.readlink(settings.publications / "current") == name(2)
    assert sorted(p.name for p in settings.publications.iterdir()) == [name(1), name(2), "current"]
    assert [r["event"] for r in records.read(settings, "publications")] == ["publish", "publish"]


def test_published_files_are_read_only_and_contact_data_is_for_its_owner(
    settings: Settings,
) -> None:
    done = publish(settings, 1)
    assert stat.S_IMODE(done.warehouse.stat().st_mode) == 0o440
    assert stat.S_IMODE(done.contacts.stat().st_mode) == 0o400
    assert stat.S_IMODE(done.folder.stat().st_mode) & 0o007 == 0


def test_a_base_that_moved_refuses_the_candidate(settings: Settings) -> None:
    folder = candidate(settings, 2)
    aside = settings.publications / "aside"
    folder.rename(aside)
    publish(settings, 1)
    with pytest.raises(BaseMoved, match=f"started from nothing, and {name(1)} is current now"):
        publications.publish(settings, aside, name(2), None)
    assert publications.current_id(settings) == name(1)


def test_an_open_log_refuses_the_candidate(settings: Settings) -> None:
    folder = candidate(settings, 1)
    (folder / "warehouse.duckdb.wal").write_bytes(b"x")
    with pytest.raises(CarteraError, match=r"warehouse\.duckdb\.wal shows a writer"):
        publications.publish(settings, folder, name(1), None)
    assert publications.current(settings) is None


def test_a_reader_keeps_what_it_opened(settings: Settings) -> None:
    publish(settings, 1)
    path = settings.publications / "current" / publications.WAREHOUSE
    query = "select publication_id from meta.publication"
    with duckdb.connect(str(path), read_only=True) as reader:
        publish(settings, 2)
        publications.prune(settings, keep=1)
        assert reader.execute(query).fetchone() == (name(1),)
    with duckdb.connect(str(path), read_only=True) as reader:
        assert reader.execute(query).fetchone() == (name(2),)


def test_the_way_back_is_to_the_one_before_or_to_a_named_one(settings: Settings) -> None:
    for number in (1, 2, 3):
        publish(settings, number)
    assert publications.rollback(settings, None, "wrong prices").publication_id == name(2)
    assert publications.rollback(settings, name(3), "were right").publication_id == name(3)
    assert publications.current_id(settings) == name(3)
    last = records.read(settings, "publications")[-1]
    assert (last["event"], last["base"], last["reason"]) == ("rollback", name(2), "were right")


@pytest.mark.parametrize("wanted", ["nothing", "../..", ".", "", "current"])
def test_there_is_no_way_to_what_was_not_published(settings: Settings, wanted: str) -> None:
    publish(settings, 1)
    with pytest.raises(UsageError, match="No publication"):
        publications.rollback(settings, wanted, "why")
    assert publications.current_id(settings) == name(1)


def test_before_the_first_there_is_no_way_back(settings: Settings) -> None:
    publish(settings, 1)
    with pytest.raises(UsageError, match="no publication before"):
        publications.rollback(settings, None, "why")


def test_pruning_keeps_the_newest_and_always_the_current_one(settings: Settings) -> None:
    for number in range(1, 5):
        publish(settings, number)
    publications.rollback(settings, name(1), "why")
    assert publications.prune(settings, keep=2) == [name(2)]
    assert [p.publication_id for p in publications.listed(settings)] == [name(4), name(3), name(1)]


def test_pruning_by_age_keeps_what_is_younger_and_always_the_current_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        publish(settings, number)
    publications.rollback(settings, name(1), "why")
    monkeypatch.setenv("CARTERA_NOW", (START + timedelta(days=33)).isoformat())
    assert publications.prune(settings, older_than=timedelta(days=30)) == [name(2)]
    assert [p.publication_id for p in publications.listed(settings)] == [name(4), name(3), name(1)]


def test_pruning_to_a_budget_keeps_the_newest_that_fit_beside_the_current_one(
    settings: Settings,
) -> None:
    for number in range(1, 5):
        publish(settings, number)
    publications.rollback(settings, name(1), "why")
    sizes = {p.publication_id: p.size for p in publications.listed(settings)}
    budget = sizes[name(1)] + sizes[name(4)]
    assert publications.prune(settings, disk_budget=budget) == [name(3), name(2)]
    assert publications.prune(settings, disk_budget=0) == [name(4)]
    assert [p.publication_id for p in publications.listed(settings)] == [name(1)]


def test_a_build_prunes_by_the_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        publish(settings, number)
    size = publications.listed(settings)[0].size
    by_size = settings.model_copy(update={"publications_budget": f"{size * 2}B"})
    assert publications.prune_by_settings(by_size) == [name(2), name(1)]
    monkeypatch.setenv("CARTERA_NOW", (START + timedelta(days=4)).isoformat())
    by_age = settings.model_copy(update={"keep_publications_for": "12h"})
    assert publications.prune_by_settings(by_age) == [name(3)]


def test_a_new_candidate_clears_what_others_left_and_nothing_else(settings: Settings) -> None:
    publish(settings, 1)
    candidate(settings, 2)
    never = settings.publications / name(3)
    never.mkdir()
    (settings.publications / ".current.123.456").symlink_to(name(3))
    (settings.publications / "notes of ours").mkdir()
    publications.make_candidate(settings, name(4))
    assert sorted(p.name for p in settings.publications.iterdir()) == sorted(
        [name(1), "current", "notes of ours", f".candidate-{name(4)}"]
    )


@pytest.mark.parametrize("target", ["../elsewhere", "missing", ".hidden", "/"])
def test_a_link_that_leads_elsewhere_is_not_followed(settings: Settings, target: str) -> None:
    settings.publications.mkdir(parents=True)
    (settings.home / "elsewhere").mkdir()
    (settings.publications / "current").symlink_to(target)
    with pytest.raises(CarteraError, match="is no publication beside it"):
        publications.current(settings)


def test_a_damaged_file_says_what_to_do(settings: Settings) -> None:
    done = publish(settings, 1)
    done.warehouse.chmod(0o600)
    done.warehouse.write_bytes(b"no database")
    with pytest.raises(CarteraError, match="cannot be read") as error:
        publications.facts(done)
    assert "rollback" in error.value.fix


def test_ids_sort_by_time_and_tell_inputs_apart() -> None:
    early, late = (
        publications.new_id(START, "b" * 64),
        publications.new_id(START + timedelta(microseconds=1), "a" * 64),
    )
    assert early < late
    assert early != publications.new_id(START, "c" * 64)
    assert publications.LEFTOVER.fullmatch(early)


def test_a_clock_that_was_set_back_does_not_turn_the_order_round(settings: Settings) -> None:
    """The second build runs a year before the first; what an erasure removes goes by it, too."""
    published = []
    for moment in (START + timedelta(days=400), START, START):
        number = publications.next_id(settings, moment, "0" * 64)
        folder = candidate(settings, 1)
        folder.rename(folder := folder.with_name(f".candidate-{number}"))
        base = publications.current_id(settings)
        published.append(publications.publish(settings, folder, number, base).publication_id)
    first, second, third = published
    assert first.startswith("20270205T000000000000Z")
    assert [p.publication_id for p in publications.listed(settings)] == [third, second, first]
    assert publications.rollback(settings, None, "a look at it").publication_id == second
    assert publications.forget_before(settings, third) == [first, second]
    # What is gone from disk stands on the record: its id is not given again.
    assert publications.next_id(settings, START, "0" * 64) > third


def test_the_first_publication_has_the_time_of_its_build(settings: Settings) -> None:
    assert publications.next_id(settings, START, "a" * 64) == publications.new_id(START, "a" * 64)
