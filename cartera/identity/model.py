"""The linkage model: what each level of agreement is worth, and from where two records are one.

A model is a JSON file. Its key is a digest of its content, and what was computed with it is kept
under that key. ``model.json`` beside this file ships with Cartera; a company that trains its own
has it in ``state/identity/model.json``.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cartera.errors import UsageError
from cartera.files import write_whole
from cartera.identity.comparisons import COMPARISONS

SHIPPED = Path(__file__).parent / "model.json"
# Even a small base has strangers of one name: the prior is never that of fewer records.
FEWEST_RECORDS = 8192
# Raw bits from which a scored pair is kept, whatever the size of the base: below, even among
# the fewest records, two are the same with less than one chance in forty.
KEPT_BITS = 8.0


@dataclass(frozen=True)
class Model:
    """Probabilities of each level among matches (m) and among strangers (u), and thresholds.

    ``has_families``: people of one house and surname are mostly several, so that names and birth
    dates that differ keep records apart, whatever else agrees.
    """

    version: str
    trained_on: str
    matches_per_record: float
    link_at: float
    review_from: float
    has_families: bool
    levels: dict[str, dict[str, tuple[float, float]]]

    @cached_property
    def key(self) -> str:
        """Twelve hex digits that stand for the whole content and for how records are compared."""
        rules = [comparison.sql() for comparison in COMPARISONS]
        text = json.dumps([self.to_dict(), rules, KEPT_BITS], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    def bits(self, comparison: str, level: str) -> float:
        """What a level is worth: log2 of m to u."""
        m, u = self.levels[comparison][level]
        return math.log2(m / u)

    def prior_bits(self, records: int) -> float:
        """Before anything is compared: log2 of the odds that two records of a base are one.

        By doublings of the base, so that a few more records move no threshold.
        """
        doublings = math.ceil(math.log2(max(records, FEWEST_RECORDS)))
        return math.log2(2 * self.matches_per_record) - doublings

    def to_dict(self) -> dict[str, Any]:
        """As it is written to a file."""
        return {
            "version": self.version,
            "trained_on": self.trained_on,
            "matches_per_record": self.matches_per_record,
            "link_at": self.link_at,
            "review_from": self.review_from,
            "has_families": self.has_families,
            "levels": {
                name: {key: list(pair) for key, pair in levels.items()}
                for name, levels in self.levels.items()
            },
        }


def own_file(state: Path) -> Path:
    """Where a company's own model is."""
    return state / "identity" / "model.json"


def has_own_model(state: Path) -> bool:
    """Whether this company has trained a model."""
    return own_file(state).exists()


def save_model(state: Path, model: Model) -> Path:
    """Make ``model`` the company's own, whole or not at all; returns its file."""
    path = own_file(state)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(model.to_dict(), indent=1).encode() + b"\n", mode=0o600)
    return path


def bits_of(probability: float) -> float:
    """The log odds, base 2, of a probability."""
    return math.log2(probability / (1 - probability))


def load_model(state: Path | None = None) -> Model:
    """The company's own model below ``state`` if there is one, else the shipped one.

    Raises UsageError for a file that is no model of this version of Cartera.
    """
    path = own_file(state) if state and has_own_model(state) else SHIPPED
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        levels = {
            name: {key: (float(pair[0]), float(pair[1])) for key, pair in found.items()}
            for name, found in content["levels"].items()
        }
        model = Model(
            str(content["version"]),
            str(content["trained_on"]),
            float(content["matches_per_record"]),
            float(content["link_at"]),
            float(content["review_from"]),
            bool(content["has_families"]),
            levels,
        )
        expected = {c.name: {level.key for level in c.levels} for c in COMPARISONS}
        if {name: set(found) for name, found in levels.items()} != expected:
            raise ValueError("its levels are not those of this version")
        if not all(0 < p < 1 for found in levels.values() for pair in found.values() for p in pair):
            raise ValueError("a probability is not between 0 and 1")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is no linkage model: {error}.",
            fix="Train it again with `cartera identity train`, or remove the file.",
        ) from error
    return model
