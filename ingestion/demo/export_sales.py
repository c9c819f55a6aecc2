"""The till's and the shop's exports: orders, refunds, cancellations, their lines, the catalogue.

One increment a month. A fiftieth of the rows arrives a month late, some are out of order, and
half of the orders that were pending come again a month later as completed.
"""

from __future__ import annotations

from collections.abc import Callable

from ingestion.demo.scratch import Company
from ingestion.demo.write import Exporter

MACROS = """
create or replace macro refund_at(o, moment) as
    moment + to_days((2 + dice(o, 'returned', 24))::integer);
create or replace macro discount_of(o) as case when u(o, 'offer') < 0.25 or o % 1000 >= 950
    then [5, 10, 10, 15, 20, 30][1 + dice(o, 'percent', 6)] else 0 end
"""

# What is delivered, and in which increment m; kind 0 order, 1 and 2 refund of a part or all,
# 3 cancellation. A row of kind 4 is a pending order that comes again as completed.
DELIVERED = """
with sold as (
    select *, fate_of(o, channel) as fate, late(o, moment) as m from orders
)
select o, p, channel, campaign, moment, fate, 0 as kind, m from sold
union all
select o, p, channel, campaign, moment, fate, 4, m + 1 from sold
where fate = 1 and u(o, 'settled') < 0.5
union all
select o, p, channel, campaign, moment, fate, case fate when 4 then 1 when 5 then 2 else 3 end,
    late(o + 7, refund_at(o, moment))
from sold
where fate in (3, 4, 5) and refund_at(o, moment) < timestamp '{as_of} 00:00:00'
order by m
"""

# Step by step: a planner that may reorder these joins puts every product beside every line.
LINES = """
with sold as materialized (
    select b.o, b.kind, b.channel, b.p, case when b.channel = 0 then 'EUR' else s.currency end
        as currency, unnest(range(case when b.kind = 1 then 1 else lines_of(b.o) end)) as l
    from batch b join persons s using (p)
), chosen as materialized (
    select *, product_of(o, p, l) as product, discount_of(o) as percent,
        1 + (u(o * 16 + l, 'units') < 0.2)::bigint + (u(o * 16 + l, 'units') < 0.06)::bigint
            as units
    from sold
)
select o, kind, channel, p, l + 1 as line, s.product, s.units, percent,
    greatest(round(c.price_cents * y.units), 1)::bigint as price,
    (greatest(round(c.price_cents * y.units), 1) * s.units)::bigint as gross
from chosen s join currencies y using (currency) join products c using (product)
"""

TOTALS = """
select b.*, k.loyalty_id, k.shop_id, k.shop_email, k.mailing_email, s.email_own, s.mobile,
    case when b.channel = 0 then 'EUR' else s.currency end as currency,
    is_identified(b.o, b.channel, b.moment, k.loyalty_from, k.shop_from) as is_known,
    coalesce(k.shop_from <= b.moment, false) and (b.o % 1000 >= 950 or u(b.o, 'guest') >= 0.07)
        as has_account,
    case when b.kind in (0, 4) then b.moment else refund_at(b.o, b.moment) end as booked_at,
    case when b.kind in (0, 4) then t.gross else t.discount - t.gross end as gross,
    case when b.kind in (0, 4) then t.discount else 0 end as discount,
    round((t.gross - t.discount) * 0.21)::bigint * case when b.kind in (0, 4) then 1 else -1 end
        as tax
from batch b join persons s using (p) join known k using (p)
    join (select o, kind, sum(gross) as gross,
            sum(round(gross * percent / 100.0)::bigint)::bigint as discount
        from lines group by o, kind) t on t.o = b.o and t.kind = b.kind
"""

TILL_ORDERS = """
select ticket(o, p) || case kind when 0 then '' when 3 then 'A' else 'D' end as ticket,
    strftime(booked_at, '%d/%m/%Y %H:%M:%S') as fecha, store_of(p) as tienda,
    employee(o) as vendedor, case when is_known then loyalty_id end as socio,
    case kind when 0 then 'V' when 3 then 'A' else 'D' end as tipo,
    case when kind > 0 then ticket(o, p) end as ticket_origen, 'EUR' as moneda,
    es_number(gross / 100.0) as importe_bruto, es_number(discount / 100.0) as descuento,
    es_number(tax / 100.0) as iva,
    case when campaign >= 0 then 'VALE' || lpad((campaign + 1)::varchar, 2, '0') end as vale,
    case when campaign >= 0 then 'CMP-' || lpad((campaign + 1)::varchar, 2, '0') end as campana
from totals where channel = 0
order by booked_at + seconds(case when u(o, 'disorder') < 0.05 then 864000 else 0 end), o, kind
"""
TILL_LINES = """
select ticket(o, p) || case kind when 0 then '' else 'D' end as ticket, line as linea,
    sku(product) as articulo, replace((case when kind = 0 then units else -units end)::varchar
        || ',000', '.', ',') as unidades,
    es_number(price / 100.0) as precio,
    es_number(case when kind = 0 then gross
        else round(gross * percent / 100.0) - gross end / 100.0) as importe,
    es_number(case when kind = 0 then round(gross * percent / 100.0) else 0 end / 100.0)
        as descuento
from lines where channel = 0 and kind <> 3 order by o, kind, line
"""
SHOP_ORDERS = """
select shop_order(o) || case kind when 0 then '' when 4 then '' when 3 then '-C' else '-R' end
        as order_number,
    case when has_account then shop_id end as customer_id,
    case when channel = 2 then null when has_account then shop_email
        else coalesce(shop_email, mailing_email, email_own) end as email,
    case when channel = 2 and not has_account then mobile end as phone,
    case kind when 0 then 'sale' when 4 then 'sale' when 3 then 'void' else 'refund' end as type,
    case when kind in (1, 2, 3) then shop_order(o) end as parent_order,
    iso_z(booked_at) as created_at,
    case channel when 2 then 'phone' else 'web' end as sales_channel,
    case when kind = 0 and fate = 1 then 'pending'
        when kind = 0 and fate = 2 then 'cancelled' else 'complete' end as status,
    currency, printf('%.2f', gross / 100.0) as subtotal,
    printf('%.2f', discount / 100.0) as discount_total, printf('%.2f', tax / 100.0) as tax_total,
    case when campaign >= 0 then 'MAIL' || lpad((campaign + 1)::varchar, 2, '0') end as coupon,
    case when campaign >= 0 then 'CMP-' || lpad((campaign + 1)::varchar, 2, '0') end as campaign
from totals where channel > 0
order by booked_at + seconds(case when u(o, 'disorder') < 0.05 then 864000 else 0 end), o, kind
"""
SHOP_LINES = """
select shop_order(o) || case kind when 0 then '' else '-R' end as order_number, line as position,
    sku(product) as sku, case when kind = 0 then units else -units end as qty,
    (price / 100.0)::decimal(18, 2) as unit_price,
    (case when kind = 0 then gross else round(gross * percent / 100.0) - gross end / 100.0
        )::decimal(18, 2) as line_total,
    (case when kind = 0 then round(gross * percent / 100.0) else 0 end / 100.0)::decimal(18, 2)
        as line_discount
from lines where channel > 0 and kind in (0, 1, 2) order by o, kind, line
"""

SHOP_PRODUCTS = """
select product_id as sku, subcategory || ' ' || brand || ' ' || product as title, brand, category,
    subcategory, printf('%.2f', cost_cents / 100.0) as cost,
    printf('%.2f', price_cents / 100.0) as price, 'EUR' as currency, launched_on as available_from,
    iso_z(updated_at) as updated_at from products order by product
"""
TILL_PRODUCTS = """
select product_id as articulo, subcategory || ' ' || brand || ' ' || product as descripcion,
    brand as marca, category as familia, subcategory as subfamilia,
    es_number(cost_cents / 100.0) as coste, es_number(price_cents / 100.0) as pvp_sin_iva,
    strftime(launched_on, '%d/%m/%Y') as fecha_alta,
    strftime(updated_at, '%d/%m/%Y %H:%M:%S') as fecha_modif from products order by product
"""


def export_sales(company: Company, out: Exporter, say: Callable[[str], None]) -> None:
    """Write catalogue, orders and lines of till and shop, a month at a time."""
    for statement in MACROS.split(";\n"):
        company.db.execute(statement)
    last = company.deliveries[-1]
    out.csv("shop/products", f"catalog_{last}.csv", SHOP_PRODUCTS)
    out.csv(
        "till/products",
        f"articulos_{last}.csv",
        TILL_PRODUCTS,
        delimiter=";",
        encoding="latin-1",
    )
    company.make("delivered", DELIVERED)
    turns = len(company.deliveries)
    for number, day in enumerate(company.deliveries):
        batch = f"select * exclude (m) from delivered where m = {number}"
        for table, query in [("batch", batch), ("lines", LINES), ("totals", TOTALS)]:
            company.db.execute(f"create or replace temp table {table} as {company.sql(query)}")
        turn = (number, turns)
        spanish = {"delimiter": ";", "encoding": "latin-1"}
        out.csv("till/orders", f"ventas_{day}.csv", TILL_ORDERS, turn=turn, **spanish)
        out.csv("till/order_lines", f"ventas_lineas_{day}.csv", TILL_LINES, turn=turn, **spanish)
        out.csv("shop/orders", f"orders_{day}.csv", SHOP_ORDERS, turn=turn)
        out.jsonl("shop/order_lines", f"order_lines_{day}.jsonl", SHOP_LINES, turn=turn)
        say(f"sales {number + 1}/{turns}: {day:%Y-%m}")
