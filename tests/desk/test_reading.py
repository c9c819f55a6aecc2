"""The desk reads what is current, all of one publication, and nothing else on the machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cartera import demo_home, publications
from cartera.desk import reading
from cartera.desk.reading import Reader
from cartera.desk.shared import open_house
from cartera.errors import RefusedByData, UsageError
from cartera.records import acting_as, read
from cartera.settings import Settings

Publish = Callable[..., None]


@pytest.fixture
def publish(settings: Settings) -> Publish:
    """Publishes a small warehouse with one number in it, and one person beside it."""

    def made(name: str, number: int, *deliveries: str) -> None:
        folder = settings.publications / f".candidate-{name}"
        folder.mkdir(parents=True)
        for file, schema in (("warehouse", "marts"), ("contacts", "contacts")):
            with duckdb.connect(folder / f"{file}.duckdb") as db:
                db.execute(f"create schema {file}.{schema}")
                db.execute(f"create table {file}.{schema}.told as select {number} as number")
                db.execute(f"create schema {file}.ops")
                db.execute(f"create table {file}.ops.batches (delivery varchar)")
                for delivery in deliveries:
                    db.execute(f"insert into {file}.ops.batches values (?)", [delivery])
        folder.rename(settings.publications / name)
        publications.point_to(settings, name)

    return made


FIRST, SECOND = "20261101T000000000000Z-00000001", "20261102T000000000000Z-00000002"
SQL = "select number from warehouse.marts.told"


def test_before_the_first_publication_it_says_so(settings: Settings) -> None:
    with pytest.raises(RefusedByData, match="Nothing has been published"):
        Reader(settings).snapshot()


def test_a_snapshot_stays_and_the_next_one_is_of_what_is_current(
    settings: Settings, publish: Publish
) -> None:
    reader = Reader(settings)
    publish(FIRST, 1)
    before = reader.snapshot()
    assert before.query(SQL).to_pylist() == [{"number": 1}]
    assert reader.snapshot() is before
    publish(SECOND, 2)
    after = reader.snapshot()
    assert after.query(SQL).to_pylist() == [{"number": 2}]
    assert before.query(f"{SQL} where true").to_pylist() == [{"number": 1}]


def test_a_publication_of_the_same_name_in_its_place_is_another(
    settings: Settings, publish: Publish
) -> None:
    reader = Reader(settings)
    publish(FIRST, 1)
    reader.snapshot().query(SQL)
    shutil.rmtree(settings.publications / FIRST)
    publish(FIRST, 3)
    assert reader.snapshot().query(SQL).to_pylist() == [{"number": 3}]


def test_without_a_login_a_publication_of_own_data_is_not_handed_out(
    settings: Settings, publish: Publish
) -> None:
    """Also by a desk that runs, and drew the demo until then."""
    file = settings.inbox / "till" / "demo.csv"
    file.parent.mkdir(parents=True)
    file.write_text("a\n")
    demo_home.remember(settings, date(2026, 11, 1), {}, ["till/demo.csv"])
    demo, local = (open_house(settings, mode).reader for mode in ("demo", "local"))
    publish(FIRST, 1, "till/demo.csv")
    assert demo.snapshot().query(SQL).to_pylist() == [{"number": 1}]
    publish(SECOND, 2, "till/demo.csv", "till/own.csv")
    for _ in range(2):
        with pytest.raises(UsageError, match=r"inbox/till/own\.csv"):
            demo.snapshot()
    assert local.snapshot().query(SQL).to_pylist() == [{"number": 2}]
    publications.point_to(settings, FIRST)
    assert demo.snapshot().query(SQL).to_pylist() == [{"number": 1}]
    (settings.inbox / "till" / "own.csv").write_text("a\n")
    with pytest.raises(UsageError, match=r"inbox/till/own\.csv"):
        demo.snapshot()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{file}')",
        "copy (select 1) to '{file}'",
        "attach '{file}' as other",
        "set enable_external_access = true",
        "create table warehouse.marts.mine as select 1",
        "delete from warehouse.marts.told",
        "select * from contacts.contacts.told",
    ],
)
def test_sql_reaches_the_warehouse_and_nothing_else(
    settings: Settings, publish: Publish, tmp_path: Path, sql: str
) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("secret")
    publish(FIRST, 1)
    with pytest.raises(duckdb.Error):
        Reader(settings).snapshot().query(sql.format(file=file))
    assert file.read_text() == "secret"


def test_people_are_read_on_the_record_and_their_file_is_let_go(
    settings: Settings, publish: Publish
) -> None:
    publish(FIRST, 1)
    snapshot = Reader(settings).snapshot()
    with acting_as("ana"):
        found = snapshot.people("look", "select number from contacts.contacts.told", limit=5)
    assert found.to_pylist() == [{"number": 1}]
    told = read(settings, "access")[-1]
    assert (told["event"], told["user"], told["limit"]) == ("look", "ana", 5)
    held = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    assert settings.publications / FIRST / "contacts.duckdb" not in held


def test_a_failing_look_is_on_the_record_too(settings: Settings, publish: Publish) -> None:
    publish(FIRST, 1)
    with pytest.raises(duckdb.Error):
        Reader(settings).snapshot().people("look", "select nothing")
    assert [e["event"] for e in read(settings, "access")] == ["look"]


def test_memory_is_bounded_and_nothing_is_left_where_the_desk_was_started(
    settings: Settings, publish: Publish
) -> None:
    publish(FIRST, 3)
    told = "select current_setting('memory_limit'), current_setting('temp_directory')"
    assert [*Reader(settings).snapshot().query(told).to_pylist()[0].values()] == ["305.1 MiB", ""]
    own = settings.model_copy(update={"memory_limit": "1GiB"})
    assert [*Reader(own).snapshot().query(told).to_pylist()[0].values()] == ["1.0 GiB", ""]


def test_what_is_longer_than_a_page_is_refused(settings: Settings, publish: Publish) -> None:
    publish(FIRST, 1)
    snapshot = Reader(settings).snapshot()
    most = reading.MOST_PEOPLE
    assert snapshot.people("look", f"from range({most})").num_rows == most
    with pytest.raises(UsageError, match="Narrow"):
        snapshot.people("look", f"from range({most + 1})")
    with pytest.raises(UsageError, match="Narrow"):
        snapshot.query(f"from range({reading.MOST_ROWS + 1})")


def test_values_are_bound_and_answers_kept_by_them(settings: Settings, publish: Publish) -> None:
    publish(FIRST, 1)
    snapshot = Reader(settings).snapshot()
    for value in ("'; drop table x", "b"):
        assert snapshot.query("select $v as v", {"v": value}).to_pylist() == [{"v": value}]
    assert snapshot.query(SQL) is snapshot.query(SQL)
