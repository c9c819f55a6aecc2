"""What pages say, in English and Spanish: ``words/<language>/<page>.yml``, a key a phrase."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "words"
LANGUAGES = {"en": "English", "es": "Español"}


@cache
def phrases(language: str) -> dict[str, str]:
    """Every phrase of ``language`` by its key, which begins with the name of its file."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.yml")):
        for key, phrase in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found[f"{path.stem}.{key}"] = phrase
    return found


def say(language: str, key: str, **values: object) -> str:
    """The phrase of ``key`` with ``values`` in it. Raises KeyError for one that is not there."""
    phrase = phrases(language)[key]
    return phrase.format(**values) if values else phrase


def language_of(locale: str | None) -> str:
    """The language of a browser's locale such as es-AR; English where it is another."""
    spoken = (locale or "").lower().partition("-")[0]
    return spoken if spoken in LANGUAGES else "en"


def chosen(kept: MutableMapping[Any, Any], locale: str | None) -> str:
    """The language somebody chose on a page, else that of the browser; ``kept`` is their session's.

    Streamlit may forget what was chosen when somebody goes on before a page is whole, so it is kept
    beside, under a name that no element has.
    """
    if kept.get("language") not in LANGUAGES:
        kept["language"] = kept.get("spoken") or language_of(locale)
    kept["spoken"] = kept["language"]
    return str(kept["language"])
