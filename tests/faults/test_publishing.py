"""What readers of ``current`` see while publications come and go."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from cartera import publications, records
from cartera.errors import BaseMoved, CarteraError, UsageError
from cartera.settings import Settings, load_settings
from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import BUILD, Home

READER = """
import json, sys, duckdb
connection = duckdb.connect()
connection.execute(f"attach '{sys.argv[1]}' as w (read_only)")
for line in sys.stdin:
    print(json.dumps(connection.execute("select sum(n) from w.numbers").fetchone()), flush=True)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", hash_key="the tests' own key")


def identifier(number: int) -> str:
    return f"20261101T00000000000{number}Z-0123abcd"


def candidate(settings: Settings, number: int) -> Path:
    """A candidate whose numbers sum to ``number``."""
    folder = publications.make_candidate(settings, identifier(number))
    for name in (publications.WAREHOUSE, publications.CONTACTS):
        with duckdb.connect(str(folder / name)) as connection:
            connection.execute("create table numbers as select ? as n", [number])
    return folder


def published(settings: Settings, number: int) -> publications.Publication:
    base = publications.current_id(settings)
    return publications.publish(settings, candidate(settings, number), identifier(number), base)


@contextmanager
def reader(settings: Settings) -> Iterator[Callable[[], int]]:
    """A process that opens ``current`` now and reads it again whenever it is asked to."""
    file = settings.publications / "current" / publications.WAREHOUSE
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask() -> int:
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n")
        process.stdin.flush()
        return int(json.loads(process.stdout.readline())[0])

    try:
        yield ask
    finally:
        process.kill()
        process.communicate()


def write_log_of_a_killed_writer(file: Path) -> Path:
    """Leave beside ``file`` the ``.wal`` of a writer that was killed; returns it."""
    script = (
        "import duckdb, os, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('insert into numbers values (1000)')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(file)]).returncode == homes.KILLED
    log = file.with_name(file.name + ".wal")
    assert log.stat().st_size > 0
    return log


def test_a_reader_keeps_its_numbers_and_the_next_one_sees_the_new(settings: Settings) -> None:
    published(settings, 1)
    with reader(settings) as early:
        assert early() == 1
        published(settings, 2)
        with reader(settings) as late:
            assert (early(), late()) == (1, 2)
            published(settings, 3)
            # Deleting a publication takes nothing from those who have it open.
            publications.prune(settings, keep=1)
            assert (early(), late()) == (1, 2)
    with reader(settings) as latest:
        assert latest() == 3
    assert [p.publication_id for p in publications.listed(settings)] == [identifier(3)]


def test_a_rollback_is_seen_by_the_next_reader_alone(settings: Settings) -> None:
    published(settings, 1)
    published(settings, 2)
    with reader(settings) as before:
        assert before() == 2
        publications.rollback(settings, None, "the prices were wrong")
        with reader(settings) as after:
            assert (before(), after()) == (2, 1)


def test_a_candidate_with_a_write_log_is_not_published(settings: Settings) -> None:
    published(settings, 1)
    folder = candidate(settings, 2)
    write_log_of_a_killed_writer(folder / publications.WAREHOUSE)
    with pytest.raises(CarteraError, match=r"warehouse\.duckdb\.wal shows a writer"):
        publications.publish(settings, folder, identifier(2), identifier(1))
    assert publications.current_id(settings) == identifier(1)
    with reader(settings) as ask:
        assert ask() == 1


def test_what_a_killed_build_left_is_gone_before_the_next_one(settings: Settings) -> None:
    """Its scratch file's ``.wal`` too: the next candidate starts from nothing."""
    published(settings, 1)
    folder = candidate(settings, 2)
    with duckdb.connect(str(folder / publications.WORK)) as connection:
        connection.execute("create table numbers (n int)")
    log = write_log_of_a_killed_writer(folder / publications.WORK)
    (settings.publications / ".current.4711.000001").symlink_to(identifier(1))
    (settings.publications / identifier(3)).mkdir()
    published(settings, 4)
    assert not log.exists()
    assert sorted(p.name for p in settings.publications.iterdir()) == [
        identifier(1),
        identifier(4),
        "current",
    ]


@pytest.mark.parametrize("content", [b"", b"not a write log at all", None])
def test_a_stale_write_log_beside_a_publication_does_no_harm(
    content: bytes | None, settings: Settings
) -> None:
    """Nor does a real one beside the publication of before, as names never come again."""
    older = published(settings, 1)
    stale = older.folder / "warehouse.duckdb.wal"
    if content is None:
        folder = candidate(settings, 9)
        write_log_of_a_killed_writer(folder / publications.WAREHOUSE).replace(stale)
    else:
        stale.write_bytes(content)
        with reader(settings) as ask:
            assert ask() == 1
    newer = published(settings, 2)
    with reader(settings) as ask:
        assert ask() == 2
    assert sorted(p.name for p in newer.folder.iterdir()) == [
        publications.CONTACTS,
        publications.WAREHOUSE,
    ]


def test_a_build_from_an_old_base_is_refused(settings: Settings) -> None:
    published(settings, 1)
    late = candidate(settings, 3)
    # Made by hand: a candidate of its own would clear the late one away.
    other = settings.publications / f".candidate-{identifier(2)}"
    other.mkdir()
    for name in (publications.WAREHOUSE, publications.CONTACTS):
        (other / name).write_bytes((late / name).read_bytes())
    publications.publish(settings, other, identifier(2), identifier(1))
    with pytest.raises(BaseMoved, match=identifier(2)):
        publications.publish(settings, late, identifier(3), identifier(1))
    assert publications.current_id(settings) == identifier(2)


def test_nobody_goes_back_to_what_was_never_published(settings: Settings) -> None:
    published(settings, 1)
    (settings.publications / identifier(2)).mkdir()
    for never in (identifier(2), "..", "current"):
        with pytest.raises(UsageError):
            publications.rollback(settings, never, "a try")
    assert publications.current_id(settings) == identifier(1)


def test_a_link_that_leads_nowhere_is_reported_and_a_rollback_mends_it(settings: Settings) -> None:
    published(settings, 1)
    link = settings.publications / "current"
    for target in (identifier(7), "../landing", ".candidate-x"):
        link.unlink()
        link.symlink_to(target)
        with pytest.raises(CarteraError, match="no publication beside it"):
            publications.current(settings)
        publications.rollback(settings, identifier(1), "the link was broken")
        assert publications.current_id(settings) == identifier(1)


def test_a_publication_that_a_kill_kept_off_the_record_is_one(
    reference: Reference, copy: Callable[[Home], Home]
) -> None:
    """Killed between link and record; after going back from it, one can return to it."""
    home = copy(reference.published)
    home.kill_at(BUILD, "publish.swapped")
    unrecorded = home.current
    assert unrecorded
    settings = load_settings(home=home.path)
    assert unrecorded not in {r["publication_id"] for r in records.read(settings, "publications")}
    assert publications.listed(settings)[0].publication_id == unrecorded
    publications.rollback(settings, None, "a look at the one before")
    assert home.current == reference.published.current
    publications.remove_leftovers(settings)
    publications.rollback(settings, unrecorded, "it was right")
    assert home.current == unrecorded
    homes.assert_opens(home)
