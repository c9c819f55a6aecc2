"""What each part of a briefing is told with: the facts, the words and the figures of a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cartera.briefing.facts import Facts, Row
from cartera.briefing.words import Language, Words
from cartera.clock import previous_day
from cartera.formats import NOTHING, Formats
from cartera.metrics import registry


@dataclass(frozen=True)
class Telling:
    """Facts in one language; ``say`` has the words, ``formats`` the figures."""

    facts: Facts
    language: Language
    say: Words
    formats: Formats

    @property
    def last_day(self) -> date:
        """The last day of data."""
        return previous_day(self.facts.as_of)

    @property
    def has_base(self) -> bool:
        """Whether there is a publication to compare with."""
        return self.facts.base is not None

    def segment(self, name: str) -> str:
        """What a segment is called."""
        return self.say.of("segment_names", name)

    def change(self, was: float | None, now: float | None, unit: str) -> str:
        """A change with its sign: of rates in points, of all else as a share of what it was."""
        if was is None or now is None:
            return NOTHING
        if unit == "rate":
            return self.formats.points(now - was)
        if was == 0:
            return NOTHING if now else self.formats.change(0.0)
        return self.formats.change((now - was) / abs(was))


def tell(facts: Facts, language: Language) -> Telling:
    """``facts`` in ``language``, in the currency and time zone of their publication."""
    publication = facts.publication
    formats = Formats(language, publication["reporting_currency"], publication["business_timezone"])
    return Telling(facts, language, Words(language), formats)


def unit_of(metric: str) -> str:
    """A metric's unit; that of a plain number where the registry does not know it."""
    known = registry().get(metric)
    return known.unit if known else "number"


def standing(objective: Row) -> str:
    """How an objective stands: reached, on_track, behind or unknown."""
    if objective["is_reached"]:
        return "reached"
    if objective["is_on_track"] is None:
        return "unknown"
    return "on_track" if objective["is_on_track"] else "behind"
