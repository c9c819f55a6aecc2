"""What a user without rights may not do, tried by one: uid 65534, who owns nothing.

Root may read and write everything, so it is not root who tries. Where the suite is not run by
root, its own user tries, on what has been made read-only.
"""

from __future__ import annotations

import grp
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from cartera import publications
from cartera.errors import UsageError
from cartera.settings import load_settings
from tests.faults import homes
from tests.faults.conftest import Reference
from tests.faults.homes import BUILD, CHECKOUT, INGEST, LIKE_OTHERS, PULL, Done, Home

IS_ROOT = os.geteuid() == 0
NOBODY = 65534 if IS_ROOT else -1
NOGROUP = 65534 if IS_ROOT else os.getegid()
OTHER_GROUP = 65533


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="cartera-faults-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(home: Home, command: Sequence[str], groups: Sequence[int] = (NOGROUP,)) -> Done:
    """Run a command of ``unprivileged.py``."""
    names = ",".join(map(str, groups))
    return homes.ended(
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.unprivileged", str(NOBODY), names, *command],
            cwd=CHECKOUT,
            env=home.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def give(path: Path, *, keep: Sequence[Path] = ()) -> None:
    """Make nobody the owner of all below ``path``; what is in ``keep`` nobody can change."""
    if IS_ROOT:
        for each in [path, *path.rglob("*")]:
            os.chown(each, NOBODY, NOGROUP, follow_symlinks=False)
    for each in keep:
        if IS_ROOT:
            os.chown(each, 0, 0)
        each.chmod(0o555 if each.is_dir() else 0o000)


def assert_names(done: Done, path: Path) -> None:
    """An error of one paragraph with the path and what to do."""
    assert done.code == 3, (done.code, done.said)
    assert done.error.startswith("✗ No permission: "), done.said
    assert str(path) in done.error
    assert "needs access" in done.error
    assert done.error.count("✗") == done.error.count("→") == 1, done.said
    assert "Traceback" not in done.said


@pytest.mark.parametrize("part", ["", "state", "landing"])
def test_a_home_that_cannot_be_written_is_named(
    part: str, reference: Reference, shared: Path
) -> None:
    home = homes.copied(reference.waiting, shared / "home")
    barred = home.path / part
    barred.mkdir(exist_ok=True)
    give(home.path, keep=[barred])
    assert_names(as_nobody(home, INGEST), barred)
    assert not list(home.path.glob("landing/*/*"))


def test_landing_that_loses_its_rights_blames_no_delivery(
    reference: Reference, shared: Path
) -> None:
    """The rights go while a delivery is parsed: it could be read, and its rows not be written."""
    home = homes.copied(reference.waiting, shared / "home")
    prefix = LIKE_OTHERS if IS_ROOT else ()
    with homes.stopped(home, ("ingest", "crm"), "landing.opened", prefix=prefix) as process:
        folders = [p for p in (home.path / "landing").rglob("*") if p.is_dir()]
        for folder in folders:
            folder.chmod(0o555)
        os.kill(process.pid, signal.SIGCONT)
        done = homes.ended(process)
    assert_names(done, max(folders))
    assert not home.manifests()
    for folder in folders:
        folder.chmod(0o755)
    assert home.run(("ingest", "crm")).code == 0
    homes.assert_whole(home)


def test_publications_that_cannot_be_written_are_named(reference: Reference, shared: Path) -> None:
    home = homes.copied(reference.landed, shared / "home")
    home.publications.mkdir()
    give(home.path, keep=[home.publications])
    assert_names(as_nobody(home, BUILD), home.publications)
    assert not list(home.publications.iterdir())


def test_a_delivery_that_cannot_be_read_does_not_stop_the_others(
    reference: Reference, shared: Path
) -> None:
    home = homes.copied(reference.waiting, shared / "home")
    files = sorted((home.path / "inbox" / "crm").rglob("*.csv"))
    give(home.path, keep=[files[1]])
    done = as_nobody(home, ("ingest", "crm"))
    assert done.code == 1, done.said
    assert str(files[1]) in done.error
    crm = {name for name in reference.counted if name.startswith("crm/")}
    barred = files[1].relative_to(home.path / "inbox").as_posix()
    assert {m["delivery"] for m in home.manifests()} == crm - {barred}


def test_published_files_cannot_be_written_even_by_their_owner(
    reference: Reference, shared: Path
) -> None:
    home = homes.copied(reference.published, shared / "home")
    give(home.path)
    folder = home.publications / "current"
    for name, mode in (("warehouse", 0o440), ("contacts", 0o400)):
        file = folder / f"{name}.duckdb"
        assert file.stat().st_mode & 0o777 == mode
        assert as_nobody(home, ("open", str(file))).code == 0
        refused = as_nobody(home, ("write", str(file)))
        assert refused.code != 0
        assert "Permission denied" in refused.said, refused.said
    homes.assert_opens(home)


def test_contact_data_is_closed_to_those_who_may_read_the_warehouse(
    reference: Reference, shared: Path
) -> None:
    """The warehouse is for its group; contact data for its owner, and for a group of its own."""
    home = homes.copied(reference.published, shared / "home")
    folder = home.publications / str(home.current)
    warehouse, contacts = folder / "warehouse.duckdb", folder / "contacts.duckdb"
    assert folder.stat().st_mode & 0o777 == 0o550
    assert (warehouse.stat().st_mode & 0o777, contacts.stat().st_mode & 0o777) == (0o440, 0o400)
    if IS_ROOT:
        for path in (home.publications, folder, warehouse, contacts):
            os.chown(path, 0, OTHER_GROUP)
        analyst = (NOGROUP, OTHER_GROUP)
    else:
        contacts.chmod(0o000)
        analyst = (NOGROUP,)
    opened = as_nobody(home, ("open", str(warehouse)), analyst)
    assert opened.code == 0, opened.said
    assert int(opened.printed) > 0
    refused = as_nobody(home, ("open", str(contacts)), analyst)
    assert refused.code != 0
    assert "Permission denied" in refused.said
    if IS_ROOT:
        for path in (warehouse, contacts):
            assert as_nobody(home, ("open", str(path))).code != 0


def test_a_pull_without_the_right_to_contact_data_names_the_file(
    reference: Reference, shared: Path
) -> None:
    home = homes.copied(reference.published, shared / "home")
    contacts = home.publications / str(home.current) / "contacts.duckdb"
    give(home.path, keep=[contacts])
    done = as_nobody(home, PULL)
    assert_names(done, contacts)
    assert not list(home.path.glob("exports/*/*"))


def test_a_group_may_be_given_the_contact_data(shared: Path) -> None:
    group = grp.getgrgid(NOGROUP).gr_name
    settings = load_settings(home=shared, hash_key="the tests' own key", contacts_group=group)
    number = "20261101T000000000001Z-0123abcd"
    candidate = publications.make_candidate(settings, number)
    for name in (publications.WAREHOUSE, publications.CONTACTS):
        with duckdb.connect(str(candidate / name)) as connection:
            connection.execute("create table numbers as select 1 as n")
    unknown = load_settings(home=shared, contacts_group="no-such-group")
    with pytest.raises(UsageError, match=r"CARTERA_CONTACTS_GROUP: 'no-such-group'"):
        publications.publish(unknown, candidate, number, None)
    assert publications.current_id(settings) is None
    publication = publications.publish(settings, candidate, number, None)
    assert publication.contacts.stat().st_mode & 0o777 == 0o440
    assert publication.contacts.stat().st_gid == NOGROUP
    publication.folder.chmod(0o755)
    home = Home(shared, shared / "none")
    assert as_nobody(home, ("open", str(publication.contacts))).code == 0
    assert as_nobody(home, ("write", str(publication.contacts))).code != 0
    if IS_ROOT:
        others = as_nobody(home, ("open", str(publication.contacts)), (OTHER_GROUP,))
        assert "Permission denied" in others.said
