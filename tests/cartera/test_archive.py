"""What is read out of an archive is what was written, or nothing."""

from __future__ import annotations

import io
import json
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from cartera import archive
from cartera.errors import CarteraError, UsageError

FILES = {"a/one": b"1" * 5000, "a/b/two": b"", "a/odd \udce9 \n name": b"\x00\xff"}


def write(path: Path, files: dict[str, bytes], source: Path) -> dict[str, Any]:
    def entries() -> Any:
        for number, (name, content) in enumerate(files.items()):
            (source / str(number)).write_bytes(content)
            yield name, (source / str(number)).open("rb")

    return archive.write(path, entries(), lambda: {"made_at": "now"})


def read(path: Path) -> dict[str, bytes]:
    found = {}

    def take(name: str, size: int, content: BinaryIO) -> None:
        found[name] = content.read()
        assert len(found[name]) == size

    archive.read(path, ["a"], take)
    return found


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    write(tmp_path / "whole.tar", FILES, tmp_path / "files")
    return tmp_path / "whole.tar"


def test_what_was_written_is_read(whole: Path) -> None:
    assert read(whole) == FILES
    assert whole.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in whole.parent.iterdir()) == ["files", "whole.tar"]


def test_an_archive_is_not_written_over(whole: Path) -> None:
    before = whole.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        write(whole, {"a/x": b"x"}, whole.parent / "files")
    assert whole.read_bytes() == before
    assert sorted(p.name for p in whole.parent.iterdir()) == ["files", "whole.tar"]


def test_a_file_that_grows_is_taken_as_long_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")

    def entries() -> Any:
        file = path.open("rb")
        stat = os.fstat

        def grows(descriptor: int) -> os.stat_result:
            result = stat(descriptor)
            with path.open("ab") as more:
                more.write(b"two\n")
            return result

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fstat", grows)
            yield "a/log", file

    archive.write(tmp_path / "x.tar", entries(), dict)
    assert path.read_bytes() == b"one\ntwo\n"
    assert read(tmp_path / "x.tar") == {"a/log": b"one\n"}


def test_an_archive_that_was_cut_short_is_refused_wherever_it_was_cut(whole: Path) -> None:
    with tarfile.open(whole) as tar:
        members = tar.getmembers()
    # Behind the manifest there are only zeroes.
    end = members[-1].offset_data + members[-1].size
    content = whole.read_bytes()
    for size in [*range(0, end, 200), end - 1]:
        whole.write_bytes(content[:size])
        with pytest.raises(CarteraError, match="cannot be used"):
            read(whole)


def test_a_bit_that_was_flipped_is_found(whole: Path) -> None:
    content = bytearray(whole.read_bytes())
    with tarfile.open(whole) as tar:
        members = tar.getmembers()
    dice = random.Random(1)
    data = [m.offset_data + dice.randrange(m.size) for m in members if m.size for _ in range(30)]
    for place in data:
        content[place] ^= 1
        whole.write_bytes(content)
        try:
            same = read(whole) == FILES
        except CarteraError:
            same = False
        content[place] ^= 1
        # A fact in the manifest may change unnoticed; no file and no name of one may.
        assert not same or place >= members[-1].offset_data


def member(name: str, **values: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in values.items():
        setattr(info, key, value)
    return info


HOSTILE = {
    "up": member("a/../../x"),
    "absolute": member("/etc/x"),
    "elsewhere": member("b/x"),
    "nowhere": member("x"),
    "itself": member("a"),
    "dotted": member("a/./x"),
    "doubled": member("a//x"),
    "twice": member("a/one"),
    "link": member("a/x", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": member("a/x", type=tarfile.LNKTYPE, linkname="a/one"),
    "device": member("a/x", type=tarfile.CHRTYPE),
    "pipe": member("a/x", type=tarfile.FIFOTYPE),
    "folder": member("a/x", type=tarfile.DIRTYPE),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_does_not_belong_into_an_archive_refuses_it(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(member("a/one", size=1), io.BytesIO(b"1"))
        tar.addfile(HOSTILE[kind])
    with pytest.raises(CarteraError, match="cannot be used"):
        read(path)


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    files = [{"name": "a/one", "size": 1, "sha256": "6b86b273ff34fce19d6b804eff5a3f57" + "47ad"}]
    manifest: dict[str, Any] = {"format": 1, "files": files}
    change(manifest)
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 1, "files": 7}',
        b'{"format": 1, "files": [{}]}',
        b'{"format": 1, "files": []}',
        changed(lambda m: m),
        changed(lambda m: m.update(format=2)),
    ],
)
def test_a_manifest_that_does_not_fit_refuses_the_archive(manifest: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(member("a/one", size=1), io.BytesIO(b"1"))
        tar.addfile(member(archive.MANIFEST, size=len(manifest)), io.BytesIO(manifest))
    with pytest.raises(CarteraError, match="cannot be used"):
        read(path)


def test_nothing_follows_the_manifest(whole: Path) -> None:
    with tarfile.open(whole, "a") as tar:
        tar.addfile(member("a/late", size=1), io.BytesIO(b"1"))
    with pytest.raises(CarteraError, match="after its manifest"):
        read(whole)


def test_no_archive_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no archive"):
        read(tmp_path / "none.tar")
