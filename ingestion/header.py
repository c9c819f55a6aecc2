"""Headers: which of a file's columns is meant by a name of the contract."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

# Below this share of common letters a likeness is none.
LIKENESS = 0.6


def folded(name: str) -> str:
    """``name`` without case, and with single blanks: what two spellings of it share."""
    return " ".join(unicodedata.normalize("NFC", name).replace("\u00a0", " ").casefold().split())


def plain(name: str) -> str:
    """``name`` also without accents and symbols: for a likeness, never for a match."""
    bare = unicodedata.normalize("NFKD", folded(name).replace("º", "").replace("ª", ""))
    return "".join(mark for mark in bare if mark.isalnum())


def spelt_otherwise(wanted: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """For names that the file does not have: its one column that differs in case or blanks."""
    columns = list(given)
    by_fold: dict[str, list[str]] = {}
    for column in columns:
        by_fold.setdefault(folded(column), []).append(column)
    exact = set(columns)
    asked = list(wanted)
    found: dict[str, str] = {}
    for name in asked:
        alike = by_fold.get(folded(name), [])
        rivals = [other for other in asked if folded(other) == folded(name)]
        if name not in exact and len(alike) == 1 and alike[0] not in asked and len(rivals) == 1:
            found[name] = alike[0]
    return found


def nearest(name: str, given: Iterable[str]) -> str:
    """The column that ``name`` was probably renamed to; empty if none is like it."""
    by_plain = {plain(column): column for column in given}
    match = difflib.get_close_matches(plain(name), by_plain, n=1, cutoff=LIKENESS)
    return by_plain[match[0]] if match else ""
