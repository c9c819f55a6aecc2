"""What a briefing says, in English and Spanish: ``words/<language>.yml``, a key a phrase."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from cartera.metrics import registry

FOLDER = Path(__file__).parent / "words"
Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")


@cache
def phrases(language: Language) -> dict[str, Any]:
    """The phrases of ``language`` by key; those under ``metrics`` and the like by their names."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return found


class Words:
    """Says things in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._phrases = phrases(language)

    def __call__(self, key: str, **values: object) -> str:
        """The phrase of ``key`` with ``values`` in it. Raises KeyError for an unknown one."""
        phrase: str = self._phrases[key]
        return phrase.format(**values)

    def counted(self, key: str, count: int, told: str, **values: object) -> str:
        """The phrase for one, or that for many: ``told`` is the count as it is written."""
        return self(f"{key}_{'one' if count == 1 else 'many'}", count=told, **values)

    def of(self, group: str, name: str) -> str:
        """What a value of the tables is called here; its own name where it has no other."""
        return str(self._phrases[group].get(name, name))

    def metric(self, name: str) -> str:
        """A metric's name; itself where the registry does not know it."""
        known = registry(self._language)
        return known[name].name if name in known else name
