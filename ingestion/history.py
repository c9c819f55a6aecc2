"""What has landed of one contract, asked per delivery without going through all of it."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from operator import itemgetter

from cartera.batches import Manifest

Key = tuple[str, str, int, str, str]


class History:
    """The batches of one contract, growing while deliveries land."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        """``manifests`` come in version order, without those that were replaced."""
        self._latest: dict[str, Manifest] = {}
        self._all: list[tuple[Key, Manifest]] = []
        self._landed: list[tuple[Key, Manifest]] = []
        self._by_weekday: dict[int, list[tuple[Key, Manifest]]] = {}
        for manifest in manifests:
            self._latest[manifest.delivery] = manifest
            self._all.append((_key(manifest), manifest))
        self._all.sort(key=itemgetter(0))
        for item in self._all:
            if item[1].state == "landed":
                self._landed.append(item)
                self._by_weekday.setdefault(weekday(item[1].partition), []).append(item)

    def add(self, manifest: Manifest) -> None:
        """Take up a batch that has just landed, or was held."""
        self._latest[manifest.delivery] = manifest
        item = (_key(manifest), manifest)
        insort(self._all, item)
        if manifest.state == "landed":
            insort(self._landed, item)
            insort(self._by_weekday.setdefault(weekday(manifest.partition), []), item)

    def latest(self, delivery: str) -> Manifest | None:
        """The last batch of a delivery."""
        return self._latest.get(delivery)

    def before(self, delivery: str) -> Manifest | None:
        """The last batch of any other delivery, but for those of which nothing was read."""
        read = (m for _, m in reversed(self._all) if m.is_readable or m.columns or m.received)
        return next((m for m in read if m.delivery != delivery), None)

    def landed(self, delivery: str, until: str, day: int | None = None) -> Iterator[Manifest]:
        """What landed of other deliveries up to the partition ``until``, the last first.

        Of one weekday only if ``day`` is given.
        """
        found = self._landed if day is None else self._by_weekday.get(day, [])
        end = bisect_right(found, until, key=lambda item: item[0][0])
        return (m for _, m in (found[i] for i in range(end - 1, -1, -1)) if m.delivery != delivery)


def _key(manifest: Manifest) -> Key:
    return (*manifest.order, manifest.batch_id)


@cache
def weekday(partition: str) -> int:
    """Of a partition's day: 0 is Monday."""
    return date.fromisoformat(partition).weekday()
