"""A record that a kill cut short is no record, and spoils none."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from cartera import records
from cartera.settings import Settings, load_settings

WRITERS = 4
EACH = 50


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path, hash_key="the tests' own key")


def test_half_a_line_is_passed_over_and_the_next_record_starts_its_own(settings: Settings) -> None:
    records.append(settings, "publications", event="publish", publication_id="a")
    path = settings.state / "publications.jsonl"
    whole = path.read_bytes()
    for length in range(1, len(whole) - 1):
        path.write_bytes(whole + whole[:length])
        assert [r["publication_id"] for r in records.read(settings, "publications")] == ["a"]
        records.append(settings, "publications", event="publish", publication_id="b")
        assert [r["publication_id"] for r in records.read(settings, "publications")] == ["a", "b"]


def test_a_line_cut_in_the_middle_of_a_letter_is_passed_over(settings: Settings) -> None:
    records.append(settings, "access", event="override", reason="mañana")
    path = settings.state / "access.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: whole.index("ñ".encode()) + 1])
    records.append(settings, "access", event="override", reason="después")
    assert [r["reason"] for r in records.read(settings, "access")] == ["mañana", "después"]


def _write(home: str, name: int) -> None:
    settings = load_settings(home=home)
    for number in range(EACH):
        records.append(settings, "access", writer=name, number=number, filler="x" * 5000)


def test_records_of_several_processes_do_not_mix(settings: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write, args=(str(settings.home), name)) for name in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    found = [(r["writer"], r["number"]) for r in records.read(settings, "access")]
    assert sorted(found) == [(w, n) for w in range(WRITERS) for n in range(EACH)]
    lines = (settings.state / "access.jsonl").read_bytes().splitlines()
    assert len(lines) == WRITERS * EACH
