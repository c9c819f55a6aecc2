"""To which contacts an order is credited, by each of six models."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from tests.oracle.company import Row, cents
from tests.oracle.facts import Facts
from tests.oracle.touches import Touches, eight

LOOKBACK = timedelta(days=30)
HALF_LIFE = timedelta(days=7).total_seconds()
KINDS = {"message", "call", "visit", "fair", "chat", "session"}
MOST_STATES = 10
START, WON, LOST = "(start)", "(conversion)", "(null)"
Steps = Mapping[tuple[str, str], int]


def touches(facts: Facts) -> dict[str, list[Row]]:
    """By customer, what may be credited, in order; a visit by an ad is its session, not its click.

    A case asks for help, and earns nothing. Contacts of one moment go by their keys.
    """
    result: dict[str, list[Row]] = defaultdict(list)
    known = facts.of(Touches).all.values()
    for touch in sorted(known, key=lambda touch: (touch["touched_at"], touch["touch_key"])):
        if touch["customer_id"] and touch["kind"] in KINDS:
            told = {**touch, "channel": touch["channel"] or "(none)"}
            result[touch["customer_id"]].append(told)
    return result


def paths(facts: Facts) -> dict[str, tuple[Row, list[Row]]]:
    """By order that was kept, the order and its contacts of the 30 days up to it, if any."""
    result = {}
    for customer, orders in facts.kept_by_customer.items():
        for order in orders:
            at = order["ordered_at"]
            path = [
                touch
                for touch in facts.of(touches)[customer]
                if at - LOOKBACK <= touch["touched_at"] <= at
            ]
            if path:
                result[order["order_key"]] = order, path
    return result


def steps(facts: Facts) -> Steps:
    """How often each step was taken, in paths to orders and in those to nothing.

    The latter are contacts without an order within 30 days, each within 30 days of the next. Those
    of which it is not known yet, since as_of comes before the 30 days are over, are left out.
    """
    taken: Counter[tuple[str, str]] = Counter()
    led = set()
    for _, path in facts.of(paths).values():
        led |= {touch["touch_key"] for touch in path}
        taken.update(itertools.pairwise([START, *(touch["channel"] for touch in path), WON]))
    for own in facts.of(touches).values():
        left = [
            touch
            for touch in own
            if touch["touch_key"] not in led and touch["touched_at"] + LOOKBACK < facts.company.end
        ]
        for run in _runs(left):
            taken.update(itertools.pairwise([START, *(touch["channel"] for touch in run), LOST]))
    return taken


def _runs(left: list[Row]) -> list[list[Row]]:
    runs: list[list[Row]] = []
    for touch in left:
        if runs and touch["touched_at"] <= runs[-1][-1]["touched_at"] + LOOKBACK:
            runs[-1].append(touch)
        else:
            runs.append([touch])
    return runs


def removal_effects(taken: Steps) -> dict[str, Row]:
    """By channel: what is lost of the chance of an order if all steps to it end at nothing.

    The channels beyond the ten with most contacts are one state.
    """
    visits: Counter[str] = Counter()
    for (came, _), number in taken.items():
        if came != START:
            visits[came] += number
    ranked = sorted(visits, key=lambda channel: (-visits[channel], channel))
    state = {channel: min(place, MOST_STATES) for place, channel in enumerate(ranked, start=1)}
    merged: Counter[tuple[str | int, str | int]] = Counter()
    for (came, went), number in taken.items():
        merged[state.get(came, came), state.get(went, went)] += number
    whole = chance(merged)
    return {
        channel: {
            "state": state[channel],
            "touches": visits[channel],
            "removal_effect": None
            if whole == 0
            else 1 - chance(merged, without=state[channel]) / whole,
        }
        for channel in ranked
    }


def chance(taken: Mapping[tuple[str | int, str | int], int], without: int | None = None) -> float:
    """The chance of an order from the start, if steps to the state ``without`` end at nothing.

    The chances from each state are the one solution of a system of equations, by elimination:
    each is the mean of those of where one goes from there.
    """
    leaving: Counter[str | int] = Counter()
    for (came, _), number in taken.items():
        leaving[came] += number
    states = [state for state in leaving if state != without]
    rows = []
    for state in states:
        row = [float(state == other) for other in states] + [0.0]
        for (came, went), number in taken.items():
            if came == state and went == WON:
                row[-1] += number / leaving[state]
            elif came == state and went in states:
                row[states.index(went)] -= number / leaving[state]
        rows.append(row)
    for place in range(len(rows)):
        best = max(range(place, len(rows)), key=lambda number: abs(rows[number][place]))
        rows[place], rows[best] = rows[best], rows[place]
        for number, row in enumerate(rows):
            if number != place and row[place]:
                share = row[place] / rows[place][place]
                rows[number] = [a - share * b for a, b in zip(row, rows[place], strict=True)]
    chances = {state: rows[n][-1] / rows[n][n] for n, state in enumerate(states)}
    return chances.get(START, 0.0)


def credits(facts: Facts) -> dict[tuple[str, str, str], Row]:
    """attribution_credits by order, model and contact."""
    removed = facts.of(effects)
    result = {}
    for key, (order, path) in facts.of(paths).items():
        for model, weights in _weights(order, path, removed).items():
            whole = sum(weights.values())
            places = sorted(weights)
            parts = _last_takes_the_rest(
                [eight(Decimal(weights[place] / whole)) for place in places], Decimal(1)
            )
            worth = {}
            for column, amount in (
                ("revenue_credit", order["net_revenue"]),
                ("contribution_credit", order["contribution"]),
            ):
                worth[column] = (
                    [None] * len(parts)
                    if amount is None
                    else _last_takes_the_rest([cents(amount * part) for part in parts], amount)
                )
            for number, place in enumerate(places):
                touch = path[place]
                result[key, model, touch["touch_key"]] = {
                    **{name: touch[name] for name in ("channel", "campaign_id", "campaign_key")},
                    "place": place + 1,
                    "credit": parts[number],
                    **{column: amounts[number] for column, amounts in worth.items()},
                }
    return result


def effects(facts: Facts) -> dict[str, Row]:
    """channel_removal_effects by channel."""
    return removal_effects(facts.of(steps))


def _last_takes_the_rest(parts: list[Decimal], whole: Decimal) -> list[Decimal]:
    return [*parts[:-1], whole - sum(parts[:-1], Decimal(0))]


def _weights(
    order: Row, path: list[Row], removed: Mapping[str, Row]
) -> dict[str, dict[int, float]]:
    """By model, what each place of a path weighs, as far as it weighs anything.

    A channel's removal effect is even over its contacts on the path.
    """
    last = len(path) - 1
    position = dict.fromkeys(range(1, last), 0.2 / (last - 1)) if last > 1 else {}
    position |= {0: 0.4, last: 0.4}
    same = Counter(removed[touch["channel"]]["state"] for touch in path)

    def age(touch: Row) -> int:
        moments = order["ordered_at"], touch["touched_at"]
        late, early = (moment.replace(microsecond=0) for moment in moments)
        return int((late - early).total_seconds())

    return {
        "first_touch": {0: 1.0},
        "last_touch": {last: 1.0},
        "linear": dict.fromkeys(range(last + 1), 1.0),
        "position_based": position,
        "time_decay": {n: 0.5 ** (age(touch) / HALF_LIFE) for n, touch in enumerate(path)},
        "markov": {
            n: removed[touch["channel"]]["removal_effect"]
            / same[removed[touch["channel"]]["state"]]
            for n, touch in enumerate(path)
        },
    }
