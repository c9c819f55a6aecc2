"""Quotes, cases, surveys, conversations, referrals and answers: the rest of the relationship."""

from __future__ import annotations

from datetime import date

from ingestion.demo.scratch import Company
from ingestion.demo.write import Exporter

# Made before the orders: the won ones are placed by phone.
QUOTES = """
select p, q, crm_id, qk, quoted_at,
    case when u(qk, 'fate') < 0.35 then 'won' when u(qk, 'fate') < 0.75 then 'lost' else 'open' end
        as status,
    quoted_at + seconds(86400 + dice(qk, 'decided', 18 * 86400)) as decided_at
from (
    select p, q, p * 4 + q as qk, crm_id,
        day_at(dice(p * 4 + q, 'quoted', greatest({days} - 25, 1)))
            + seconds(30000 + dice(p * 4 + q, 'quotedat', 30000)) as quoted_at
    from known, range(3) t(q)
    where crm_id is not null and u(p, 'quotes') < 0.45 and q < 1 + dice(p, 'howmany', 3)
)
"""
EXPORT_QUOTES = """
select 'Q' || scramble(qk, 9) as quote_no, crm_id as contact_id, account_of(p) as company_id,
    iso_z(quoted_at) as quoted, (quoted_at::date + 30) as valid_to, status,
    case when status <> 'open' then iso_z(decided_at) end as decided,
    printf('%.2f', 50 + exp(normal(qk, 'worth') * 0.9 + 5)) as amount, 'EUR' as currency,
    case when status = 'won' then shop_order(p * 1000 + 900 + q) end as order_no,
    employee(p) as rep, iso_z(case when status = 'open' then quoted_at else decided_at end)
        as modified
from quotes order by quoted_at, quote_no
"""
CASES = """
select 'CASE' || scramble(o, 10) as case_no, {party_system} as list, {party_id} as person,
    case when u(o, 'kind') < 0.6 then 'complaint' when u(o, 'kind') < 0.75 then 'suggestion'
        else 'request' end as type,
    opened_at, moment as incident_at,
    case when u(o, 'acted') < 0.93 then opened_at + seconds(600 + 200000 * u(o, 'action') ** 2) end
        as first_action_at,
    case when u(o, 'solved') < 0.85 then opened_at + seconds(4000 + 900000 * u(o, 'solving') ** 2)
        end as resolved_at,
    case when u(o, 'solved') < 0.06 then opened_at + interval 12 day end as reopened_at,
    u(o, 'solving') < 0.45 and u(o, 'solved') between 0.06 and 0.85 as first_contact,
    ['delivery', 'quality', 'price', 'staff', 'invoice', 'website'][1 + dice(o, 'topic', 6)]
        as topic,
    employee(o) as owner, order_number(channel, o, p) as order_no,
    sku(product_of(o, p, 0)) as sku,
    case when u(o, 'scored') < 0.4 then 1 + dice(o, 'csat', 5) end as csat,
    ['Llegó roto y nadie contesta', 'Quiere factura', 'The parcel was late again',
        'Propone abrir los domingos', 'Muy enfadado: segunda vez'][1 + dice(o, 'text', 5)] as text,
    o
from (
    select *, moment + to_days((1 + dice(o, 'waited', 9))::integer) + interval 1 hour as opened_at
    from orders join known using (p)
    where is_identified(o, channel, moment, loyalty_from, shop_from)
        and u(o, 'case') < case when fate_of(o, channel) in (4, 5) then 0.25 else 0.025 end
        and coalesce(shop_id, loyalty_id, crm_id) is not null
)
where opened_at < timestamp '{as_of} 00:00:00'
"""
EXPORT_CASES = """
select case_no, list, person, type, iso_z(opened_at) as opened, iso_z(incident_at) as incident,
    iso_z(known_at(first_action_at)) as first_action, iso_z(known_at(resolved_at)) as resolved,
    iso_z(known_at(reopened_at)) as reopened, case when first_contact then 'Y' else 'N' end as fcr,
    topic, owner, order_no, sku, csat, 5 as csat_max, text,
    iso_z(greatest(opened_at, known_at(first_action_at), known_at(resolved_at),
        known_at(reopened_at))) as modified
from cases where month_index(opened_at) = {m} order by opened_at, case_no
"""
SURVEYS = """
select * from (
    select 'SV' || scramble(o * 2, 11) as response_id, list, person,
        'csat' as survey, 'case' as kind, case_no as case_id, iso_z(resolved_at) as sent,
        case when csat is not null then iso_z(resolved_at + interval 1 day) end as answered,
        csat as score, 5 as score_max,
        case when csat <= 2 then 'No me lo resolvieron' end as comment
    from cases where resolved_at + interval 1 day < timestamp '{as_of} 00:00:00'
    union all
    select 'SV' || scramble(p * 2 + 1, 11), {party_system}, {party_id}, 'nps',
        'relationship', null,
        iso_z(day_at(dice(p, 'asked', {days} - 2))),
        case when u(p, 'replies') < 0.35
            then iso_z(day_at(dice(p, 'asked', {days} - 2)) + interval 20 hour) end,
        case when u(p, 'replies') < 0.35 then least(10, 3 + dice(p, 'nps', 9)) end, 10, null
    from known where u(p, 'survey') < 0.12 and coalesce(shop_id, loyalty_id, crm_id) is not null
) order by sent, response_id
"""
INTERACTIONS = """
select 'INT' || scramble(key, 9) as id, case when crm_id is not null then 'CRM' else 'CLUB' end
        as base, coalesce(crm_id, loyalty_id) as person,
    strftime(moment, '%Y-%m-%d %H:%M:%S') as talked_at,
    ['call', 'call', 'visit', 'fair', 'chat'][1 + dice(key, 'kind', 5)]
        as type,
    case when u(key, 'in') < 0.45 then 'in' else 'out' end as direction,
    ['price', 'delivery', 'new products', 'invoice', 'renewal'][1 + dice(key, 'topic', 5)] as topic,
    ['no answer', 'informed', 'interested', 'bought', 'not interested'][1 + dice(key, 'result', 5)]
        as result,
    employee(p) as rep, store_of(p) as store,
    case when u(key, 'promise') < 0.3 then 'Enviar presupuesto' end as next_step,
    case when u(key, 'promise') < 0.3 then moment::date + 7 end as next_step_on,
    case when u(key, 'note') < 0.3 then 'Habló de su reforma; llamar después de las 18 h' end
        as notes
from (
    select *, p * 8 + n as key, day_at(dice(p * 8 + n, 'talked', {days}))
        + seconds(32400 + dice(p * 8 + n, 'talkedat', 32000)) as moment
    from known, range(6) t(n)
    where (crm_id is not null and n < dice(p, 'talks', 6))
        or (crm_id is null and loyalty_id is not null and n = 0 and u(p, 'talk') < 0.08)
) order by moment, id
"""
REFERRALS = """
select 'REF' || scramble(a.p, 9) as ref_id, a.crm_id as contact_id, b.shop_id as new_customer,
    iso_z(least(b.shop_from, timestamp '{as_of} 00:00:00' - interval 1 day)) as referred,
    ['email', 'whatsapp', 'in person'][1 + dice(a.p, 'how', 3)] as via
from known a join known b on b.p = dice(a.p, 'friend', {people})
where a.crm_id is not null and b.shop_id is not null and a.p <> b.p order by referred, ref_id
"""
ANSWERS = """
select 'ANS' || scramble(p * 4 + n, 9) as id, crm_id as contact,
    ['¿Qué le interesa?', '¿Cuándo le llamamos?', '¿Para quién compra?'][1 + n] as question,
    case n when 0 then getvariable('categories')[1 + dice(p, 'favourite', 8)]
        when 1 then pick(['mañanas', 'tardes', 'fines de semana'], u(p, 'hour'))
        else pick(['para mí', 'para mi familia', 'para la empresa'], u(p, 'who')) end as answer,
    case n when 0 then 'category' when 2 then pick(['own use', 'family', 'business'], u(p, 'who'))
        end as need,
    iso_z(day_at(dice(p * 4 + n, 'answered', {days})) + interval 10 hour) as answered
from known, range(3) t(n) where crm_id is not null and u(p * 4 + n, 'answers') < 0.4
order by answered, id
"""
ACCOUNTS = """
select 'ACC-' || lpad(i::varchar, 6, '0') as id, pick(getvariable('surnames_es'), u(i, 'firm'))
        || pick([' e Hijos', ' Hermanos', ' Reformas', ' Consulting', ' Hoteles'], u(i, 'firm2'))
        || ' S.L.' as name,
    cif(i) as tax_id, pick(['retail', 'hotels', 'building', 'services'], u(i, 'trade')) as industry,
    city, 'ES' as country, employee(i) as owner,
    iso_z(day_at(dice(i, 'since', {days}))) as created, iso_z(day_at({days} - 1)) as modified
from range({accounts}) t(i) join cities on city_id = dice(i, 'town', 14) order by i
"""
MACROS = """
create or replace macro known_at(t) as case when t < timestamp '{as_of} 00:00:00' then t end;
create or replace macro cif_sum(d) as list_sum([case when i % 2 = 1
    then (d[i]::bigint * 2) % 10 + (d[i]::bigint * 2) // 10 else d[i]::bigint end
    for i in range(1, 8)])::bigint;
create or replace macro cif(k) as
    'B' || scramble(k, 7) || ((10 - cif_sum(scramble(k, 7)) % 10) % 10)
"""
FX = """
select currency as divisa, strftime(date '{start}' + d::integer, '%Y-%m-%d') as fecha,
    'EUR' as base,
    case currency when 'EUR' then '1.00000000' else printf('%.8f', 1 / units
        * (1 + 0.05 * sin(d / 90.0 + units) + 0.004 * (u(d, currency) - 0.5))) end as tipo
from currencies, range({days}) t(d)
where date '{start}' + d::integer between date '{first}' and date '{last}'
order by d, currency
"""
PARTY = {
    "{party_system}": "case when shop_id is not null then 'web' when loyalty_id is not null "
    "then 'club' else 'crm' end",
    "{party_id}": "coalesce(shop_id, loyalty_id, crm_id)",
}


def make_quotes(company: Company) -> None:
    """Make ``quotes``."""
    company.make("quotes", QUOTES)


def export_service(company: Company, out: Exporter, accounts: int) -> None:
    """Write quotes, accounts, cases, surveys, interactions, referrals and answers."""
    last, turns = company.deliveries[-1], len(company.deliveries)
    for statement in company.sql(MACROS).split(";\n"):
        company.db.execute(statement)
    company.make("cases", _with_party(CASES))
    out.csv("crm/quotes", f"quotes_{last}.csv", EXPORT_QUOTES)
    out.csv("crm/accounts", f"accounts_{last}.csv", ACCOUNTS.replace("{accounts}", str(accounts)))
    out.jsonl("crm/interactions", f"interactions_{last}.jsonl", INTERACTIONS)
    out.csv("crm/referrals", f"referrals_{last}.csv", REFERRALS)
    out.jsonl("crm/profile_answers", f"answers_{last}.jsonl", ANSWERS)
    for number, day in enumerate(company.deliveries):
        out.csv(
            "service/service_cases",
            f"cases_{day}.csv",
            EXPORT_CASES.replace("{m}", str(number)),
            turn=(number, turns),
        )
    out.jsonl("service/survey_responses", f"surveys_{last}.jsonl", _with_party(SURVEYS))


def export_finance(company: Company, out: Exporter) -> None:
    """Write the daily rates of every currency to EUR, and the objectives."""
    turns = len(company.deliveries)
    for number, day in enumerate(company.deliveries):
        first: date = company.one(f"select first_day from deliveries where delivery = {number}")
        query = FX.replace("{first}", str(first)).replace("{last}", str(day))
        out.csv("finance/fx_rates", f"fx_{day}.csv", query, turn=(number, turns))
    last = company.deliveries[-1]
    year = f"date '{last.year}-01-01'"
    rows = [
        "('OBJ-01', 'retention_rate', '', 0.62, 0.03, 0.08, 'up', 'points')",
        "('OBJ-02', 'churn_rate', '', 0.38, 0.05, 0.10, 'down', 'relative')",
        "('OBJ-03', 'net_revenue', '', 100000, 0.08, 0.12, 'up', 'relative')",
        "('OBJ-04', 'identification_rate', '', 0.80, 0.85, 0.90, 'up', 'absolute')",
        "('OBJ-05', 'reachable_rate', 'Champions', 0.70, 0.80, 0.90, 'up', 'absolute')",
    ]
    out.csv(
        "finance/objectives",
        f"objectives_{last}.csv",
        f"""select id, metric, nullif(segment, '') as segment, {year} as period_start,
            ({year} + interval 1 year - interval 1 day)::date as period_end, baseline, low, high,
            direction, change from (values {", ".join(rows)})
            t(id, metric, segment, baseline, low, high, direction, change) order by id""",
    )


def _with_party(query: str) -> str:
    for name, expression in PARTY.items():
        query = query.replace(name, expression)
    return query
