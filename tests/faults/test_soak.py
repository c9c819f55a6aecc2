"""Five rounds of the soak, and proof that it sees what it looks for.

``make soak`` plays as many as one likes; docs/reliability.md tells of the last long one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cartera import faults
from tests.faults import homes, recount
from tests.faults.conftest import Reference
from tests.faults.homes import CHECKOUT, Done, Home
from tests.soak import invariants, page, plan, tables
from tests.soak.deliveries import Inbox
from tests.soak.invariants import Erased, Known

# A block with a rollback, of which no kill depends on how fast the machine is.
SEED, FIRST = 54, 6


def test_five_rounds_hold(reference: Reference, tmp_path: Path) -> None:
    """dbt and Great Expectations run; each kind of fault strikes once."""
    home = ["--home", str(tmp_path), "--start", str(reference.published.path)]
    rounds = ["--rounds", "5", "--seed", str(SEED), "--from-round", str(FIRST)]
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("CARTERA_", "SOAK_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *rounds, *home],
        cwd=CHECKOUT,
        env=outside,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [row["round"] for row in rows] == list(range(FIRST, FIRST + 5))
    assert {row["fault"] for row in rows} == set(plan.KINDS)
    ends = {row["outcome"] for row in rows}
    assert not [end for end in ends if end.startswith("not")], done.stdout
    assert "5 rounds run, 0 not run; all held." in done.stdout


def test_a_round_is_its_number_and_its_seed() -> None:
    assert plan.block(3, 11) == plan.block(3, 11)
    assert plan.block(3, 11) != plan.block(4, 11)
    assert plan.first_of_block(11) == plan.first_of_block(15) == 11
    assert plan.first_of_block(16) == 16


def test_in_a_hundred_rounds_every_step_meets_every_fault() -> None:
    rounds = [r for first in range(1, 101, plan.BLOCK) for r in plan.block(7, first)]
    assert {(r.step, r.kind) for r in rounds} == {(s, k) for s in plan.STEPS for k in plan.KINDS}


def test_over_some_seeds_every_named_point_is_struck() -> None:
    rounds = [r for s in range(9) for first in range(1, 101, 5) for r in plan.block(s, first)]
    named = {str(r.at).partition(":")[0] for r in rounds if isinstance(r.at, str)} - {"start"}
    assert named == {point for step in plan.STEPS for point in plan.points(step)}
    rooms = {name.partition(".")[0] for name in named}
    others = {"fetch", "replay", "postgres", "send"}
    assert rooms == {name.partition(".")[0] for name in faults.POINTS} - others


def test_a_row_that_is_wrong_says_how_to_repeat_it() -> None:
    row = {
        "round": 38, "seed": 4, "step": "pull", "fault": "kill", "where": "pull.recorded",
        "outcome": "killed", "seconds": 1.0, "wrong": ["two lists"],
    }  # fmt: skip
    assert "two lists" in tables.line(row)
    assert tables.line(row).endswith("make soak ROUNDS=3 SEED=4 FROM=36")
    assert "did not hold: [38]" in tables.summary([row])


def spoil_manifest(home: Home, **values: Any) -> None:
    path = next(p for p in home.path.glob("landing/*/*/*/manifest.json") if "orders" in str(p))
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def refuse(home: Home) -> None:
    (path,) = home.path.glob("state/gates/*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "status": "refused"}))


def point_nowhere(home: Home) -> None:
    (home.publications / "current").unlink()
    (home.publications / "current").symlink_to("gone")


def lose_data(home: Home) -> None:
    next(home.path.glob("landing/orders/*/*/data.parquet")).unlink()


def lose_refused(home: Home) -> None:
    next(home.path.glob("quarantine/*/*/*/rows.parquet")).unlink()


def land_twice(home: Home) -> None:
    folder = next(home.path.glob("landing/orders/*/*"))
    homes.copied(Home(folder, folder), folder.with_name("batch=0123456789abcdef"))


SPOILS: dict[str, Callable[[Home], object]] = {
    "current does not open": point_nowhere,
    "is not on file": refuse,
    "are not accepted, quarantined and erased": lambda home: spoil_manifest(home, received=1),
    "its data are not the rows": lose_data,
    "are in quarantine, and it says": lose_refused,
    "were delivered": land_twice,
    "counts as newer": lambda home: (home.publications / "29990101T000000000000Z-0").mkdir(),
    "older than the last start": lambda home: (home.publications / ".candidate-1").mkdir(),
    "candidates are there": lambda home: [
        (home.publications / f".candidate-{n}").mkdir() for n in range(2)
    ],
    "half-written": lambda home: (home.path / "state" / "a.tmp").touch(),
}


def all_that_is_wrong(home: Home, counted: dict[str, list[int]]) -> Iterator[str]:
    yield from invariants.current_opens(home)
    yield from invariants.accounts_balance(home, counted, landed=True)
    yield from invariants.newest_is_current(home)
    yield from invariants.no_old_candidate(home, started=4e9)
    yield from invariants.nothing_half(home)


@pytest.mark.parametrize("told", SPOILS)
def test_what_does_not_hold_is_told(
    told: str, reference: Reference, copy: Callable[[Home], Home]
) -> None:
    home = copy(reference.published)
    counted = {key: [n] for key, n in reference.counted.items()}
    assert list(all_that_is_wrong(home, counted)) == []
    SPOILS[told](home)
    assert [line for line in all_that_is_wrong(home, counted) if told in line]


def test_a_delivery_that_is_lost_is_told(reference: Reference) -> None:
    counted = {**{key: [n] for key, n in reference.counted.items()}, "till/orders/new.csv": [3]}
    (line,) = invariants.accounts_balance(reference.published, counted, landed=True)
    assert line == "till/orders/new.csv: delivered 1 times, landed None"
    assert not list(invariants.accounts_balance(reference.published, counted, landed=False))


def test_an_id_that_changed_and_somebody_who_came_back_are_told(reference: Reference) -> None:
    home, known = reference.published, Known()
    assert list(invariants.ids_stay(home, known)) == []
    (ids,) = known.ids.values()
    record, customer = next(iter(ids.items()))
    known.ids = {"20000101T000000000000Z-0": {**ids, record: "C0"}}
    (line,) = invariants.ids_stay(home, known)
    assert line.startswith(f"{record} was C0 in")
    known.ids = {str(home.current): {**ids, record: "C0"}}
    assert "is not what it was" in next(invariants.ids_stay(home, known))
    with invariants.opened(home) as connection:
        (email,) = connection.execute(
            "select min(email) from contacts.contacts.golden_records"
        ).fetchone() or ("",)
    known.erased = [Erased(customer, (email,), (record,))]
    lines = list(invariants.erased_stay_erased(home, known, inbox=True))
    for place in ("warehouse.core.", "contacts.contacts.", "landing/", "inbox/", "are somebody's"):
        assert [line for line in lines if place in line], place


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (9, "✗ Odd. → Do."),
        (3, "Traceback (most recent call last): …\n✗ Odd. → Do."),
        (3, "✗ Odd, and nothing to do."),
        (1, "✗ One. → Do.\n✗ Two. → Do."),
    ],
)
def test_an_error_that_is_no_paragraph_is_told(code: int, said: str) -> None:
    assert len(list(invariants.said_properly(Done(code, "", said)))) == 1
    assert not list(invariants.said_properly(Done(3, "", "· at work\n✗ Odd. → Do.")))


def test_every_delivery_is_counted_as_it_is_made(reference: Reference, tmp_path: Path) -> None:
    """What the soak delivers in fifty rounds, counted again by the reader of the inbox."""
    home = homes.copied(reference.waiting, tmp_path / "home")
    inbox = Inbox(home.path / "inbox", reference.waiting.path / "inbox")
    inbox.begin()
    for number in range(50):
        what = replace(plan.block(1, 1)[0], number=number)
        told = inbox.deliver(what.dice, number)
        assert len(set(told)) == len(told)
    assert inbox.unreadable
    inbox.remove_unreadable()
    assert {key: n[-1] for key, n in inbox.counted.items()} == recount.inbox(inbox.folder)
    corrected = [key for key, n in inbox.counted.items() if len(n) > 1]
    assert corrected
    assert all("_soak" in key for key in corrected)


def test_the_page_has_the_tables_of_a_soak() -> None:
    row = {
        "round": 1, "seed": 4, "step": "pull", "fault": "kill", "where": "pull.recorded",
        "outcome": "killed", "seconds": 2.0, "wrong": [],
    }  # fmt: skip
    not_run = {**row, "round": 2, "fault": "full disk", "outcome": "not run: no mounts here"}
    written = page.with_result(f"before\n{page.BEGIN}old\n{page.END}after\n", [row, not_run])
    assert written == page.with_result(written, [row, not_run])
    assert written.startswith(f"before\n{page.BEGIN}\n    make soak ROUNDS=2 SEED=4\n")
    assert written.endswith(f"{page.END}after\n")
    assert "| kill | 1 | 1 | 1 | 0 | 0 | 0 | 2 |" in written
    assert "1 rounds run, 1 not run; all held." in written
    assert "old" not in written
    assert page.PAGE.read_text(encoding="utf-8").count(page.BEGIN) == 1
