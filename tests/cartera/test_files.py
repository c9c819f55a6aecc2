"""Files are whole or not there, records are never lost, locks go with their holder."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cartera import files, records
from cartera.errors import LockBusy
from cartera.files import checksum, write_json, write_whole
from cartera.lock import hold
from cartera.process import PARENT as PARENT_PROCESS
from cartera.process import of_this_process
from cartera.settings import CHECKOUT, Settings


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.json"
    write_json(path, {"b": 1, "a": "é"})
    assert path.read_text() == '{\n "a": "é",\n "b": 1\n}\n'
    write_whole(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]


def test_a_write_that_fails_leaves_the_file_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_whole(path, b"old")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("returns", [False, True])
def test_what_somebody_put_where_a_file_is_written_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returns: bool
) -> None:
    """In a folder that others may write to a link could lead to anything."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"kept")
    aside, descriptor = files.open_aside(tmp_path / "a")
    os.close(descriptor)
    aside.unlink()
    aside.symlink_to(victim)
    if returns:
        # Put there again between the two calls.
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(FileExistsError):
            write_whole(tmp_path / "a", b"new")
    else:
        write_whole(tmp_path / "a", b"new", mode=0o600)
        assert (tmp_path / "a").read_bytes() == b"new"
        assert not (tmp_path / "a").is_symlink()
    assert victim.read_bytes() == b"kept"


def test_threads_that_write_one_file_leave_one_of_theirs(tmp_path: Path) -> None:
    wrote = [bytes([65 + number]) * 1_000_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_whole(tmp_path / "a", content), wrote))
    assert (tmp_path / "a").read_bytes() in wrote
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_checksum_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checksum(tmp_path / "a") == known


def test_records_are_read_as_they_were_appended(settings: Settings) -> None:
    assert records.read(settings, "events") == []
    records.append(settings, "events", name="é\n2", number=1)
    records.append(settings, "events", name="b", path=Path("x"))
    first, second = records.read(settings, "events")
    assert (first["name"], first["number"], second["path"]) == ("é\n2", 1, "x")
    assert first["at"] <= second["at"]


@pytest.mark.parametrize("torn", [b'{"name": "to', b'"text"', b"\xff\xfe", b"[1]\n"])
def test_a_torn_record_costs_only_itself(settings: Settings, torn: bytes) -> None:
    records.append(settings, "events", name="a")
    with (settings.state / "events.jsonl").open("ab") as file:
        file.write(torn)
    records.append(settings, "events", name="b")
    assert [record["name"] for record in records.read(settings, "events")] == ["a", "b"]


def test_records_of_many_writers_do_not_mix(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(80):
            pool.submit(records.append, settings, "events", number=number, long="x" * 5000)
    assert sorted(r["number"] for r in records.read(settings, "events")) == list(range(80))


def test_a_lock_is_held_by_one_and_names_its_holder(settings: Settings) -> None:
    with hold(settings, "build"):
        with pytest.raises(LockBusy) as error, hold(settings, "build", wait=0):
            pass
        assert f"The lock 'build' is held by process {os.getpid()} since 20" in error.value.message
        with hold(settings, "other", wait=0):
            pass
    with hold(settings, "build", wait=0):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from cartera.lock import hold
from cartera.settings import Settings
with hold(Settings(home=Path(sys.argv[1])), "build"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_goes_with_a_holder_that_is_killed(settings: Settings) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.home)], cwd=CHECKOUT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(LockBusy, match=f"process {process.pid} "), hold(settings, "build"):
            pass
        process.send_signal(signal.SIGKILL)
        with hold(settings, "build", wait=10):
            holder = json.loads((settings.state / "locks" / "build").read_text())
            assert holder["pid"] == os.getpid()
    finally:
        process.kill()
        process.communicate()


def test_a_child_that_got_the_lock_keeps_it(settings: Settings) -> None:
    with hold(settings, "build") as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            pass_fds=[descriptor],
        )
    try:
        with pytest.raises(LockBusy), hold(settings, "build"):
            pass
    finally:
        child.communicate()
    with hold(settings, "build", wait=5):
        pass


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c",
    "from cartera.process import die_with_parent; die_with_parent();"
    "import time; print('ready', flush=True); time.sleep(60)"], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_dies_with_its_parent() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)


def test_a_child_that_starts_after_its_parent_died_dies_at_once() -> None:
    """Somebody else is its parent by then, as for a child whose parent died while it imported."""
    code = "from cartera.process import die_with_parent; die_with_parent(); print('lives')"

    def said(**more: str) -> str:
        environment = {**os.environ, **more}
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
        ).stdout

    assert said(**of_this_process()) == "lives\n"
    assert said(**{PARENT_PROCESS: str(os.getppid())}) == ""


def is_running(process: int) -> bool:
    """Whether it is there and no zombie that waits for init."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
