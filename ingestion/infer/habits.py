"""Habits of an export: how it writes numbers, dates, yes and no, and nothing at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

SYMBOLS = ("€", "$", "£", "EUR", "USD", "GBP", "MXN", "S/")
NOTHING = ("NULL", "null", "N/A", "n/a", "NA", "NaN", "nan", "None", "\\N", "-", "--", "#N/D")
YES_NO = {
    "true": "false",
    "yes": "no",
    "y": "n",
    "sí": "no",
    "si": "no",
    "s": "n",
    "x": "",
    "1": "0",
    "t": "f",
}
DATES: tuple[str, ...] = ("iso", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y")
DATES = (*DATES, "%Y/%m/%d", "%Y%m%d", "%d/%m/%y", "%m/%d/%y")
CLOCKS = (" %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S %z")
EPOCHS = (("epoch", 10), ("epoch_ms", 13), ("epoch_us", 16))
NUMBER = re.compile(r"[+-]?[\d.,' \u00a0\u202f]*\d")
EXCEL = re.compile(r"[2-6]\d{4}([.,]\d+)?")
PLAUSIBLE_YEARS = range(1900, 2101)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"\+?[\d ().-]{9,18}")
SPANISH_ID = re.compile(r"[0-9XYZ]\d{7}[A-Z]|[A-HJ-NP-SUVW]\d{7}[0-9A-J]", re.IGNORECASE)
MOST = 0.95


@dataclass
class Numbers:
    """How a file writes numbers; ``is_sure`` when some value can be read in no other way."""

    decimal: str = "."
    thousands: str = ""
    negative: list[str] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    is_sure: bool = True


def given(values: list[str]) -> list[str]:
    """The values that say something."""
    stripped = (value.strip() for value in values)
    return [value for value in stripped if value and value not in NOTHING]


def nothing_words(values: list[str]) -> set[str]:
    return {value.strip() for value in values} & set(NOTHING)


def numbers(columns: list[list[str]]) -> Numbers:
    """The habits of all columns together: an export writes its numbers in one way."""
    found, votes = Numbers(), Counter[str]()
    for values in columns:
        bare = [_bare(value, found) for value in given(values)]
        if not bare or not all(
            re.fullmatch(r"[+-]?[\d.,' \u00a0\u202f]*\d", value) for value in bare
        ):
            continue
        for value in bare:
            votes.update(_votes(value))
    if votes["comma"] or votes["comma?"]:
        is_comma = votes["comma"] > votes["point"]
        if not votes["comma"] and not votes["point"]:
            is_comma, found.is_sure = votes["comma?"] > 0, False
        found.decimal = "," if is_comma else "."
    marks = {"thousands.": ".", "thousands,": ",", "thousands ": " ", "thousands'": "'"}
    for vote, mark in marks.items():
        if votes[vote] and mark != found.decimal:
            found.thousands = mark
    if not found.thousands and votes["point?"] and found.decimal == ",":
        found.thousands = "."
    if not found.thousands and votes["comma?"] and found.decimal == "." and votes["point"]:
        found.thousands = ","
    return found


def _bare(value: str, found: Numbers) -> str:
    """``value`` without signs and symbols, which go into ``found`` if a number is left."""
    bare = value
    signs: list[str] = []
    symbols: list[str] = []
    for symbol in SYMBOLS:
        if symbol in bare and any(mark.isdigit() for mark in bare):
            bare, symbols = bare.replace(symbol, "").strip(" \u00a0\u202f"), [*symbols, symbol]
    if bare.startswith("(") and bare.endswith(")"):
        bare, signs = bare[1:-1].strip(" \u00a0"), ["parentheses"]
    elif re.fullmatch(r"\d.*\d-|\d-", bare):
        bare, signs = bare[:-1].strip(), ["trailing"]
    if not NUMBER.fullmatch(bare):
        return value
    found.negative += [sign for sign in signs if sign not in found.negative]
    found.symbols += [symbol for symbol in symbols if symbol not in found.symbols]
    return bare


def _votes(value: str) -> list[str]:
    digits = value.lstrip("+-")
    if "," in digits and "." in digits:
        return (
            ["comma", "thousands."]
            if digits.rindex(",") > digits.rindex(".")
            else ["point", "thousands,"]
        )
    votes = []
    for mark, name in ((",", "comma"), (".", "point")):
        if digits.count(mark) > 1:
            votes.append(f"thousands{mark}")
            votes.append("point" if mark == "," else "comma")
        elif mark in digits:
            is_group = re.fullmatch(rf"[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}", digits)
            votes.append(f"{name}?" if is_group else name)
    for mark in (" ", "\u00a0", "\u202f", "'"):
        if re.match(rf"\d{{1,3}}{mark}\d{{3}}", digits):
            votes.append("thousands'" if mark == "'" else "thousands ")
    return votes


def is_numeric(values: list[str], habit: Numbers) -> bool:
    """Whether nearly all values are numbers by the file's habits."""
    said = given(values)
    return bool(said) and _share(said, lambda value: _reads(value, habit)) >= MOST


def is_whole(values: list[str]) -> bool:
    said = given(values)
    return bool(said) and all(re.fullmatch(r"[+-]?\d+(\.0+)?", value) for value in said)


def _reads(value: str, habit: Numbers) -> bool:
    bare = _bare(value, Numbers())
    for mark in filter(None, [habit.thousands, "\u00a0", "\u202f"]):
        bare = bare.replace(mark, "")
    return bool(re.fullmatch(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", bare.replace(habit.decimal, ".")))


def moments(values: list[str], *, is_named_so: bool) -> list[str]:
    """The forms of a date or time that read all values, likeliest first.

    Plain numbers are dates only where the column's name says so.
    """
    said = given(values)
    if not said:
        return []
    forms = [form for form in _patterns() if all(_parses(value, form) for value in said[:500])]
    if forms or not is_named_so:
        return forms
    if all(EXCEL.fullmatch(value) for value in said):
        return ["excel"]
    return [
        form
        for form, length in EPOCHS
        if all(re.fullmatch(rf"\d{{{length}}}(\.\d+)?", value) for value in said)
    ]


def _patterns() -> list[str]:
    return [*DATES, *(day + clock for clock in CLOCKS for day in DATES if day != "iso")]


def _parses(value: str, form: str) -> bool:
    try:
        if form == "iso":
            # Python also takes 20261231, which is a pattern of its own here.
            if not re.match(r"\d{4}-\d{2}-\d{2}", value):
                return False
            read = datetime.fromisoformat(value.replace(" UTC", "Z"))
        else:
            read = datetime.strptime(value, form)  # noqa: DTZ007 (only whether it can be read)
    except ValueError:
        return False
    return read.year in PLAUSIBLE_YEARS


def has_time(form: str, values: list[str]) -> bool:
    """Whether values in ``form`` tell the time of day."""
    if form == "iso":
        return any(len(value) > len("2026-12-31") for value in given(values))
    return "%H" in form or "%I" in form or form.startswith("epoch")


def yes_and_no(values: list[str]) -> tuple[str, str] | None:
    """The words for true and false, in lower case; None if these are no such words."""
    said = {value.lower() for value in given(values)}
    for yes, no in YES_NO.items():
        if said and said <= {yes, no} and yes in said:
            return yes, no
    return None


def looks_like(values: list[str]) -> str:
    """What personal data the values look like: e-mail, phone, tax id; empty if none."""
    said = given(values)
    for kind, pattern in (("e-mail", EMAIL), ("tax id", SPANISH_ID), ("phone", PHONE)):
        if said and _matches(said, pattern) >= MOST:
            if kind == "phone" and any(_parses(v, f) for v in said[:5] for f in _patterns()):
                continue
            if kind != "phone" or sum(c.isdigit() for c in said[0]) >= 9:
                return kind
    return ""


def _matches(values: list[str], pattern: re.Pattern[str]) -> float:
    return _share(values, lambda value: bool(pattern.fullmatch(value)))


def _share(values: list[str], test: Callable[[str], bool]) -> float:
    return sum(test(value) for value in values) / len(values)
