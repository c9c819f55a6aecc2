"""Numbers, money and dates as a reader writes them, in English or Spanish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

Number = float | Decimal
# What is not known; a zero is known.
NOTHING = "–"  # noqa: RUF001
# A hard space, so that no line ends between a number and its unit.
SPACE = "\u00a0"
MINUS = "\u2212"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
}
IN_SPANISH = str.maketrans(",.", ".,")


@dataclass(frozen=True)
class Formats:
    """``language`` is en or es; ``currency`` an ISO code; moments are told in ``time_zone``."""

    language: str
    currency: str
    time_zone: str

    def number(self, value: Number | None, decimals: int = 0) -> str:
        """1,234.5 or 1.234,5."""
        if value is None or value != value:
            return NOTHING
        text = f"{round(float(value), decimals) + 0:,.{decimals}f}".replace("-", MINUS)
        return text.translate(IN_SPANISH) if self.language == "es" else text

    def signed(self, value: Number | None, decimals: int = 0) -> str:
        """The same with its sign, for a change."""
        text = self.number(value, decimals)
        return f"+{text}" if value is not None and round(float(value), decimals) > 0 else text

    def money(self, value: Number | None, decimals: int = 0) -> str:
        """€1,234 or 1.234 €."""
        if value is None or value != value:
            return NOTHING
        symbol = SYMBOLS.get(self.currency, self.currency)
        text = self.number(value, decimals)
        if self.language == "es" or len(symbol) > 1:
            return f"{text}{SPACE}{symbol}"
        return f"{MINUS}{symbol}{text[1:]}" if text.startswith(MINUS) else f"{symbol}{text}"

    def percent(self, rate: float | None, decimals: int = 1) -> str:
        """A fraction as 12.5% or 12,5 %."""
        if rate is None or rate != rate:
            return NOTHING
        return f"{self.number(rate * 100, decimals)}{SPACE * (self.language == 'es')}%"

    def change(self, rate: float | None, decimals: int = 1) -> str:
        """A relative change with its sign."""
        text = self.percent(rate, decimals)
        return f"+{text}" if rate is not None and round(rate * 100, decimals) > 0 else text

    def points(self, difference: float | None) -> str:
        """A difference of two fractions in percentage points: +1.5 pp."""
        if difference is None:
            return NOTHING
        return (
            f"{self.signed(difference * 100, 1)}{SPACE}{'pp' if self.language == 'en' else 'p.p.'}"
        )

    def day(self, day: date | None) -> str:
        """31 Jan 2026 or 31 ene 2026."""
        return f"{day.day} {self._month(day)} {day.year}" if day else NOTHING

    def month(self, day: date | None) -> str:
        """Jan 2026 or ene 2026."""
        return f"{self._month(day)} {day.year}" if day else NOTHING

    def moment(self, moment: datetime | None) -> str:
        """31 Jan 2026, 14:05 in the business time zone; ``moment`` is UTC, aware or not."""
        if moment is None:
            return NOTHING
        local = self.local(moment)
        return f"{self.day(local)}, {local:%H:%M}"

    def local(self, moment: datetime) -> datetime:
        """``moment``, UTC whether aware or not, in the business time zone, whose days count."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(self.time_zone))

    def by_unit(self, value: Number | None, unit: str) -> str:
        """A metric's value by the unit that the registry gives it."""
        if value is None:
            return NOTHING
        if unit == "money":
            return self.money(value, 2 if abs(float(value)) < 1000 else 0)
        if unit == "rate":
            return self.percent(float(value))
        if unit == "count":
            return self.number(value)
        if unit == "hours":
            return f"{self.number(value, 1)}{SPACE}h"
        return self.number(value, 2 if unit in ("number", "score") else 1)

    def _month(self, day: date) -> str:
        return MONTHS[self.language][day.month - 1]
