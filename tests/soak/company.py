"""A company's home through a block of rounds: it delivers, is struck, and is put right again.

Put right is what docs/operations.md tells: run it again, ``cartera erase --resume``, release what
is held only because of the clock, take a broken file out of the inbox.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.faults import homes
from tests.faults.homes import BUILD, INGEST, KILLED, PULL, Done, Home
from tests.soak import invariants
from tests.soak.deliveries import Inbox
from tests.soak.invariants import Erased, Known, told_by
from tests.soak.plan import Round
from tests.soak.strikes import PATIENCE, Disk, Struck, strike

BEGINS = datetime.fromisoformat("2026-11-01T06:00:00+00:00")
# Between two commands; a jump back is longer than a round.
PAUSE = timedelta(minutes=1)
ROLLBACK = ("publications", "rollback", "--reason", "a look at the one before")
PRUNE = ("publications", "prune", "--keep", "2")
RESUME = ("erase", "--resume")
# How long a step takes, in seconds, until one was seen on this machine.
USUAL = {"ingest": 8.0, "build": 40.0, "erase": 60.0}
# The others do little more than start.
A_START = ("publications", "list")


@dataclass
class Company:
    """The home of a block, and what an onlooker has written down about it."""

    home: Home
    disk: Disk | None
    inbox: Inbox
    usual: dict[str, float] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    now: datetime = BEGINS
    build_began: float = 0.0

    @classmethod
    def of(cls, start: Path, place: Path, disk: Disk | None, usual: dict[str, float]) -> Company:
        """A company like the one at ``start``, at ``place``."""
        home = homes.copied(Home(start, start), place)
        inbox = Inbox(home.path / "inbox", start / "inbox")
        inbox.begin()
        company = cls(home, disk, inbox, usual)
        list(invariants.ids_stay(home, company.known))
        return company

    def command(self, what: Round) -> tuple[str, ...]:
        """The command of a step."""
        archive, back = str(self._archive), str(self._back)
        return {
            "ingest": INGEST,
            "build": BUILD,
            "pull": PULL,
            "rollback": ROLLBACK,
            "prune": PRUNE,
            "backup": ("backup", archive),
            "restore": ("restore", archive, "--home", back),
        }[what.step]

    @property
    def _archive(self) -> Path:
        return self.home.path.parent / "backup.tar"

    @property
    def _back(self) -> Path:
        return self.home.path.parent / "back"

    def play(self, what: Round) -> tuple[Struck, list[str]]:
        """Deliver, strike, look, put right, look again; returns all that was found wrong."""
        wrong: list[str] = []
        command = self._prepare(what, wrong)
        before = self.home.current
        if what.step in ("build", "erase"):
            self.build_began = time.time()
        struck = strike(self.home, command, what, self.disk, self._tick(), self.usual_of(what.step))
        self.inbox.notice()
        wrong += told_by("struck", *self._checks_of_the_struck(what, struck))
        self._put_right(what, struck, before, wrong)
        self.inbox.notice()
        wrong += told_by("afterwards", *self._checks(what))
        self._tidy()
        return struck, wrong

    def usual_of(self, step: str) -> float:
        """Seconds that a step takes when nothing strikes it."""
        seen = self.usual.get(step) or USUAL.get(step)
        if seen:
            return seen
        if A_START[0] not in self.usual:
            self.run(*A_START)
        return 1.3 * self.usual[A_START[0]]

    def run(self, *command: str) -> Done:
        """A command that nothing strikes."""
        began = time.monotonic()
        process = self.home.start(command, replay=(), settings={"FAULTS_CLOCK": self._tick()})
        done = homes.ended(process, PATIENCE)
        if done.code == 0:
            name = "pull" if command[:2] == PULL[:2] else command[0]
            self.usual[name] = time.monotonic() - began
        return done

    def _tick(self) -> str:
        self.now += PAUSE
        return self.now.isoformat()

    def _prepare(self, what: Round, wrong: list[str]) -> tuple[str, ...]:
        """All that comes before the step: deliveries, somebody to erase, a backup to restore."""
        if what.step in ("ingest", "build", "erase"):
            self.inbox.deliver(what.dice, what.number)
        if what.step == "build":
            self._ingest(wrong)
        if what.step == "restore":
            self._fine(self.run("backup", str(self._archive)), wrong)
        if what.step == "erase":
            person = self._somebody(what)
            self.known.erased.append(person)
            return ("erase", "--customer", person.customer_id)
        return self.command(what)

    def _somebody(self, what: Round) -> Erased:
        """A customer with an e-mail that nobody else has."""
        with invariants.opened(self.home) as connection:
            people = connection.execute(
                "select customer_id, email from contacts.contacts.golden_records "
                "where email is not null qualify count(*) over (partition by email) = 1 order by 1"
            ).fetchall()
            customer, email = what.dice.choice(people)
            records = connection.execute(
                "select source_system || ':' || source_record_id "
                "from contacts.contacts.identity_map where customer_id = ? order by 1",
                [customer],
            ).fetchall()
        return Erased(customer, (email,), tuple(record for (record,) in records))

    def _checks_of_the_struck(self, what: Round, struck: Struck) -> Iterator[Iterator[str]]:
        """What holds at once, before anybody puts anything right."""
        yield invariants.nobody_works(self.home)
        yield invariants.current_opens(self.home)
        yield invariants.accounts_balance(self.home, self.inbox.counted, landed=False)
        yield invariants.no_old_candidate(self.home, self.build_began)
        if struck.done.code != KILLED:
            yield invariants.said_properly(struck.done)
            # Where nothing may be changed it waits for the next build.
            if what.kind not in ("permission", "read-only"):
                yield invariants.no_candidate(self.home)

    def _put_right(self, what: Round, struck: Struck, before: str | None, wrong: list[str]) -> None:
        again = struck.done.code != 0
        match what.step:
            case "ingest":
                self._ingest(wrong)
            case "erase":
                self._finish_erasing(wrong)
            case "rollback":
                # Once more would be one further back; with one publication there is none.
                if again and self.home.current == before and self._count() > 1:
                    self._fine(self.run(*ROLLBACK), wrong)
            case "backup" | "restore":
                self._restore(what, again, wrong)
            case _:
                if again:
                    self.build_began = time.time() if what.step == "build" else self.build_began
                    self._fine(self.run(*self.command(what)), wrong)
        if what.step in ("build", "erase"):
            wrong += invariants.newest_is_current(self.home)

    def _ingest(self, wrong: list[str]) -> None:
        """Land what waits. Held batches are no fault; the clock's are released."""
        done = self.run(*INGEST)
        wrong += invariants.said_properly(done)
        if done.code not in (0, 1):
            wrong.append(f"the ingest after it ended with {done.code}: {done.error}")
        for manifest in self.home.manifests():
            if manifest["state"] == "held" and "yet to come" in manifest["reason"]:
                reason = ("--reason", "the clock was wrong")
                self._fine(self.run("batch", "release", manifest["batch_id"], *reason), wrong)
        self.inbox.remove_unreadable()

    def _finish_erasing(self, wrong: list[str]) -> None:
        """``--resume`` until it is certified; asked for again if nothing was written down."""
        folder = self.home.path / "state" / "erasures"
        for attempt in range(3):
            if len(list(folder.glob("*.certificate.json"))) >= len(self.known.erased):
                return
            self.inbox.remove_unreadable()
            self.build_began = time.time()
            done = self.run(*RESUME)
            if done.code == 2 and "under way" in done.error:
                done = self.run("erase", "--customer", self.known.erased[-1].customer_id)
            if done.code not in (0, 1) or attempt == 2:
                self._fine(done, wrong)

    def _restore(self, what: Round, again: bool, wrong: list[str]) -> None:
        """A backup is good if it comes back as the home that it was made of."""
        if again and what.step == "backup":
            self._archive.unlink(missing_ok=True)
            self._fine(self.run("backup", str(self._archive)), wrong)
        if again or what.step == "backup":
            shutil.rmtree(self._back, ignore_errors=True)
            self._fine(self.run("restore", str(self._archive), "--home", str(self._back)), wrong)
        back = Home(self._back, self.home.recording)
        if back.current != self.home.current:
            wrong.append(f"{back.current} came back, and {self.home.current} is current")
        wrong += invariants.accounts_balance(back, self.inbox.counted, landed=False)
        if len(back.manifests()) != len(self.home.manifests()):
            wrong.append("not every batch came back")

    def _checks(self, what: Round) -> Iterator[Iterator[str]]:
        """What holds when it was put right."""
        home, has_landed = self.home, what.step in ("ingest", "build", "erase")
        yield invariants.nobody_works(home)
        yield invariants.current_opens(home)
        yield invariants.accounts_balance(home, self._deliveries(), landed=has_landed)
        yield invariants.ids_stay(home, self.known)
        yield invariants.erased_stay_erased(home, self.known, inbox=has_landed)
        yield invariants.no_old_candidate(home, self.build_began)
        yield invariants.nothing_half(home)

    def _deliveries(self) -> dict[str, list[int]]:
        """All but the lists that were pulled and wait for the next ingest."""
        waiting = {
            key
            for key in self.inbox.counted
            if key.startswith("cartera/audience_pulls/")
            and key not in {m["delivery"] for m in self.home.manifests()}
        }
        return {key: n for key, n in self.inbox.counted.items() if key not in waiting}

    def _count(self) -> int:
        return sum(1 for p in self.home.publications.iterdir() if p.name[0] == "2")

    def _fine(self, done: Done, wrong: list[str]) -> None:
        """Nothing is in the way of this run, so it ends well."""
        if done.code != 0:
            wrong += [f"a run that nothing struck ended with {done.code}: {done.said[-900:]}"]

    def _tidy(self) -> None:
        self._archive.unlink(missing_ok=True)
        shutil.rmtree(self._back, ignore_errors=True)
