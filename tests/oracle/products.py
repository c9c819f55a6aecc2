"""Products: what discounts sell, what comes back, what goes together, what to offer next."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.buyers import first_orders
from tests.oracle.company import Row, cents, ratio, total
from tests.oracle.facts import Facts
from tests.oracle.periods import Period, periods
from tests.oracle.prediction import customer_clv
from tests.oracle.relations import Relations
from tests.oracle.rfm import rfm
from tests.oracle.web import Web

WINDOW = timedelta(days=365)
NEAR = timedelta(days=14)
BANDS = (5, 10, 20)


def sold_lines(facts: Facts) -> list[Row]:
    """Lines of orders that were kept; a refund lowers every line of its order alike."""
    orders = {order["order_key"]: order for order in facts.kept}
    result = []
    for line in facts.lines:
        order = orders.get(line["order_key"])
        if order is None:
            continue
        net: Fraction | None = None
        if line["revenue"] is not None and order["net_revenue"] is not None:
            net = Fraction(line["revenue"])
            if order["revenue"]:
                net *= Fraction(order["net_revenue"]) / Fraction(order["revenue"])
        known = facts.products.get(line["product_key"] or "")
        result.append(
            {
                **line,
                "category": known["category"] if known else None,
                "net_revenue": net,
                "ordered_at": order["ordered_at"],
            }
        )
    return result


def lines_by_order(facts: Facts) -> dict[str, list[Row]]:
    """Lines by the order that they are of."""
    result: dict[str, list[Row]] = defaultdict(list)
    for line in facts.of(sold_lines):
        result[line["order_key"]].append(line)
    return result


def _money(amounts: list[Fraction]) -> Decimal:
    """Rounded once, to the cent."""
    whole = sum(amounts, Fraction(0))
    return cents(Decimal(whole.numerator) / Decimal(whole.denominator))


def price_response(facts: Facts) -> dict[tuple[str, str, str], Row]:
    """price_response by segment of the buyer, category and discount band."""
    segments = facts.of(rfm)
    start = facts.company.as_of - WINDOW
    cells: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for line in facts.of(sold_lines):
        if line["order_date"] >= start:
            segment = segments.get(line["customer_id"], {}).get("rfm_segment", "(none)")
            cells[segment, line["category"] or "unknown", _band(line)].append(line)
    units: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (segment, category, _), lines in cells.items():
        units[segment, category] += sum(line["quantity"] for line in lines)
    result = {}
    for key, lines in cells.items():
        sold = sum(line["quantity"] for line in lines)
        known = [line for line in lines if line["net_revenue"] is not None]
        costed = [line for line in known if line["cost_of_goods"] is not None]
        result[key] = {
            "orders": len({line["order_key"] for line in lines}),
            "units": sold,
            "net_revenue": _money([line["net_revenue"] for line in known]),
            "contribution": _money(
                [line["net_revenue"] - Fraction(line["cost_of_goods"]) for line in costed]
            )
            if costed
            else None,
            "unit_share": ratio(sold, units[key[:2]]),
        }
    return result


def _band(line: Row) -> str:
    """Bands hold their upper end; no discount is band 0, any discount on nothing the highest."""
    gross, off = line["gross_revenue"], line["discount"]
    if gross is None:
        return "unknown"
    if off <= 0:
        return "0"
    return next((f"<= {b} %" for b in BANDS if 100 * off <= b * gross), f"> {BANDS[-1]} %")


def returned_units(facts: Facts) -> dict[tuple[str, str], Decimal]:
    """By order and product: units that its refunds list, of either sign; where they list none, all
    of an order refunded in full."""
    orders = {order["order_key"]: order for order in facts.orders}
    of = {refund["refund_key"]: refund["order_key"] for refund in facts.refunds}
    units: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    listed = set()
    for row in facts.company.latest("order_lines"):
        order = of.get(f"{row['source_system']}|{row['order_id']}")
        if order in orders:
            listed.add(order)
            units[order, row["product_id"]] += abs(row["quantity"])
    for line in facts.lines:
        key = line["order_key"]
        if orders[key]["is_fully_refunded"] and key not in listed:
            units[key, line["product_id"]] += line["quantity"]
    return units


def product_kpis(facts: Facts) -> dict[str, Row]:
    """product_kpis by product, of every line of an order ever completed."""
    kept = {order["order_key"] for order in facts.kept}
    net: dict[str, list[Fraction]] = defaultdict(list)
    for line in facts.of(sold_lines):
        if line["net_revenue"] is not None:
            net[line["product_id"]].append(line["net_revenue"])
    back: dict[str, Decimal] = defaultdict(Decimal)
    for (_, product), number in facts.of(returned_units).items():
        back[product] += number
    complaints: dict[str, int] = defaultdict(int)
    for case in facts.of(Relations).cases:
        known = facts.products.get(case["product_key"] or "")
        if case["kind"] == "complaint" and known:
            complaints[known["product_id"]] += 1
    firsts, foreseen = facts.of(first_orders), facts.of(customer_clv)
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in facts.lines:
        lines[line["product_id"]].append(line)
    result = {}
    for product, own in lines.items():
        held = {line["order_key"] for line in own}
        sold = sum(line["quantity"] for line in own)
        entry = [customer for customer, order in firsts.items() if order["order_key"] in held]
        worth = [
            float(foreseen[customer]["clv"])
            for customer in entry
            if foreseen[customer]["clv"] is not None
        ]
        result[product] = {
            "orders": len(held & kept),
            "units": sold,
            "net_revenue": _money(net[product]),
            "returned_units": back[product],
            "return_rate": ratio(back[product], sold),
            "complaints": complaints[product],
            "complaints_per_100_orders": ratio(100 * complaints[product], len(held & kept)),
            "entry_buyers": len(entry),
            "entry_share": ratio(len(entry), len(firsts)),
            "entry_clv": ratio(sum(worth), len(worth)),
        }
    return result


def looks(facts: Facts) -> list[tuple[str, datetime, str | None]]:
    """Who visited a store on a day without buying in one, when, and of which category."""
    bought = {(o["customer_id"], o["order_date"]) for o in facts.kept if o["channel"] == "store"}
    categories = {product["category"] for product in facts.products.values()}
    return [
        (
            row["customer_id"],
            row["occurred_at"],
            row["topic"] if row["topic"] in categories else None,
        )
        for row in facts.of(Relations).interactions
        if row["kind"] == "visit"
        and row["customer_id"]
        and row["store_id"]
        and (row["customer_id"], row["interaction_date"]) not in bought
    ]


def ropo(facts: Facts) -> dict[tuple[str, date], Row]:
    """ropo by period."""
    told = [
        (order, order["channel"] == "store" and _is_researched(facts, order))
        for order in facts.kept
        if order["channel"] == "store"
    ]
    shown = [
        (order, _is_showroomed(facts, order))
        for order in facts.kept
        if order["channel"] == "online"
    ]
    return {
        period.key: {
            **_shares(period, told, ("store", "ropo_orders", "ropo_revenue", "ropo_rate")),
            **_shares(
                period,
                shown,
                ("online", "showroomed_orders", "showroomed_revenue", "showrooming_rate"),
            ),
        }
        for period in periods(facts)
    }


def _shares(period: Period, told: list[tuple[Row, bool]], names: tuple[str, ...]) -> Row:
    channel, orders, revenue, rate = names
    inside = [(order, holds) for order, holds in told if order["order_date"] in period]
    known = [order for order, _ in inside if order["customer_id"]]
    held = [order for order, holds in inside if holds]
    return {
        f"{channel}_orders": len(inside),
        f"identified_{channel}_orders": len(known),
        orders: len(held),
        revenue: total(order["net_revenue"] for order in held),
        rate: ratio(len(held), len(known)),
        f"identified_{channel}_share": ratio(len(known), len(inside)),
    }


def _like(facts: Facts, order: Row) -> tuple[set[str], set[str]]:
    own = facts.of(lines_by_order)[order["order_key"]]
    return (
        {line["product_id"] for line in own},
        {line["category"] for line in own if line["category"]},
    )


def _is_researched(facts: Facts, order: Row) -> bool:
    products, categories = _like(facts, order)
    return any(
        (place[1] in products or place[2] in categories)
        and order["ordered_at"] - NEAR <= view["first_viewed_at"] < order["ordered_at"]
        for place, view in facts.of(Web).product_views.items()
        if order["customer_id"] and view["customer_id"] == order["customer_id"]
    )


def _is_showroomed(facts: Facts, order: Row) -> bool:
    categories = _like(facts, order)[1]
    return any(
        customer == order["customer_id"]
        and order["ordered_at"] - NEAR <= at < order["ordered_at"]
        and (category is None or category in categories)
        for customer, at, category in facts.of(looks)
    )
