"""Files come byte for byte, once complete, once per state, from a folder and from S3."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from cartera.errors import CarteraError, UsageError
from cartera.settings import Settings
from ingestion.connectors import stores
from ingestion.connectors.fetch import fetch_system
from tests.ingestion.connectors.exported import (
    HEADER,
    deliver,
    from_folder,
    names,
)
from tests.ingestion.connectors.homes import (
    SYSTEM,
    done,
    fetch,
    inbox,
    land,
    landed,
)


def test_a_file_comes_byte_for_byte_with_its_checksum_and_lands(
    settings: Settings, exports: Path
) -> None:
    from_folder(settings, exports)
    text = f"{HEADER}1;Ñandú;1.50;2026-01-01T10:00:00\n".encode()
    deliver(exports / "2026" / "p-2026-01-02.csv", text)
    row = fetch(settings)
    assert (row["files"], row["bytes"], row["problems"]) == (1, len(text), [])
    (path,) = inbox(settings)
    assert path == settings.inbox / SYSTEM / "products" / "2026" / "p-2026-01-02.csv"
    assert path.read_bytes() == text
    assert [r["checksum"] for r in done(settings)] == [hashlib.sha256(text).hexdigest()]
    assert land(settings).accepted == 1
    assert landed(settings) == {"1": "Ñandú"}


def test_what_was_fetched_is_not_fetched_again_until_it_changes(
    settings: Settings, exports: Path
) -> None:
    from_folder(settings, exports)
    first = deliver(exports / "a.csv", b"one")
    deliver(exports / "b.csv", b"two")
    assert fetch(settings)["files"] == 2
    for path in inbox(settings):
        path.unlink()  # as landing's retention does
    again = fetch(settings)
    assert (again["files"], again["already"], inbox(settings)) == (0, 2, [])
    first.write_bytes(b"one more")
    again = fetch(settings)
    assert (again["files"], again["already"], names(settings)) == (1, 1, ["a.csv"])
    assert inbox(settings)[0].read_bytes() == b"one more"


@pytest.mark.parametrize(
    ("marker", "present", "fetched"),
    [
        ("_SUCCESS", ["day1/_SUCCESS"], ["day1/a.csv", "day1/b.csv"]),
        ("_SUCCESS", ["_SUCCESS"], []),
        ("{file}.done", ["day1/b.csv.done"], ["day1/b.csv"]),
    ],
)
def test_a_file_waits_for_its_marker(
    settings: Settings, exports: Path, marker: str, present: list[str], fetched: list[str]
) -> None:
    from_folder(settings, exports, f'marker: "{marker}"', files="*")
    for name in ("day1/a.csv", "day1/b.csv", "day2/a.csv"):
        deliver(exports / name, b"x")
    for name in present:
        deliver(exports / name, b"")
    row = fetch(settings)
    assert names(settings) == fetched
    waiting = [line for line in row["passed_over"] if "waits for its marker" in line]
    assert len(waiting) == 3 - len(fetched)


def test_a_file_that_grows_is_left_for_the_next_time(
    settings: Settings, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder(settings, exports)
    path = settings.connections / f"{SYSTEM}.yml"
    path.write_text(path.read_text().replace("settle_seconds: 0", "settle_seconds: 0.3"))
    growing = deliver(exports / "growing.csv", b"half")
    deliver(exports / "finished.csv", b"whole")

    def meanwhile(seconds: float) -> None:
        growing.write_bytes(b"half and more")

    monkeypatch.setattr("ingestion.connectors.files.time.sleep", meanwhile)
    row = fetch(settings)
    assert names(settings) == ["finished.csv"]
    assert row["passed_over"] == ["growing.csv: still being written, it grows"]


def test_a_file_that_changes_while_it_is_fetched_is_not_kept(
    settings: Settings, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder(settings, exports)
    path = deliver(exports / "a.csv", b"x" * 3_000_000)
    opened = stores.FolderStore.opened

    def replaced(self: stores.FolderStore, found: stores.Found) -> Any:
        aside = deliver(exports / "aside", b"y" * 3_000_000)
        context = opened(self, found)
        stream = context.__enter__()
        os.replace(aside, path)

        class Wrapped:
            def __enter__(self) -> Any:
                return stream

            def __exit__(self, *error: Any) -> Any:
                return context.__exit__(*error)

        return Wrapped()

    monkeypatch.setattr(stores.FolderStore, "opened", replaced)
    row = fetch(settings)
    assert (inbox(settings), done(settings)) == ([], [])
    assert "it changed while it was fetched" in row["passed_over"][0]
    monkeypatch.undo()
    assert fetch(settings)["files"] == 1
    assert inbox(settings)[0].read_bytes() == b"y" * 3_000_000


def test_names_that_lead_elsewhere_or_are_unfinished_are_passed_over(
    settings: Settings, exports: Path, tmp_path: Path
) -> None:
    from_folder(settings, exports, files="*")
    secret = deliver(tmp_path / "secret.csv", b"not delivered")
    (exports / "link.csv").symlink_to(secret)
    for name in ("a.csv.part", ".hidden.csv", "b\\c.csv", "line\nbreak.csv", "n" * 230):
        deliver(exports / name, b"x")
    deliver(exports / "good.csv", b"x")
    row = fetch(settings)
    assert names(settings) == ["good.csv"]
    assert len(row["passed_over"]) == 5


def test_one_file_that_cannot_be_read_does_not_keep_the_others(
    settings: Settings, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_folder(settings, exports)
    for name in ("a.csv", "b.csv", "c.csv"):
        deliver(exports / name, b"x")
    opened = stores.FolderStore.opened

    def broken(self: stores.FolderStore, found: stores.Found) -> Any:
        if found.relative == "b.csv":
            raise OSError(5, "Input/output error")
        return opened(self, found)

    monkeypatch.setattr(stores.FolderStore, "opened", broken)
    with pytest.raises(CarteraError, match=r"1 parts of erp.*b\.csv.*Input/output"):
        fetch_system(settings, SYSTEM)
    assert names(settings) == ["a.csv", "c.csv"]
    monkeypatch.undo()
    assert fetch(settings)["files"] == 1


def test_a_folder_that_is_not_there_is_an_error(settings: Settings, exports: Path) -> None:
    from_folder(settings, exports / "gone")
    with pytest.raises(UsageError, match="is no folder"):
        fetch_system(settings, SYSTEM)
