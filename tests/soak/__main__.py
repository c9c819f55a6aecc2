"""``python -m tests.soak --rounds 100 --seed 1``: the whole chain under random faults.

One line per round, a summary by kind of fault, and ``results.json``. Ends with 1 if something
did not hold, and says which command repeats it. ``--from-round`` begins at the block that has
this round; what is in ``results.json`` of the same seed stays.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.demo.company import write_company
from tests.faults import homes
from tests.faults.disks import WAYS
from tests.faults.homes import Home
from tests.soak import plan, tables
from tests.soak.company import Company
from tests.soak.plan import Round
from tests.soak.strikes import PATIENCE, Disk, mounted

ROOM = 1 << 30
INSIDE = "SOAK_MOUNTS"
RESULTS = "results.json"


@dataclass(frozen=True)
class Soak:
    """A run: where it works and whether it may mount."""

    folder: Path
    start: Path
    may_mount: bool

    def play(self, seed: int, first: int, last: int) -> Iterator[dict[str, Any]]:
        """Every round from the block of ``first`` on, as a row of results."""
        usual: dict[str, float] = {}
        for begin in range(plan.first_of_block(first), last + 1, plan.BLOCK):
            place = self.folder / "disk"
            disk = self._fresh(place)
            company = Company.of(self.start, place / "home", disk, usual)
            for what in plan.block(seed, begin):
                if what.number <= last:
                    row = self._row(company, seed, what)
                    yield row
                    if row["wrong"]:
                        self._keep(company, what)
                        break
            self._gone(place, disk)

    def _row(self, company: Company, seed: int, what: Round) -> dict[str, Any]:
        row = {
            "round": what.number,
            "seed": seed,
            "step": what.step,
            "fault": what.kind,
            "where": "",
            "outcome": "not run: no mounts here",
            "seconds": 0.0,
            "wrong": [],
        }
        if what.kind in plan.NEEDS_MOUNTS and not self.may_mount:
            return row
        began = time.monotonic()
        struck, wrong = company.play(what)
        seconds = round(time.monotonic() - began, 1)
        found = {"where": struck.where, "outcome": struck.outcome, "wrong": wrong}
        return {**row, **found, "seconds": seconds}

    def _fresh(self, place: Path) -> Disk | None:
        if self.may_mount:
            return mounted(place, ROOM)
        place.mkdir(parents=True)
        return None

    def _gone(self, place: Path, disk: Disk | None) -> None:
        if disk:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
        shutil.rmtree(place)

    def _keep(self, company: Company, what: Round) -> None:
        """The home of a round that went wrong, for whoever looks into it."""
        kept = self.folder / f"wrong-{what.number}"
        shutil.rmtree(kept, ignore_errors=True)
        homes.copied(company.home, kept)


def make_start(path: Path) -> None:
    """The company that every block begins with: 60 people and 60 days, landed and published."""
    home = Home(path.with_name("starting"), path)
    shutil.rmtree(home.path, ignore_errors=True)
    write_company(
        home.path / "inbox", people=60, seed=7, as_of=date.fromisoformat(homes.AS_OF), days=60
    )
    for command in (homes.INGEST, homes.BUILD):
        settings = {"FAULTS_CLOCK": "2026-11-01T05:00:00+00:00"}
        done = homes.ended(home.start(command, replay=(), settings=settings), PATIENCE)
        if done.code != 0:
            raise SystemExit(f"The company to begin with could not be made: {done.said}")
    home.path.rename(path)


def in_own_mounts() -> bool:
    """Whether this process may mount; starts it again in a namespace of its own if need be."""
    if INSIDE in os.environ:
        return os.environ[INSIDE] == "yes"
    for way in WAYS:
        enter = ["unshare", *way, "--propagation=private"]
        tried = subprocess.run(
            [*enter, "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()], capture_output=True
        )
        if tried.returncode == 0:
            again = [sys.executable, "-m", "tests.soak", *sys.argv[1:]]
            os.execvpe(enter[0], [*enter, *again], {**os.environ, INSIDE: "yes"})
    return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="how many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from-round", type=int, default=1, help="go on from here")
    parser.add_argument("--home", type=Path, help="where to work and to leave results.json")
    parser.add_argument("--start", type=Path, help="a home of before, to begin each block with")
    wanted = parser.parse_args()
    may_mount = in_own_mounts()
    folder = (wanted.home or Path(tempfile.gettempdir()) / f"cartera-soak-{wanted.seed}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not may_mount:
        print(
            "NOT RUN: full disk and read-only. No mount namespace can be made here. Run it as "
            "root, or allow user namespaces.",
            flush=True,
        )
    start = (wanted.start or folder / "start").resolve()
    if not start.exists():
        print("making the company that every block begins with", flush=True)
        make_start(start)
    rows = _earlier(folder / RESULTS, wanted.seed)
    last = wanted.from_round + wanted.rounds - 1
    for row in Soak(folder, start, may_mount).play(wanted.seed, wanted.from_round, last):
        print(tables.line(row), flush=True)
        rows[row["round"]] = row
        ordered = [rows[number] for number in sorted(rows)]
        (folder / RESULTS).write_text(json.dumps(ordered, indent=1) + "\n")
    print(tables.summary(ordered), flush=True)
    return 1 if any(row["wrong"] for row in ordered) else 0


def _earlier(path: Path, seed: int) -> dict[int, dict[str, Any]]:
    rows = json.loads(path.read_text()) if path.exists() else []
    return {row["round"]: row for row in rows if row["seed"] == seed}


if __name__ == "__main__":
    sys.exit(main())
