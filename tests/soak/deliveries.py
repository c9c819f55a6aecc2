"""What the systems of the company deliver while it is soaked, and how many records that is."""

from __future__ import annotations

import csv
import io
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import recount

TICKETS = "till/orders/ventas_2026-10-31.csv"
CONTACTS = "crm/crm_contacts/contacts_2026-10-31.csv"
CONSENTS = "mailing/consents/consents_2026-10-31.csv"
SURVEYS = "service/survey_responses/surveys_2026-10-31.jsonl"
EVENTS = "web/web_events/events_2026-10-31.jsonl.gz"
LONG_AGO = 1_790_000_000
NAMES = ("Ana", "Luis", "Eva", "Pablo", "Marta", "Hugo", "Nora", "Iker")


@dataclass
class Inbox:
    """The inbox, what was ever put there, and the files that nobody can read."""

    folder: Path
    templates: Path
    counted: dict[str, list[int]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    newcomers: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """What lies there has landed."""
        self.counted = {key: [n] for key, n in recount.inbox(self.folder).items()}

    def deliver(self, dice: random.Random, number: int) -> list[str]:
        """New people, new sales, and something that is none; returns the keys of all of it."""
        told = [self._contacts(dice, number), self._tickets(dice, number)]
        more = dice.choice((self._again, self._copy, self._damaged, self._cut_off, self._corrected))
        return [*told, *more(dice, number)]

    def notice(self) -> None:
        """Count what Cartera put there itself: the records of pulls."""
        for path in self.folder.glob("cartera/audience_pulls/*.csv"):
            key = path.relative_to(self.folder).as_posix()
            self.counted.setdefault(key, [recount.records_in(path, "cartera")])

    def remove_unreadable(self) -> None:
        """What the operator does with a file that is to be delivered again."""
        for key in self.unreadable:
            (self.folder / key).unlink(missing_ok=True)
        self.unreadable.clear()

    def _put(self, key: str, data: bytes) -> str:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(data)
        # As a copy with its times kept has them.
        then = LONG_AGO + len(self.counted)
        os.utime(aside, (then, then))
        aside.replace(path)
        self.counted.setdefault(key, []).append(recount.records_in(path, key.split("/")[0]))
        return key

    def _lines(self, key: str) -> list[str]:
        encoding, _ = recount.DIALECTS.get(key.split("/")[0], ("utf-8", ","))
        return (self.templates / key).read_text(encoding=encoding).splitlines()

    def _contacts(self, dice: random.Random, number: int) -> str:
        """The CRM's contacts as ever, whoever was erased among them, and two new ones."""
        header, *rows = self._lines(CONTACTS)
        for place in range(2):
            name = dice.choice(NAMES)
            known = {
                "id": f"CRM-9{number:05d}{place}",
                "first_name": name,
                "last_name": f"Soak{number}{place}",
                "email": f"{name.lower()}{number}{place}@soak.example",
                "created_on": "2026-10-30T10:00:00Z",
                "modified_on": "2026-10-30T10:00:00Z",
            }
            self.newcomers.append(",".join(known.get(c, "") for c in header.split(",")))
        text = "\n".join([header, *rows, *self.newcomers, ""])
        return self._put(_named(CONTACTS, number), text.encode())

    def _tickets(self, dice: random.Random, number: int) -> str:
        header, *rows = self._lines(TICKETS)
        sales = [row for row in rows if row.split(";")[5] == "V"]
        new = [
            ";".join([f"S20-9{number:06d}{place:03d}", *dice.choice(sales).split(";")[1:]])
            for place in range(dice.randint(3, 12))
        ]
        data = "\n".join([header, *new, ""]).encode("latin-1")
        return self._put(_named(TICKETS, number), data)

    def _again(self, dice: random.Random, number: int) -> list[str]:
        """A file that has landed, touched: a repeat, which is no delivery."""
        there = sorted(p for p in self.folder.rglob("*.csv") if p.is_file())
        os.utime(dice.choice(there), (LONG_AGO - number, LONG_AGO - number))
        return []

    def _copy(self, dice: random.Random, number: int) -> list[str]:
        """The same records once more under another name."""
        key = dice.choice((CONSENTS, SURVEYS, EVENTS))
        return [self._put(_named(key, number), (self.templates / key).read_bytes())]

    def _damaged(self, dice: random.Random, number: int) -> list[str]:
        """Lines of it are no records any more; how many there are stays countable."""
        key = dice.choice((CONSENTS, SURVEYS, TICKETS))
        start = 0 if key == SURVEYS else 1
        lines = self._lines(key)
        for place in dice.sample(range(start, len(lines)), min(3, len(lines) - start)):
            lines[place] = dice.choice(
                ("{{{ broken", lines[place] + ";x,y;z", lines[place].replace("2026", "soon"))
            )
        # A name of its own: new sales may be there under the round's.
        return [self._put(_named(key, f"{number}bad"), "\n".join([*lines, ""]).encode())]

    def _cut_off(self, dice: random.Random, number: int) -> list[str]:
        """A packed file that ends too early: nothing of it may land."""
        data = (self.templates / EVENTS).read_bytes()
        key = _named(EVENTS, number)
        (self.folder / key).write_bytes(data[: dice.randint(20, len(data) - 20)])
        self.unreadable.add(key)
        return [key]

    def _corrected(self, dice: random.Random, number: int) -> list[str]:
        """A delivery of earlier, without its last record: it takes the place of the first."""
        mine = sorted(self.folder.glob("till/orders/*_soak*.csv"))
        mine = [path for path in mine if f"_soak{number}." not in path.name]
        if not mine:
            return self._copy(dice, number)
        path = dice.choice(mine)
        rows = list(csv.reader(io.StringIO(path.read_text("latin-1")), delimiter=";"))
        data = "".join(";".join(row) + "\n" for row in rows[:-1]).encode("latin-1")
        return [self._put(path.relative_to(self.folder).as_posix(), data)]


def _named(key: str, number: int | str) -> str:
    """The name of round ``number`` for a file like ``key``, of the same day and after it."""
    path = Path(key)
    stem, dot, ending = path.name.partition(".")
    return (path.parent / f"{stem}_soak{number}{dot}{ending}").as_posix()
