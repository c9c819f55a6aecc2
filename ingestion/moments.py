"""SQL for dates and times as exports write them: text in some form, serial numbers, epochs.

A time is a moment in UTC. One without an offset is local time of the export's zone, and the
hours that a clock shows twice or never are read as the contract says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cartera.duck import literal
from ingestion.forms import NUMBERED, Forms
from ingestion.numbers import plain_number

# Microseconds in one unit of an epoch.
EPOCHS = {"epoch": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
# Excel counts days from here, and takes 1900 for a leap year: serials below 61 are a day off.
EXCEL_ZERO = "TIMESTAMP '1899-12-30'"
EXCEL_FIRST = 61
EXCEL_LAST = 2958465
MILLISECONDS_A_DAY = 86_400_000
# Years that offsets of zones are looked up for; a clock that changes later is not foreseen.
YEARS = range(1970, 2038)


def moment(raw: str, raw_type: str, kind: str, forms: Forms, accepted: tuple[str, ...]) -> str:
    """A date, or a moment in UTC, by the first of the ``accepted`` forms that reads ``raw``."""
    if raw_type == "DATE":
        return raw if kind == "date" else _to_utc(f"cast({raw} as TIMESTAMP)", forms)
    if raw_type.startswith("TIMESTAMP WITH"):
        return _plain(raw) if kind == "timestamp" else f"cast({raw} as DATE)"
    if raw_type.startswith("TIMESTAMP"):
        return f"cast({raw} as DATE)" if kind == "date" else _to_utc(raw, forms)
    tries = [_one_form(raw, raw_type, kind, forms, form) for form in accepted]
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _one_form(raw: str, raw_type: str, kind: str, forms: Forms, form: str) -> str:
    if form in NUMBERED:
        number = plain_number(raw, forms) if raw_type == "VARCHAR" else raw
        if form == "excel":
            local = _excel(number)
            return f"cast({local} as DATE)" if kind == "date" else _to_utc(local, forms)
        utc = _epoch(number, EPOCHS[form])
        if kind == "timestamp":
            return utc
        return f"cast({_to_local(utc, forms)} as DATE)"
    text = raw if raw_type == "VARCHAR" else f"cast({raw} as VARCHAR)"
    return _from_text(text, kind, forms, form)


def _from_text(text: str, kind: str, forms: Forms, form: str) -> str:
    # The casts would also take the word "epoch".
    iso = f"case when {text} between '0' and ':' then {text} end"
    if kind == "date":
        # A cast to DATE would not mind what follows the day.
        read = f"try_cast({iso} as TIMESTAMP)" if form == "iso" else _strptime(text, form)
        return f"cast({read} as DATE)"
    if form != "iso":
        read = _strptime(text, form)
        return _plain(read) if "%z" in form.lower() else _to_utc(read, forms)
    # A cast to TIMESTAMP would drop the offset where the text has one. Where it has none it is
    # several times cheaper: 2026-12-31 and 2026-12-31 10:00:00 are known by their length.
    bare = f"(length({text}) <= 10 or {text} like '{'_' * 16}:__')"
    with_offset = _plain(f"try_cast({iso} as TIMESTAMPTZ)")
    if forms.time_zone == "UTC":
        read = f"try_cast({iso} as TIMESTAMP)"
        return f"case when ends_with({text}, 'Z') or {bare} then {read} else {with_offset} end"
    has_offset = (
        f"regexp_matches({text}, '(Z|[+-][0-9]{{2}}:?([0-9]{{2}})?)$') and length({text}) > 10"
    )
    without = _to_utc(f"try_cast({iso} as TIMESTAMP)", forms)
    return f"case when not {bare} and {has_offset} then {with_offset} else {without} end"


def _strptime(text: str, form: str) -> str:
    return f"try_strptime({text}, {literal(form)})"


def _plain(moment_with_zone: str) -> str:
    """A moment as a TIMESTAMP in UTC."""
    return f"timezone('UTC', {moment_with_zone})"


def _excel(number: str) -> str:
    days = f"try_cast({number} as DOUBLE)"
    # To the millisecond: a serial's fraction is a few digits short of the time that it means.
    return (
        f"case when {days} >= {EXCEL_FIRST} and {days} < {EXCEL_LAST + 1} then {EXCEL_ZERO} "
        f"+ to_milliseconds(cast(round({days} * {MILLISECONDS_A_DAY}) as BIGINT)) end"
    )


def _epoch(number: str, unit: int) -> str:
    first = int(datetime(1000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    last = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) * 1_000_000
    ticks = f"try_cast({number} as DECIMAL(30,6)) * {unit}"
    return (
        f"case when {ticks} between {first} and {last} "
        f"then make_timestamp(cast({ticks} as BIGINT)) end"
    )


def _to_local(utc: str, forms: Forms) -> str:
    if forms.time_zone == "UTC":
        return utc
    return f"timezone({literal(forms.time_zone)}, timezone('UTC', {utc}))"


def _to_utc(local: str, forms: Forms) -> str:
    if forms.time_zone == "UTC":
        return local
    zone = literal(forms.time_zone)
    # DuckDB reads an hour that comes twice as the later one, and one that never comes as if
    # the clock had not been changed.
    # Through the number of microseconds: a second look at the zones would double the cost.
    read = f"make_timestamp(epoch_us(timezone({zone}, {local})))"
    if forms.ambiguous == "later" and forms.nonexistent == "shift":
        return read
    twice, never, seconds = _changes(forms.time_zone)
    branches = ""
    back = f"timezone({zone}, timezone('UTC', {read}))"
    if forms.nonexistent == "refuse" and never:
        branches += f"when {_around(local, never)} and {back} <> {local} then null "
    if forms.ambiguous != "later" and twice:
        earlier = f"{read} - to_seconds({seconds})"
        same = f"timezone({zone}, timezone('UTC', {earlier})) = {local}"
        value = earlier if forms.ambiguous == "earlier" else "null"
        branches += f"when {_around(local, twice)} and {same} then {value} "
    return f"case {branches}else {read} end" if branches else read


def _around(local: str, changes: tuple[tuple[int, int], ...]) -> str:
    """A cheap test that rules out nearly every time: its month and hour see no change."""
    listed = ", ".join(str(month * 24 + hour) for month, hour in changes)
    return f"month({local}) * 24 + hour({local}) in ({listed})"


@lru_cache
def _changes(
    zone: str,
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...], int]:
    """Months and hours that a zone's clock shows twice, those it skips, and by how many seconds.

    Local times, looked up day by day. Of zones that went back by different spans, the
    commonest counts.
    """
    info = ZoneInfo(zone)
    twice: set[tuple[int, int]] = set()
    never: set[tuple[int, int]] = set()
    spans: dict[int, int] = {}
    for year in YEARS:
        day = datetime(year, 1, 1, tzinfo=UTC)
        while day.year == year:
            following = day + timedelta(days=1)
            change = _offset(info, following) - _offset(info, day)
            if change:
                moment_utc = day
                while _offset(info, moment_utc + timedelta(minutes=15)) == _offset(info, day):
                    moment_utc += timedelta(minutes=15)
                local = moment_utc + timedelta(seconds=_offset(info, day))
                span = abs(change)
                for minutes in range(-60, span // 60 + 60, 15):
                    # Back: the span before the change comes twice. On: the span after is skipped.
                    shift = minutes * 60 - (span if change < 0 else 0)
                    near = local + timedelta(seconds=shift)
                    (twice if change < 0 else never).add((near.month, near.hour))
                if change < 0:
                    spans[span] = spans.get(span, 0) + 1
            day = following
    seconds = max(spans, key=lambda span: (spans[span], span)) if spans else 0
    return tuple(sorted(twice)), tuple(sorted(never)), seconds


def _offset(info: ZoneInfo, moment_utc: datetime) -> int:
    offset = moment_utc.astimezone(info).utcoffset()
    return int(offset.total_seconds()) if offset else 0
