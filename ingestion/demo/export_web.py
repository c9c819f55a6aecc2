"""The web shop's events: sessions before and after login, with the campaign that led there."""

from __future__ import annotations

from collections.abc import Callable

from ingestion.demo.scratch import Company
from ingestion.demo.write import Exporter

# Sessions that end in a purchase come from the online orders of the month; the others by dice.
SESSIONS = """
select s.*, k.shop_id, ps.p is not null and login_at >= 0 as logs_in,
    printf('%016x', hash(s.p, dice(s.sid, 'device', 3) = 0, {seed})) as anonymous_id,
    case dice(s.sid, 'device', 3) when 0 then 'desktop' else 'mobile' end as device,
    case when campaign >= 0 then 'newsletter' when u(sid, 'came') < 0.10 then 'google'
        when u(sid, 'came') < 0.16 then 'meta' when u(sid, 'came') < 0.2 then 'newsletter' end
        as utm_source,
    case when campaign >= 0 then 'CMP-' || lpad((campaign + 1)::varchar, 2, '0')
        when u(sid, 'came') < 0.16 then 'ADS-0' || (1 + dice(sid, 'ad', 3))
        when u(sid, 'came') < 0.2 then 'CMP-' || lpad((1 + dice(sid, 'ad', 10))::varchar, 2, '0')
        end as utm_campaign
from (
    select o * 2 as sid, p, o, campaign, 5 + dice(o, 'pages', 6) as pages,
        moment - seconds((5 + dice(o, 'pages', 6)) * 47) as starts_at, 3 as login_at
    from orders where channel = 1 and month_index(moment) = {m}
    union all
    select ((p * 1000 + {m}) * 4 + j) * 2 + 1, p, -1, -1::tinyint,
        2 + dice((p * 1000 + {m}) * 4 + j, 'pages', 7),
        first_day + seconds(u((p * 1000 + {m}) * 4 + j, 'day')
            * (last_day - first_day + 1) * 86400 - 3600),
        case when u((p * 1000 + {m}) * 4 + j, 'login') < 0.35 then 1 else -1 end
    from persons, range(3) t(j), deliveries
    where delivery = {m}
        and u((p * 1000 + {m}) * 4 + j, 'visits') < 0.012 + 0.07 * u(p, 'browser') ** 2
) s join known k using (p)
    left join (select p, shop_from from known where shop_id is not null) ps
        on ps.p = s.p and ps.shop_from <= s.starts_at
order by starts_at, sid
"""

# The tracker sends a session at once: sessions are in order, events of two may overlap.
EVENTS = """
with numbered as (
    select *, unnest(range(pages)) as n from sessions
), event as (
    select *, starts_at + seconds(n * 47 + dice(sid * 16 + n, 'wait', 40)) as moment,
        case when n = 0 and utm_source in ('google', 'meta') then 'ad_click' when n = 0
                then 'page_view'
            when o >= 0 and n = pages - 1 then 'purchase' when o >= 0 and n = pages - 2
                then 'checkout'
            when o >= 0 and n = pages - 3 then 'add_to_cart'
            when logs_in and n = login_at then 'identify'
            when u(sid * 16 + n, 'type') < 0.62 then 'product_view'
            when u(sid * 16 + n, 'type') < 0.72 then 'search'
            when u(sid * 16 + n, 'type') < 0.77 then 'add_to_cart' else 'page_view' end as type,
        case when o >= 0 and n >= pages - 3 then product_of(o, p, 0)
            else floor(u(sid * 16 + n, 'seen') ** 1.7 * 50)::bigint * 8
                + case when u(sid * 16 + n, 'seen2') < 0.55 then dice(p, 'favourite', 8)
                    else dice(sid * 16 + n, 'seen3', 8) end end as product
    from numbered
)
select 'e' || sid || '-' || n as id, iso_z(moment) as ts, anonymous_id as anon,
    case when logs_in and n >= login_at then shop_id end as user_id, type as event,
    'https://tienda.example' || case type when 'product_view' then '/p/' || sku(product)
        when 'add_to_cart' then '/p/' || sku(product) when 'search' then '/buscar?q='
            || lower(getvariable('categories')[1 + product % 8])
        when 'checkout' then '/caja' when 'purchase' then '/gracias' when 'identify' then '/entrar'
        else '/' end
        || case when n = 0 and utm_source is not null then '?utm_source=' || utm_source
            || '&utm_campaign=' || utm_campaign else '' end as url,
    case when n = 0 and utm_source = 'google' then 'https://google.example/' end as ref,
    case when type in ('product_view', 'add_to_cart') then sku(product) end as sku,
    case when type in ('product_view', 'add_to_cart')
        then getvariable('categories')[1 + product % 8] end as cat,
    case when type = 'purchase' then shop_order(o) end as "order",
    case when n = 0 then utm_source end as utm_source,
    case when n = 0 then case utm_source when 'google' then 'cpc' when 'meta' then 'paid_social'
        when 'newsletter' then 'email' end end as utm_medium,
    case when n = 0 then utm_campaign end as utm_campaign, device
from event
where moment < timestamp '{as_of} 00:00:00' - interval 2 hour
"""


def export_web(company: Company, out: Exporter, say: Callable[[str], None]) -> None:
    """Write a month of web events at a time, as compressed JSON lines."""
    turns = len(company.deliveries)
    for number, day in enumerate(company.deliveries):
        sessions = SESSIONS.replace("{m}", str(number)).replace("{seed}", str(company.seed))
        company.db.execute(f"create or replace temp table sessions as {company.sql(sessions)}")
        out.jsonl(
            "web/web_events",
            f"events_{day}.jsonl.gz",
            EVENTS,
            turn=(number, turns),
        )
        say(f"web {number + 1}/{turns}: {day:%Y-%m}")
