"""Complete periods, and what lies in them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracle.company import Row, month
from tests.oracle.facts import Facts
from tests.oracle.relations import Relations
from tests.oracle.touches import Touches
from tests.oracle.web import Web

KINDS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """``start`` is in, ``end`` is not; ``before`` is the start of the period before."""

    kind: str
    start: date
    end: date
    before: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    @property
    def key(self) -> tuple[str, date]:
        return self.kind, self.start


def add_months(day: date, months: int) -> date:
    """A first of a month so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def periods(facts: Facts) -> list[Period]:
    """Months, quarters and years in which there is a day of dim_dates, and which are over.

    The trailing quarter and year end with the last complete month; they are there if any month is.
    """
    first, as_of = first_day(facts), facts.company.as_of
    if first is None:
        return []
    result = []
    for kind, months in KINDS.items():
        start = add_months(month(first), -((first.month - 1) % months))
        while (end := add_months(start, months)) <= as_of:
            result.append(Period(kind, start, end, add_months(start, -months)))
            start = end
    if month(first) < month(as_of):
        end = month(as_of)
        for kind, months in (("trailing_quarter", 3), ("trailing_year", 12)):
            start = add_months(end, -months)
            result.append(Period(kind, start, end, add_months(start, -months)))
    return result


def first_day(facts: Facts) -> date | None:
    """The first day of dim_dates: that of the earliest fact.

    Consents and pulls of lists begin no calendar: no period is told of them.
    """
    relations, touches = facts.of(Relations), facts.of(Touches)
    days = [
        *(order["order_date"] for order in facts.orders),
        *(refund["refund_date"] for refund in facts.refunds),
        *(message["event_date"] for message in facts.messages),
        *(session["session_date"] for session in facts.of(Web).sessions.values()),
        *(row["interaction_date"] for row in relations.interactions),
        *(row["opened_date"] for row in relations.cases),
        *(row["quote_date"] for row in relations.quotes),
        *(row["referral_date"] for row in relations.referrals),
        *(row["answer_date"] for row in relations.answers),
        *(row["lead_date"] for row in relations.leads),
        *(row["sent_date"] for row in relations.surveys),
        *(row["outcome_date"] for row in touches.outcomes),
        *(row["cost_date"] for row in touches.costs),
        *(row["stat_date"] for row in touches.ads),
    ]
    return min((day for day in days if day is not None), default=None)


def quantile(values: Iterable[float], share: float) -> float | None:
    """Interpolated between the two values next to the share of the way; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def median(values: Iterable[float]) -> float | None:
    return quantile(values, 0.5)


def dates(facts: Facts) -> dict[date, Row]:
    """dim_dates by day: from the earliest fact to the last day before as_of."""
    first, as_of = first_day(facts), facts.company.as_of
    days = (as_of - first).days if first else 0
    return {
        day: _date(day, as_of) for day in (as_of - timedelta(days=n) for n in range(1, days + 1))
    }


MONTHS = (
    *(("January", "enero"), ("February", "febrero"), ("March", "marzo"), ("April", "abril")),
    *(("May", "mayo"), ("June", "junio"), ("July", "julio"), ("August", "agosto")),
    *(("September", "septiembre"), ("October", "octubre"), ("November", "noviembre")),
    ("December", "diciembre"),
)
WEEKDAYS = (
    *(("Monday", "lunes"), ("Tuesday", "martes"), ("Wednesday", "miércoles")),
    *(("Thursday", "jueves"), ("Friday", "viernes"), ("Saturday", "sábado")),
    ("Sunday", "domingo"),
)


DATE_COLUMNS = (
    *("year", "quarter", "month", "day_of_month", "day_of_year", "iso_year", "iso_week"),
    *("iso_weekday", "is_weekend", "week_start", "month_start", "quarter_start", "year_start"),
    *("is_week_complete", "is_month_complete", "is_quarter_complete", "is_year_complete"),
    *("is_month_end", "month_en", "month_es", "weekday_en", "weekday_es"),
)


def _date(day: date, as_of: date) -> Row:
    iso_year, iso_week, iso_weekday = day.isocalendar()
    week = day - timedelta(days=iso_weekday - 1)
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return {
        "year": day.year,
        "quarter": (day.month - 1) // 3 + 1,
        "month": day.month,
        "day_of_month": day.day,
        "day_of_year": (day - date(day.year, 1, 1)).days + 1,
        "iso_year": iso_year,
        "iso_week": iso_week,
        "iso_weekday": iso_weekday,
        "is_weekend": iso_weekday > 5,
        "week_start": week,
        "month_start": month(day),
        "quarter_start": quarter,
        "year_start": date(day.year, 1, 1),
        "is_week_complete": week + timedelta(days=7) <= as_of,
        "is_month_complete": add_months(month(day), 1) <= as_of,
        "is_quarter_complete": add_months(quarter, 3) <= as_of,
        "is_year_complete": date(day.year + 1, 1, 1) <= as_of,
        "is_month_end": month(day + timedelta(days=1)) != month(day),
        "month_en": MONTHS[day.month - 1][0],
        "month_es": MONTHS[day.month - 1][1],
        "weekday_en": WEEKDAYS[iso_weekday - 1][0],
        "weekday_es": WEEKDAYS[iso_weekday - 1][1],
    }
