"""What goes together, and what to offer next."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from tests.oracle.company import Row, ratio, total
from tests.oracle.facts import Facts
from tests.oracle.products import WINDOW, sold_lines

MIN_BUYERS, MIN_SUPPORT, MOST, PARTNERS, BEST = 3, 0.001, 1000, 20, 3
Owned = dict[str, dict[str, date]]


def owned(facts: Facts) -> Owned:
    """By customer and product, when it was last bought, in lines of a positive quantity."""
    result: Owned = defaultdict(dict)
    for line in facts.of(sold_lines):
        if line["customer_id"] and line["quantity"] > 0:
            own = result[line["customer_id"]]
            own[line["product_id"]] = max(
                line["order_date"], own.get(line["product_id"], line["order_date"])
            )
    return result


def lately(facts: Facts) -> dict[str, set[str]]:
    """By product, who bought it in the window."""
    start = facts.company.as_of - WINDOW
    result: dict[str, set[str]] = defaultdict(set)
    for customer, products in facts.of(owned).items():
        for product, day in products.items():
            if day >= start:
                result[product].add(customer)
    return result


def product_pairs(facts: Facts) -> dict[tuple[str, str], Row]:
    """product_pairs by the one bought and the other, of the thousand that most bought."""
    bought = facts.of(lately)
    buyers = len(set().union(*bought.values()))
    most = sorted(bought, key=lambda product: (-len(bought[product]), product))[:MOST]
    result = {}
    for one in most:
        who = bought[one]
        for other in most:
            whose = bought[other]
            both = len(who & whose)
            if one != other and both >= MIN_BUYERS and both / buyers >= MIN_SUPPORT:
                confidence = both / len(who)
                result[one, other] = {
                    "buyers": both,
                    "support": both / buyers,
                    "confidence": confidence,
                    "lift": confidence / (len(whose) / buyers),
                }
    return result


def next_best_products(facts: Facts) -> dict[tuple[str, str, int], Row]:
    """next_best_products by customer, kind and rank."""
    result = {}
    for customer, own in facts.of(owned).items():
        for kind, offers in (
            ("cross_sell", _cross_sells(facts, own)),
            ("up_sell", _up_sells(facts, own)),
        ):
            for rank, offer in enumerate(offers[:BEST], start=1):
                result[customer, kind, rank] = offer
    return result


def _cross_sells(facts: Facts, own: dict[str, date]) -> list[Row]:
    """By confidence, lift and id, one per product; of its pairs the best, then by id."""
    offers: dict[str, tuple[tuple[object, ...], Row]] = {}
    for product in own:
        for other, pair in facts.of(_partners)[product]:
            if other in own or pair["lift"] <= 1:
                continue
            place = (-pair["confidence"], -pair["lift"], product)
            row = {
                "product_id": other,
                "because_product_id": product,
                **{name: pair[name] for name in ("support", "confidence", "lift")},
                "price_ratio": None,
                "reason": f"buyers of {product} also buy it",
            }
            if other not in offers or place < offers[other][0]:
                offers[other] = (place, row)
    return [offers[o][1] for o in sorted(offers, key=lambda o: (*offers[o][0][:2], o))]


def _partners(facts: Facts) -> dict[str, list[tuple[str, Row]]]:
    """The most confident partners of each product, of those with a lift above one."""
    pairs: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for (product, other), pair in facts.of(product_pairs).items():
        if pair["lift"] > 1:
            pairs[product].append((other, pair))
    for partners in pairs.values():
        partners.sort(key=lambda p: (-p[1]["confidence"], -p[1]["lift"], p[0]))
        del partners[PARTNERS:]
    return pairs


def _up_sells(facts: Facts, own: dict[str, date]) -> list[Row]:
    """By buyers in the window, then the price that is nearest for what it replaces, then id."""
    prices = facts.of(_prices)
    dearest: dict[str, tuple[float, str]] = {}
    for product in sorted(own):
        price, category = prices.get(product, (None, None))[:2]
        if category and price is not None and price > dearest.get(category, (-1.0, ""))[0]:
            dearest[category] = (price, product)
    bought = facts.of(lately)
    buyers = len(set().union(*bought.values()))
    offers = []
    for product, (price, category) in prices.items():
        if product in own or category not in dearest or price is None:
            continue
        owned_price, because = dearest[category]
        if price > owned_price:
            row = {
                "product_id": product,
                "because_product_id": because,
                "support": len(bought[product]) / buyers,
                **dict.fromkeys(("confidence", "lift")),
                "price_ratio": price / owned_price if owned_price else None,
                "reason": f"dearer than {because}, same category",
            }
            nearest = row["price_ratio"]
            place = (-len(bought[product]), nearest is None, nearest or 0.0, product)
            offers.append((place, row))
    return [row for _, row in sorted(offers, key=lambda offer: offer[0])]


def _prices(facts: Facts) -> dict[str, tuple[float | None, str | None]]:
    """Mean price before discount of the units sold in the window, and the category."""
    start = facts.company.as_of - WINDOW
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in facts.of(sold_lines):
        if line["order_date"] >= start and line["quantity"] > 0 and line["customer_id"]:
            lines[line["product_id"]].append(line)
    result = {}
    for product, own in lines.items():
        known = [line for line in own if line["gross_revenue"] is not None]
        units = sum(line["quantity"] for line in known)
        price = ratio(total(line["gross_revenue"] for line in known), units)
        categories = [line["category"] for line in own if line["category"]]
        result[product] = (price, max(categories, default=None))
    return result
