"""Objectives beside what came of them."""

from __future__ import annotations

from datetime import date, timedelta

from tests.oracle.company import Row
from tests.oracle.facts import Facts
from tests.oracle.measures import kpi_values
from tests.oracle.periods import KINDS, periods
from tests.oracle.rfm import rfm_segments
from tests.oracle.touches import seed
from tests.oracle.value import months_before

NINE = 9
NONE: Row = {"value": None}


def kpi_objectives(facts: Facts) -> dict[tuple[str, str], Row]:
    """kpi_objectives by system and objective."""
    better = {row["metric"]: row["direction"] for row in seed("metrics")}
    dimensions = {row["member"]: row["dimension"] for row in seed("segment_names")}
    dimensions |= dict.fromkeys(rfm_segments().values(), "rfm_segment")
    result = {}
    for row in facts.company.latest("objectives"):
        is_up = (row.get("direction") or better[row["metric"]]) == "up"
        low, high = _range(row, is_up=is_up)
        target = low if is_up else high
        segment = row.get("segment")
        place = (dimensions[segment], segment) if segment else ("ALL", "ALL")
        told: Row = {
            **{name: row.get(name) for name in ("metric", "segment", "period_start", "period_end")},
            "change_kind": row.get("change_kind") or "absolute",
            "direction": "up" if is_up else "down",
            "baseline": row.get("baseline"),
            "range_low": low,
            "range_high": high,
            "target": target,
        }
        result[row["source_system"], row["objective_id"]] = told | _so_far(facts, told, place)
    return result


def _range(row: Row, *, is_up: bool) -> tuple[float | None, float | None]:
    """Targets as values of the metric; one that is not named is the other."""
    told = [row.get("target_low"), row.get("target_high")]
    told = [value for value in told if value is not None]
    baseline, sign = row.get("baseline"), 1 if is_up else -1
    kind = row.get("change_kind") or "absolute"
    if kind != "absolute" and baseline is None:
        return None, None
    if kind == "points":
        told = [baseline + sign * value for value in told]
    elif kind == "relative":
        told = [baseline * (1 + sign * value) for value in told]
    return min(told, default=None), max(told, default=None)


def _so_far(facts: Facts, told: Row, place: tuple[str, str]) -> Row:
    """The latest value whose period ends in the window: after its first day, and with it at most.

    A ratio of nothing is no value. Of those that end together the calendar's own period, then
    the first by name.
    """
    start, end = told["period_start"], told["period_end"] + timedelta(days=1)
    kind = next(
        k
        for k in ("year", "quarter", "month")
        if months_before(end, KINDS[k]) >= start or k == "month"
    )
    kinds = (kind, f"trailing_{kind}")
    ends: list[tuple[date, str, date]] = [
        (period.end, period.kind, period.start) for period in periods(facts) if period.kind in kinds
    ]
    ends.append((facts.company.as_of, "as_of", facts.company.as_of))
    values = facts.of(kpi_values)
    found = [
        (until, name, begin, values[told["metric"], name, begin, *place]["value"])
        for until, name, begin in ends
        if start < until <= end
        and values.get((told["metric"], name, begin, *place), NONE)["value"] is not None
    ]
    if not found:
        names = ("actual_period_kind", "actual_period_start", "actual_period_end", "actual")
        return dict.fromkeys((*names, "gap", "is_reached", "line_value", "is_on_track"))
    until, name, begin, actual = max(
        found, key=lambda value: (value[0], value[1] == kind, [-ord(c) for c in value[1]])
    )
    target, baseline, line = told["target"], told["baseline"], None
    if target is not None and baseline is not None:
        line = baseline + (target - baseline) * ((until - start).days / (end - start).days)
    is_up = told["direction"] == "up"
    return {
        "actual_period_kind": name,
        "actual_period_start": begin,
        "actual_period_end": until,
        "actual": actual,
        "gap": actual - target if None not in (actual, target) else None,
        "is_reached": _as_good(actual, target, is_up=is_up),
        "line_value": line,
        "is_on_track": _as_good(actual, line, is_up=is_up),
    }


def _as_good(actual: float | None, wanted: float | None, *, is_up: bool) -> bool | None:
    if actual is None or wanted is None:
        return None
    better_by = round(actual, NINE) - round(wanted, NINE)
    return better_by >= 0 if is_up else better_by <= 0
