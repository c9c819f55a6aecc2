"""Forms: how an export writes its values, and which of its lines are no records."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ingestion.source import Strict

# Nothing, a dot for the whole document, or names joined by dots.
RECORDS = r"""^(\.|[^.\s"'\[\]*]+(\.[^.\s"'\[\]*]+)*)?$"""
# What a date or a time may be, besides a strptime pattern.
NUMBERED = ("excel", "epoch", "epoch_ms", "epoch_us")


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _known_forms(forms: tuple[str, ...]) -> tuple[str, ...]:
    for form in forms:
        if form != "iso" and form not in NUMBERED and "%" not in form:
            known = ", ".join(["iso", *NUMBERED])
            raise ValueError(f"{form!r} is neither one of {known} nor a pattern such as %d/%m/%Y")
    return forms


# One word, or several in a list.
Words = Annotated[
    tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])
]
Moments = Annotated[Words, Field(min_length=1)]


def checked_moments(forms: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The accepted forms of a date or a time. Raises ValueError on one that nobody knows."""
    return None if forms is None else _known_forms(forms)


class Footer(Strict):
    """Lines below the records: the last ``rows``, or those with a word such as Total.

    ``starts_with`` is looked for in ``column``, by default in the first. More than ``at_most``
    such lines hold the batch: a rule that takes records for totals must not lose them.
    """

    rows: int = Field(default=0, ge=0, le=100)
    column: str | None = None
    starts_with: Words = ()
    at_most: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if bool(self.rows) == bool(self.starts_with):
            raise ValueError("give either rows or starts_with")
        if any(not word.strip() for word in self.starts_with):
            raise ValueError("starts_with holds an empty word, which every line begins with")
        return self


class Forms(Strict):
    """How an export writes its values.

    Dates and times take ``iso``, ``excel``, ``epoch``, ``epoch_ms``, ``epoch_us`` or strptime
    patterns; of a list, the first that reads a value wins.
    """

    type: Literal["csv", "jsonl", "parquet"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: Literal["utf-8", "latin-1", "cp1252", "utf-16"] = "utf-8"
    records: str = Field(default="", pattern=RECORDS)
    skip_rows: int = Field(default=0, ge=0, le=1000)
    footer: Footer | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    negative: tuple[Literal["parentheses", "trailing"], ...] = ()
    currency_symbols: tuple[str, ...] = ()
    text_mark: bool = False
    date: Moments = ("iso",)
    timestamp: Moments = ("iso",)
    time_zone: str = "UTC"
    ambiguous: Literal["earlier", "later", "refuse"] = "later"
    nonexistent: Literal["shift", "refuse"] = "shift"
    null: tuple[str, ...] = ("",)
    true: tuple[str, ...] = ("true", "1", "yes", "t", "y")
    false: tuple[str, ...] = ("false", "0", "no", "f", "n")

    @field_validator("date", "timestamp")
    @classmethod
    def _moments(cls, forms: tuple[str, ...]) -> tuple[str, ...]:
        return _known_forms(forms)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is not an IANA time zone") from error
        return zone

    @field_validator("currency_symbols")
    @classmethod
    def _no_part_of_a_number(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            if not symbol.strip() or any(mark.isdigit() or mark in "+-.,()" for mark in symbol):
                raise ValueError(f"{symbol!r} could be part of a number")
        return symbols

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same character")
        if self.records and self.type != "jsonl":
            raise ValueError("records goes with type jsonl: the path of the list in each line")
        if self.type != "csv" and (self.footer or self.skip_rows):
            raise ValueError("footer and skip_rows go with csv")
        return self
