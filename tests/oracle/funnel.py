"""From lead to quote to order, and how far each had come by as_of."""

from __future__ import annotations

from datetime import date, timedelta

from tests.oracle.company import Row, ratio, total
from tests.oracle.facts import Facts
from tests.oracle.periods import Period, median, periods, quantile
from tests.oracle.relations import Relations

CONVERSION = timedelta(days=90)


def sales_funnel(facts: Facts) -> dict[tuple[str, date], Row]:
    """sales_funnel by period."""
    return {period.key: _leads(facts, period) | _quotes(facts, period) for period in periods(facts)}


def _leads(facts: Facts, period: Period) -> Row:
    """Leads of the period; conversion waits until all of them had their 90 days.

    A lead ordered if an order that was kept came at it or later; soon is on one of the 90 days
    after its own, or on its own. Who ordered before it was a buyer. A quote is a lead's if its
    customer got it at the lead or later. An answer from before the lead is none.
    """
    leads = [_steps(facts, lead) for lead in _dated(facts) if lead["lead_date"] in period]
    is_over = period.end + CONVERSION <= facts.company.as_of
    fresh = [lead for lead in leads if not lead["was_buyer"]]
    soon = [lead for lead in fresh if lead["soon"]]
    quoted = [lead for lead in leads if lead["quotes"]]
    won = [lead for lead in leads if any(q["status"] == "won" for q in lead["quotes"])]
    waits = [
        (min(q["quote_date"] for q in lead["quotes"]) - lead["lead_date"]).days for lead in quoted
    ]
    hours = [lead["hours"] for lead in leads if lead["hours"] is not None]
    return {
        "leads": len(leads),
        "quoted_leads": len(quoted),
        "won_leads": len(won),
        "ordered_leads": sum(lead["ordered"] for lead in leads),
        "convertible_leads": len(fresh) if is_over else None,
        "converted_leads": len(soon) if is_over else None,
        "lead_to_quote_rate": ratio(len(quoted), len(leads)),
        "quote_to_won_rate": ratio(len(won), len(quoted)),
        "lead_conversion": ratio(len(soon), len(fresh)) if is_over else None,
        "days_to_quote_median": median(waits),
        "days_to_quote_p90": quantile(waits, 0.9),
        "answered_leads": len(hours),
        "response_hours_median": median(hours),
        "response_hours_p90": quantile(hours, 0.9),
    }


def _dated(facts: Facts) -> list[Row]:
    return [lead for lead in facts.of(Relations).leads if lead["lead_at"] is not None]


def _steps(facts: Facts, lead: Row) -> Row:
    at, day, customer = lead["lead_at"], lead["lead_date"], lead["customer_id"]
    orders = facts.kept_by_customer.get(customer, [])
    later = [order for order in orders if order["ordered_at"] >= at]
    answer = lead["first_response_at"]
    return {
        **lead,
        "was_buyer": len(later) < len(orders),
        "ordered": bool(later),
        "soon": any(order["order_date"] <= day + CONVERSION for order in later),
        "quotes": [
            quote
            for quote in facts.of(Relations).quotes
            if quote["customer_id"] == customer and quote["quoted_at"] >= at
        ],
        "hours": (answer - at).total_seconds() / 3600 if answer and answer >= at else None,
    }


def _quotes(facts: Facts, period: Period) -> Row:
    """Quotes made in the period, as they stood at as_of; one opened again is open."""
    orders = {order["order_key"]: order for order in facts.kept}
    quotes = [q for q in facts.of(Relations).quotes if q["quote_date"] in period]
    won = [q for q in quotes if q["status"] == "won"]
    lost = [q for q in quotes if q["status"] == "lost"]
    still = [q for q in quotes if q["status"] == "open"]
    ordered = [q for q in won if q["order_key"] in orders]
    to_win = [(q["decided_date"] - q["quote_date"]).days for q in won if q["decided_date"]]
    to_order = [
        (orders[q["order_key"]]["order_date"] - q["decided_date"]).days
        for q in ordered
        if q["decided_date"]
    ]
    decided = len(won) + len(lost)
    return {
        "quotes": len(quotes),
        "won_quotes": len(won),
        "lost_quotes": len(lost),
        "decided_quotes": decided,
        "open_quotes": len(still),
        "ordered_quotes": len(ordered),
        "open_value": total(q["amount"] for q in still),
        "won_to_order_rate": ratio(len(ordered), len(won)),
        "win_rate": ratio(len(won), decided),
        "days_to_win_median": median(to_win),
        "days_to_win_p90": quantile(to_win, 0.9),
        "days_to_order_median": median(to_order),
        "days_to_order_p90": quantile(to_order, 0.9),
    }
