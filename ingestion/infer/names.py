"""Words by which exports call things, in English and Spanish.

They are compared without case, accents, blanks, symbols and articles. The first of a column that
a file has wins, so the more telling ones come first.
"""

from __future__ import annotations

import re

from ingestion.header import folded, plain

ARTICLES = {"de", "del", "la", "el", "los", "las", "of", "the"}

PERSON = {
    "given_name": "first name, given name, firstname, nombre, nombre de pila, fname",
    "surname": "last name, surname, family name, lastname, apellido, apellidos, primer apellido, "
    "apellido 1, lname",
    "second_surname": "second surname, segundo apellido, apellido 2",
    "full_name": "full name, customer name, contact name, nombre completo, nombre y apellidos, "
    "name, cliente nombre",
    "email": "email, e-mail, email address, mail, correo, correo electrónico, "
    "dirección de correo, e-mail cliente",
    "phone": "phone, phone number, mobile, mobile phone, telephone, teléfono, móvil, tel, tlf, "
    "telefono movil, celular",
    "tax_id": "tax id, vat number, nif, dni, cif, nif/cif, documento",
    "loyalty_number": "loyalty number, card number, número de tarjeta, tarjeta, nº socio",
    "birth_date": "birth date, birthday, date of birth, birthdate, dob, fecha de nacimiento, "
    "nacimiento, fecha nac, cumpleaños",
    "address": "address, street, address line 1, address 1, street address, dirección, domicilio, "
    "calle",
    "postal_code": "postal code, zip, zip code, postcode, código postal, cp",
    "city": "city, town, ciudad, población, localidad, municipio",
    "region": "region, state, province, provincia, comunidad",
    "country": "country, country code, país",
    "language": "language, locale, idioma",
    "created_at": "created at, created, create date, registered at, signup date, date added, alta, "
    "fecha de alta, fecha alta, creado, fecha registro",
    "updated_at": "updated at, last modified, modified, last modified date, fecha modificación, "
    "actualizado, última modificación",
}
PARTY = {
    "party_email": "email, e-mail, customer email, email address, mail, correo, "
    "correo electrónico, correo cliente, user email",
    "party_phone": "phone, customer phone, teléfono, móvil, telefono cliente",
    "party_id": "customer id, customer, client id, contact id, member id, user id, cliente, "
    "id cliente, cod cliente, código cliente, socio, nº socio, nº cliente",
}
RECORD = "id, customer id, client id, contact id, record id, user id, member id, id cliente, "
RECORD += "cod cliente, código cliente, nº cliente, código, codigo, nº socio, socio, lead id"
PRODUCT = "product id, sku, product, item id, id producto, producto, artículo, código artículo, "
PRODUCT += "cod artículo, referencia, ref, lineitem sku, nº artículo, ean"
ORDER = "order id, order number, order, ticket, nº ticket, pedido, nº pedido, número de pedido, "
ORDER += "id pedido, transaction id, invoice number, factura, nº factura, order no"
CAMPAIGN = "campaign id, campaign, id campaña, campaña, utm campaign, campaign name"
STORE = "store id, store, shop, tienda, id tienda, establecimiento, location"
EMPLOYEE = "employee id, employee, salesperson, vendedor, empleado, agente, comercial"
AMOUNT = "amount, total amount, importe, importe bruto, total, subtotal, gross amount, price, "
AMOUNT += "order total, total pedido, importe total, base imponible"
TIMES = "date, timestamp, time, datetime, fecha, fecha y hora, fecha hora, ts, event time, "
TIMES += "created at, created"

# For each source that a draft knows: what its columns are called elsewhere.
SOURCES: dict[str, dict[str, str]] = {
    "crm_contacts": {
        "record_id": RECORD,
        **PERSON,
        "account_id": "account id, company id, empresa",
        "owner": "owner, contact owner, comercial, responsable",
        "store_id": STORE,
        "notes": "notes, observaciones, notas",
    },
    "loyalty_members": {
        "record_id": "nº socio, socio, member id, card number, tarjeta, " + RECORD,
        **PERSON,
        "tier": "tier, level, nivel, categoría socio",
        "home_store_id": "home store, " + STORE,
    },
    "newsletter_subscribers": {
        "record_id": "subscriber id, leid, euid, " + RECORD,
        **PERSON,
        "signup_source": "signup source, optin source, source, origen",
        "status": "status, member rating, subscription status, estado",
    },
    "leads": {
        "record_id": RECORD,
        **PERSON,
        "lead_source": "lead source, original source, source, origen",
        "status": "lead status, status, estado",
        "interest": "interest, interés, product interest",
        "owner": "owner, lead owner, responsable",
    },
    "orders": {
        "order_id": ORDER + ", id, name",
        **PARTY,
        "kind": "kind, type, tipo, tipo documento, transaction type",
        "refers_to": "original order, refers to, pedido original, ticket original, ticket origen",
        "ordered_at": "ordered at, order date, fecha pedido, fecha de pedido, fecha compra, "
        "purchase date, purchased at, paid at, " + TIMES,
        "channel": "channel, canal, sales channel",
        "store_id": STORE,
        "employee_id": EMPLOYEE,
        "status": "status, estado, financial status, order status",
        "currency": "currency, moneda, divisa, currency code",
        "gross_amount": "gross amount, importe bruto, subtotal, base imponible, " + AMOUNT,
        "discount_amount": "discount amount, discount, descuento, dto",
        "tax_amount": "tax amount, tax, taxes, iva, impuestos, vat",
        "coupon_code": "coupon code, coupon, discount code, cupón, vale, código promocional",
        "campaign_id": CAMPAIGN,
    },
    "order_lines": {
        "order_id": ORDER,
        "line_id": "line id, line, línea, nº línea, line number, lineitem id",
        "product_id": PRODUCT,
        "quantity": "quantity, qty, cantidad, uds, unidades, units, lineitem quantity",
        "unit_price": "unit price, precio, precio unitario, price, lineitem price, pvp",
        "gross_amount": "line total, importe línea, gross amount, " + AMOUNT,
        "discount_amount": "discount, descuento, dto, line discount",
    },
    "products": {
        "product_id": PRODUCT + ", id, handle, código, codigo",
        "name": "name, product name, title, descripción, nombre, description, denominación",
        "brand": "brand, vendor, marca",
        "category": "category, type, product type, categoría, familia",
        "subcategory": "subcategory, subcategoría, subfamilia",
        "unit_cost": "unit cost, cost, coste, precio coste, cost per item",
        "list_price": "list price, price, precio, pvp, variant price, tarifa",
        "currency": "currency, moneda, divisa",
        "launched_on": "launch date, launched on, fecha alta, published at, fecha lanzamiento",
        "updated_at": "updated at, last modified, actualizado",
    },
    "web_events": {
        "event_id": "event id, message id, messageid, insert id, id",
        **PARTY,
        "party_id": "user id, userid, customer id",
        "occurred_at": "occurred at, event timestamp, received at, sent at, " + TIMES,
        "anonymous_id": "anonymous id, anonymousid, user pseudo id, client id, visitor id, "
        "device id, cookie, anon, session id",
        "event_type": "event type, event name, event, type, evento",
        "url": "url, page url, page location, page",
        "referrer": "referrer, referer, page referrer, ref",
        "product_id": PRODUCT,
        "category": "category, categoría",
        "order_id": ORDER,
        "utm_source": "utm source, source",
        "utm_medium": "utm medium, medium",
        "utm_campaign": "utm campaign, campaign",
        "device": "device, device type, dispositivo",
    },
    "campaigns": {
        "campaign_id": CAMPAIGN + ", id",
        "name": "name, campaign name, title, nombre, nombre campaña",
        "channel": "channel, canal, type",
        "owner": "owner, responsable",
        "starts_at": "starts at, start date, start, send time, send date, fecha inicio, inicio, "
        "fecha envío",
        "ends_at": "ends at, end date, end, fecha fin, fin",
    },
    "campaign_costs": {
        "cost_id": "cost id, id, invoice number, factura",
        "campaign_id": CAMPAIGN,
        "cost_date": "cost date, date, fecha, day",
        "cost_type": "cost type, type, concepto, tipo",
        "amount": "amount, cost, coste, importe, gasto",
        "currency": "currency, moneda, divisa",
    },
    "ad_stats": {
        "campaign_id": CAMPAIGN,
        "platform": "platform, network, plataforma, publisher platform",
        "stat_date": "stat date, date, day, reporting starts, fecha, día",
        "impressions": "impressions, impr, impresiones",
        "reach": "reach, alcance",
        "clicks": "clicks, link clicks, clics",
        "spend": "spend, amount spent, cost, gasto, coste, importe gastado, amount spent (eur)",
        "currency": "currency, currency code, moneda",
    },
    "consents": {
        "consent_id": "consent id, id",
        **PARTY,
        "channel": "channel, canal",
        "purpose": "purpose, finalidad",
        "status": "status, consent, estado, consentimiento",
        "occurred_at": "consented at, " + TIMES,
        "origin": "origin, source, origen",
    },
    "service_cases": {
        "case_id": "case id, ticket id, case number, id, nº caso, incidencia, expediente",
        **PARTY,
        "party_email": "requester email, " + PARTY["party_email"],
        "party_id": "requester id, requester, " + PARTY["party_id"],
        "kind": "kind, type, ticket type, tipo",
        "opened_at": "opened at, created at, fecha apertura, abierto, fecha",
        "resolved_at": "resolved at, solved at, closed at, fecha cierre, cerrado",
        "topic": "topic, subject, category, asunto, motivo",
        "owner": "owner, assignee, agente",
        "csat": "csat, satisfaction score, satisfacción",
        "notes": "notes, description, descripción, notas",
    },
    "fx_rates": {
        "currency": "currency, moneda, divisa, currency code",
        "rate_date": "rate date, date, fecha, day",
        "reporting_currency": "reporting currency, base currency, moneda base",
        "rate": "rate, exchange rate, tipo de cambio, cambio",
    },
}

# Words in the name of a file or folder that tell the source.
FILE_WORDS = {
    "orders": "orders, order, pedidos, ventas, sales, tickets",
    "order_lines": "lines, lineas, detalle, items",
    "products": "products, productos, articulos, catalog, catalogo, items",
    "crm_contacts": "contacts, contactos, clientes, customers, crm",
    "loyalty_members": "loyalty, members, socios, fidelizacion",
    "newsletter_subscribers": "subscribers, suscriptores, newsletter, audience, boletin",
    "leads": "leads, prospects",
    "web_events": "events, eventos, web, ga4, track",
    "campaigns": "campaigns, campanas",
    "ad_stats": "ads, anuncios, insights",
    "consents": "consents, consentimientos",
    "service_cases": "cases, tickets, zendesk, incidencias",
    "fx_rates": "fx, rates, cambios",
}

# A required column that no column of the file is like, and that is usually the same throughout.
DEFAULTS = {
    ("orders", "kind"): "order",
    ("orders", "channel"): "online",
    ("consents", "purpose"): "marketing",
    ("service_cases", "kind"): "request",
    ("ad_stats", "platform"): "ads",
    ("campaign_costs", "cost_type"): "media",
}

CODES: dict[str, str] = {
    "order": "order, sale, v, venta, pedido, purchase, ticket, factura",
    "refund": "refund, d, devolución, return, abono, refunded",
    "cancellation": "cancellation, a, anulación, cancelled order",
    "store": "store, tienda, pos, shop, in store, físico, offline",
    "online": "online, web, ecommerce, website, internet",
    "phone": "phone, teléfono, call",
    "completed": "completed, paid, complete, completado, pagado, fulfilled, entregado, closed",
    "pending": "pending, pendiente, open, on hold, processing, authorized",
    "cancelled": "cancelled, canceled, cancelado, anulado, voided",
    "page_view": "page view, pageview, page, pagina vista",
    "product_view": "product view, product viewed, view item, view content",
    "search": "search, products searched, view search results, búsqueda",
    "add_to_cart": "add to cart, product added, addtocart",
    "checkout": "checkout, begin checkout, checkout started",
    "purchase": "purchase, order completed, compra",
    "identify": "identify, login, sign up",
    "ad_click": "ad click",
    "granted": "granted, yes, sí, opt in, subscribed, true, 1, alta",
    "withdrawn": "withdrawn, no, opt out, unsubscribed, false, 0, baja",
    "complaint": "complaint, queja, reclamación, problem, incident",
    "suggestion": "suggestion, sugerencia",
    "request": "request, question, consulta, task, petición",
    "email": "email, e-mail, correo",
    "sms": "sms",
    "post": "post, mail, correo postal",
}


def meant(name: str) -> str:
    """A name as it is compared: ``Fecha de nacimiento`` and ``fecha_nacimiento`` are one."""
    parts = re.split(r"[\s_]+", folded(name))
    return plain(" ".join(part for part in parts if part not in ARTICLES)) or plain(name)


def words(listed: str) -> list[str]:
    """A comma-separated list, each word as it is compared."""
    return [meant(word) for word in listed.split(",")]


def code_of(value: str, allowed: tuple[str, ...]) -> str | None:
    """Which of a source's codes an export's value means; None if no word tells."""
    said = meant(value)
    for code in allowed:
        if said == meant(code) or said in words(CODES.get(code, "")):
            return code
    return None
