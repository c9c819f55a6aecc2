"""Which value of several survives: the rules of ``survivorship.csv``, read and checked.

A line gives an attribute (``*`` for all others) its ``rules`` in order of weight, the ``sources``
that it trusts, most trusted first, and those whose value was ``verified`` (an identity card was
seen). A company's own file, ``stewards/survivorship.csv``, stands in for the one shipped.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cartera.errors import ContractError
from cartera.settings import Settings

SHIPPED = Path(__file__).parent / "survivorship.csv"
FIELDS = ["attribute", "rules", "sources", "verified"]
RULES = (
    "verified",
    "source_priority",
    "most_recent",
    "most_frequent",
    "most_complete",
    "longest",
)
# What survives together, from one record: half of one address and half of another is neither.
UNITS: Mapping[str, tuple[str, ...]] = {
    "given_name": ("given_name",),
    "surnames": ("surname_1", "surname_2"),
    "email": ("email",),
    "phone_e164": ("phone_e164",),
    "birth_date": ("birth_date",),
    "tax_id": ("tax_id",),
    "loyalty_number": ("loyalty_number",),
    "address": ("address", "postal_code", "city", "region"),
    "country": ("country",),
    "language": ("language",),
}
# Nobody's birth date is put to the vote against an identity card.
NEVER_BY_MAJORITY = ("birth_date", "tax_id")


@dataclass(frozen=True)
class Survival:
    """How the value of one unit is chosen; ``sources`` and ``verified`` name sources."""

    rules: tuple[str, ...]
    sources: tuple[str, ...]
    verified: tuple[str, ...]


def survivorship_file(settings: Settings) -> Path:
    """The company's own file, else the one shipped."""
    own = settings.stewards / "survivorship.csv"
    return own if own.exists() else SHIPPED


def load_survivorship(path: Path) -> dict[str, Survival]:
    """The rules of every unit. Raises ContractError that names file, line and fix."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ContractError(
            f"{path}: cannot be read ({error}).", fix="Save it as UTF-8."
        ) from error
    if not lines or lines[0] != FIELDS:
        raise ContractError(f"{path}:1: wrong columns.", fix=f"They are: {','.join(FIELDS)}.")
    told: dict[str, Survival] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        where = f"{path}:{number}"
        if len(line) != len(FIELDS):
            raise ContractError(f"{where}: not {len(FIELDS)} values.", fix="Count the commas.")
        attribute, *lists = line
        survival = Survival(*(tuple(text.split()) for text in lists))
        _check(where, attribute, survival, told)
        told[attribute] = survival
    if "*" not in told:
        raise ContractError(f"{path}: no line for *.", fix="Say what holds for all others.")
    rest = told.pop("*")
    return {
        unit: Survival(
            told[unit].rules or rest.rules,
            told[unit].sources or rest.sources,
            told[unit].verified or rest.verified,
        )
        if unit in told
        else rest
        for unit in UNITS
    }


def _check(where: str, attribute: str, survival: Survival, told: Mapping[str, Survival]) -> None:
    if attribute != "*" and attribute not in UNITS:
        raise ContractError(
            f"{where}: no attribute {attribute!r}.", fix=f"There are: *, {', '.join(UNITS)}."
        )
    if attribute in told:
        raise ContractError(f"{where}: {attribute} stands there twice.", fix="Keep one line.")
    unknown = [rule for rule in survival.rules if rule not in RULES]
    if unknown:
        raise ContractError(
            f"{where}: no rule {unknown[0]!r}.", fix=f"There are: {', '.join(RULES)}."
        )
    if attribute in NEVER_BY_MAJORITY and "most_frequent" in survival.rules:
        before = survival.rules[: survival.rules.index("most_frequent")]
        if "verified" not in before:
            raise ContractError(
                f"{where}: {attribute} by majority against a verified source.",
                fix="Put verified before most_frequent.",
            )
