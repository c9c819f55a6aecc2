"""Products, stores and orders: who bought what, when, where, and what came back.

``orders`` is narrow (a key, a person, a moment, a channel); everything else about an order is
rolled from its key when a month is written, so that ten million orders need little room.
"""

from __future__ import annotations

from ingestion.demo.scratch import Company

CATEGORIES = [
    ("Audio", "Auriculares"), ("Cocina", "Pequeño electrodoméstico"), ("Deporte", "Fitness"),
    ("Hogar", "Textil"), ("Iluminación", "Lámparas"), ("Jardín", "Herramientas"),
    ("Juguetes", "Educativos"), ("Papelería", "Escritura"),
]  # fmt: skip
BRANDS = ["Alcor", "Brisa", "Cierzo", "Duna", "Encina", "Faro", "Garbi", "Hoz"]
PRODUCTS = 400
STORES = 24
# currency: units for one euro, in the middle of the period
CURRENCIES = {
    "EUR": 1.0, "USD": 1.10, "GBP": 0.86, "MXN": 20.0, "ARS": 1100.0, "CLP": 1000.0, "COP": 4500.0
}  # fmt: skip
# What a month sells against an average one: Christmas, sales in January and July, August away.
SEASON = [1.10, 0.78, 0.85, 0.90, 0.95, 1.00, 1.10, 0.72, 0.88, 0.95, 1.25, 1.55]
LAST_BASE_ORDER = 900
"""Orders 0 … 899 of a person are habit; 900 + n come from quotes, 950 + n from campaigns."""

MACROS = """
create or replace macro category_of(o, p, l) as case when u(o * 16 + l, 'taste') < 0.55
    then dice(p, 'favourite', 8) else dice(o * 16 + l, 'category', 8) end;
create or replace macro product_of(o, p, l) as
    floor(u(o * 16 + l, 'product') ** 1.7 * {per_category})::bigint * 8 + category_of(o, p, l);
create or replace macro sku(product) as 'P' || lpad((product)::varchar, 4, '0');
create or replace macro lines_of(o) as [1, 1, 2, 2, 3, 3, 3, 4, 5, 6][1 + dice(o, 'lines', 10)];
create or replace macro month_index(t) as datediff('month', date '{start}', (t)::date)::bigint;
create or replace macro shop_order(o) as 'W' || scramble(o, 10);
create or replace macro store_of(p) as
    'S' || lpad((1 + dice(p, 'store', {stores}))::varchar, 2, '0');
create or replace macro ticket(o, p) as store_of(p) || '-' || scramble(o, 10);
create or replace macro order_number(channel, o, p) as
    case when channel = 0 then ticket(o, p) else shop_order(o) end;
-- Fate of an order: 0 sold, 1 pending, 2 cancelled at the shop, 3 cancelled by a row of its own,
-- 4 refunded in part, 5 refunded in full.
create or replace macro fate_of(o, channel) as case
    when o % 1000 >= {habit} then 0
    when u(o, 'fate') < 0.008 and channel > 0 then 1
    when u(o, 'fate') < 0.020 and channel > 0 then 2
    when u(o, 'fate') < 0.026 then 3 when u(o, 'fate') < 0.056 then 4
    when u(o, 'fate') < 0.076 then 5 else 0 end;
create or replace macro late(o, t) as least(month_index(t) + (u(o, 'late') < 0.02)::bigint,
    {last_delivery});
"""

PRODUCTS_QUERY = """
select i as product, sku(i) as product_id,
    getvariable('brands')[1 + dice(i, 'brand', 8)] as brand,
    getvariable('categories')[1 + i % 8] as category,
    getvariable('subcategories')[1 + i % 8] as subcategory,
    (400 + floor(exp(normal(i, 'price') * 0.8 + 7.4)))::bigint as price_cents,
    ((400 + floor(exp(normal(i, 'price') * 0.8 + 7.4))) * (0.42 + 0.3 * u(i, 'cost')))::bigint
        as cost_cents,
    (date '{start}' - dice(i, 'launched', 900)::integer) as launched_on,
    day_at(dice(i, 'changed', {days})) + seconds(30000 + dice(i, 'changed2', 30000)) as updated_at
from range({products}) t(i) order by i
"""

# Three candidates for every expected order; the season lets a third of them through.
HABIT = """
with active as (
    select p, rate, decline, country,
        case when country = 'ES' then store_share else 0 end as store_share,
        greatest(joined_day, 0) as from_day, least(joined_day + lifetime, {days}) as to_day
    from persons
), candidate as (
    select *, p * 1000 + n as o
    from (
        select *, least(floor(3.05 * rate * (to_day - from_day) + u(p, 'round'))::bigint, {habit})
            as tries
        from active where to_day > from_day
    ), range({habit}) t(n) where n < tries
), placed as (
    select o, p,
        floor(from_day + (to_day - from_day) * u(o, 'when') ** decline)::bigint as day,
        case when u(o, 'place') < store_share then 0 when u(o, 'byphone') < 0.03 then 2 else 1 end
            as channel
    from candidate
)
select o, p, channel::tinyint as channel, -1::tinyint as campaign,
    day_at(day) + seconds(case channel when 0 then 34200 + dice(o, 'time', 41400)
        else 21600 + dice(o, 'time', 54000) end) as moment
from placed
where u(o, 'season') < getvariable('season')[month(day_at(day))] / 3.05
"""

# Won quotes become orders placed by phone.
QUOTED = """
select q.q as q, p * 1000 + {habit} + q.q as o, p, 2::tinyint as channel, -1::tinyint as campaign,
    decided_at + seconds(3600) as moment
from quotes q where status = 'won'
"""


def make_catalogue(company: Company) -> None:
    """Make ``products`` and the macros that orders are rolled with."""
    company.let("brands", BRANDS)
    company.let("categories", [name for name, _ in CATEGORIES])
    company.let("subcategories", [name for _, name in CATEGORIES])
    company.let("season", SEASON)
    company.fill("currencies", "currency varchar, units double", list(CURRENCIES.items()))
    text = MACROS.format(
        start=company.start,
        stores=STORES,
        habit=LAST_BASE_ORDER,
        per_category=PRODUCTS // 8,
        last_delivery=len(company.deliveries) - 1,
    )
    for statement in text.split(";\n"):
        if statement.strip():
            company.db.execute(statement)
    company.make("products", PRODUCTS_QUERY.replace("{products}", str(PRODUCTS)))


def make_orders(company: Company) -> None:
    """Make ``orders`` from habit and from the won ``quotes``."""
    habit = str(LAST_BASE_ORDER)
    quoted = QUOTED.replace("{habit}", habit)
    company.make(
        "orders",
        f"select o, p, channel, campaign, moment from ({HABIT.replace('{habit}', habit)})"
        f" union all select o, p, channel, campaign, moment from ({quoted})",
    )
