"""The rules of customer ids in plain Python, written from docs/identity.md and not from the SQL."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

Key = tuple[str, str]


class Record(NamedTuple):
    """A source record of today: its source, what it says (None: too little), when it was made."""

    source: str
    says: str | None
    created: int | None


@dataclass
class Ids:
    """What is known after a publication."""

    key_of: dict[str, Key] = field(default_factory=dict)  # id: its founding record
    stands_at: dict[str, Key] = field(default_factory=dict)  # id: the number that record has now
    born: dict[str, int] = field(default_factory=dict)  # id: its place in the order of foundings
    owner: dict[Key, str] = field(default_factory=dict)  # each record ever seen: its customer
    leads: dict[str, str] = field(default_factory=dict)  # an id that nobody bears: where to
    said: dict[Key, str | None] = field(default_factory=dict)  # records of the last publication
    given: list[tuple[str, Key]] = field(default_factory=list)  # every membership, as it was told

    def copy(self) -> Ids:
        return copy.deepcopy(self)


def publish(
    before: Ids,
    records: dict[Key, Record],
    clusters: Iterable[set[Key]],
    mint: Callable[[Key, int], str],
    rolled_back: Ids | None = None,
) -> tuple[Ids, dict[Key, str]]:
    """The ids after a build from ``before``, and the customer of each record.

    ``rolled_back`` knows ids that were published and then gone back from.
    """
    after = before.copy()
    parts = sorted((sorted(part) for part in clusters), key=lambda part: part[0])
    known, moved_to = _known(before, records)

    def now_at(key: Key) -> Key | None:
        return moved_to.get(key, key if key in records else None)

    after.stands_at = {c: moved_to.get(key, key) for c, key in before.stands_at.items()}
    homes: dict[int, list[str]] = {}
    for customer in sorted(set(known.values())):
        places = [
            (
                -sum(known.get(key) == customer for key in part),
                known.get(founder) != customer or founder not in part,
                number,
            )
            for number, part in enumerate(parts)
            if (founder := now_at(before.stands_at[customer]) or ("", "")) is not None
        ]
        most, _, number = min(places)
        assert most < 0
        homes.setdefault(number, []).append(customer)
    assigned: dict[Key, str] = {}
    foundings = Counter(before.key_of.values())
    new: list[tuple[tuple[float, Key], str, Key]] = []
    for number, part in enumerate(parts):
        if number in homes:
            survivor = min(homes[number], key=lambda customer: before.born[customer])
            for other in homes[number]:
                if other != survivor:
                    after.leads[other] = survivor
                    for key, customer in after.owner.items():
                        if customer == other:
                            after.owner[key] = survivor
        else:
            founder = min(part, key=lambda key: (_age(records[key]), key))
            survivor = mint(founder, 1 + foundings[founder])
            new.append(((_age(records[founder]), founder), survivor, founder))
        assigned |= dict.fromkeys(part, survivor)
    for _, customer, founder in sorted(new):
        after.key_of[customer] = after.stands_at[customer] = founder
        after.born[customer] = len(after.born)
    for key, customer in assigned.items():
        if known.get(key) != customer or before.owner.get(key) != customer:
            after.given.append((customer, key))
        after.owner[key] = customer
    if rolled_back:
        _take_over(after, rolled_back, assigned)
    for old in after.leads:
        if after.stands_at[old] in assigned:
            after.leads[old] = assigned[after.stands_at[old]]
        while after.leads[old] in after.leads:
            after.leads[old] = after.leads[after.leads[old]]
    after.said = {key: record.says for key, record in records.items()}
    return after, assigned


def _known(before: Ids, records: dict[Key, Record]) -> tuple[dict[Key, str], dict[Key, Key]]:
    """Whose each record of today was, and where the keys went whose person has another now."""
    left: dict[tuple[str, str], list[Key]] = {}
    for key in before.owner:
        said = before.said.get(key)
        if said is not None and (key not in records or records[key].says != said):
            left.setdefault((key[0], said), []).append(key)
    certain = {}
    for system, said in left:
        owners = {
            customer
            for key, customer in before.owner.items()
            if key[0] == system and before.said.get(key) == said
        }
        if len(owners) == 1:
            certain[system, said] = owners.pop()
    known: dict[Key, str] = {}
    moved_to: dict[Key, Key] = {}
    for key in sorted(records):
        says = records[key].says
        was_said = before.said.get(key) if key in before.owner else None
        if says is not None and says != was_said and (key[0], says) in certain:
            known[key] = certain[key[0], says]
            for old in left[key[0], says]:
                moved_to.setdefault(old, key)
    for key, record in records.items():
        stays = record.source == "facts" or key not in moved_to
        if key in before.owner and key not in known and stays:
            known[key] = before.owner[key]
    return known, moved_to


def _take_over(after: Ids, rolled_back: Ids, assigned: dict[Key, str]) -> None:
    """Ids of a publication gone back from lead to where their records are, or nowhere."""
    lost = sorted(set(rolled_back.key_of) - set(after.key_of))
    for customer in lost:
        after.key_of[customer] = after.stands_at[customer] = rolled_back.key_of[customer]
        after.born[customer] = len(after.born)
        heirs = Counter(
            assigned[key] for c, key in rolled_back.given if c == customer and key in assigned
        )
        if heirs:
            after.leads[customer] = min(heirs, key=lambda heir: (-heirs[heir], heir))


def _age(record: Record) -> float:
    return float("inf") if record.created is None else record.created
