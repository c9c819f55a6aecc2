"""The real people behind the records: households, names, contact data, habits of buying."""

from __future__ import annotations

from ingestion.demo.scratch import Company

# The first four people who would share a mailbox, a name or a birthday live in one household.
HOUSEHOLDS = """
with raw as (
    select h,
        case when u(h, 'size') < 0.42 then 1 when u(h, 'size') < 0.70 then 2
            when u(h, 'size') < 0.85 then 3 else 4 end as size,
        case when u(h, 'land') < 0.78 then 'ES' when u(h, 'land') < 0.83 then 'MX'
            when u(h, 'land') < 0.87 then 'AR' when u(h, 'land') < 0.90 then 'CO'
            when u(h, 'land') < 0.93 then 'CL' when u(h, 'land') < 0.98 then 'GB'
            else 'US' end as country
    from range(({people} / 1.2)::bigint + 10) t(h)
), placed as (
    select *, (sum(size) over (order by h) - size)::bigint as first_person,
        country in ('GB', 'US') or u(h, 'expat') < 0.03 as is_english,
        u(h, 'kind') < 0.3 as is_single_parent
    from raw
), city_of as (
    select country, list(city_id order by city_id) as ids from cities group by country
)
select p.*, pick_common(c.ids, u(h, 'city')) as city_id,
    pick_common(c.ids, u(h, 'oldcity')) as old_city_id
from placed p join city_of c using (country)
where first_person < {people}
"""

PERSONS = """
with member as (
    select hh.*, role, first_person + role as p,
        case when role = 1 and not is_single_parent then 'B'
            when role = 0 then 'A' else 'C' end as part
    from households hh, range(4) r(role)
    where role < size and first_person + role < {people}
), sexed as (
    select *, case when part = 'B'
            then (u(h, 'sexA') < 0.5) <> (u(h, 'samesex') < 0.95)
            when part = 'A' then u(h, 'sexA') < 0.5
            else u(p, 'sex') < 0.5 end as is_woman,
        u(h, 'sexA') < 0.5 as parent_is_woman
    from member
), named as (
    select *,
        part = 'C' and is_woman = parent_is_woman and u(p, 'namesake') < 0.15 as is_namesake,
        case when part = 'C' and is_woman = parent_is_woman and u(p, 'namesake') < 0.15
            then first_person else p end as name_key,
        role = 3 and u(h, 'twins') < 0.2 as is_twin
    from sexed
), drawn as (
    select *,
        case when is_english and is_woman
                then pick(getvariable('women_en'), u(name_key, 'given'))
            when is_english then pick(getvariable('men_en'), u(name_key, 'given'))
            when is_woman then pick_common(getvariable('women_es'), u(name_key, 'given'))
            else pick_common(getvariable('men_es'), u(name_key, 'given')) end as given,
        case when is_english
            then pick_common(getvariable('surnames_en'),
                u(h, case when part = 'B' and u(h, 'ownname') < 0.3 then 'nB' else 'nA' end))
            when part = 'B' then pick_common(getvariable('surnames_es'), u(h, 'nB'))
            else pick_common(getvariable('surnames_es'), u(h, 'nA')) end as s1,
        case when is_english then null
            when part = 'B' then pick_common(getvariable('surnames_es'), u(h, 'nB2'))
            when part = 'A' then pick_common(getvariable('surnames_es'), u(h, 'nA2'))
            else pick_common(getvariable('surnames_es'), u(h, 'nB')) end as s2,
        date '{as_of}' - case when part = 'C'
            then 16 * 366 + dice(case when is_twin then p - 1 else p end, 'child', 14 * 365)
            else 32 * 366 + dice(p, 'adult', 45 * 365) end::integer as birth_date
    from named
), plain as (
    select *, regexp_replace(lower(strip_accents(given)), '[^a-z]', '', 'g') as g,
        regexp_replace(lower(strip_accents(s1)), '[^a-z]', '', 'g') as f,
        regexp_replace(lower(strip_accents(coalesce(s2, ''))), '[^a-z]', '', 'g') as m
    from drawn
), mailed as (
    select *,
        case dice(p, 'pattern', 7)
            when 0 then g || '.' || f when 1 then g[1] || f || m[1:3]
            when 2 then g || f || strftime(birth_date, '%y')
            when 3 then f || '.' || g when 4 then g || '_' || f || m[1:1]
            when 5 then g || m || strftime(birth_date, '%Y') else g || '.' || f || '.' || m
        end as local,
        pick(getvariable('mail_domains'), u(p, 'domain')) as domain
    from plain
), distinct_mail as (
    -- Nobody else's address by accident: a second holder of the same gets a number behind a dot.
    select *, rtrim(local, '.') || case when row_number() over same_local = 1 then ''
        else '.' || row_number() over same_local end || '@' || domain as email_own
    from mailed
    window same_local as (partition by rtrim(local, '.'), domain order by p)
)
select p, h, role, country, is_english, is_woman, given, s1, s2, birth_date, city_id, old_city_id,
    is_namesake, is_twin, size,
    email_own,
    -- A tenth of the households of several people share one mailbox, some of them only that.
    case when size > 1 and u(h, 'sharedbox') < 0.12
        then 'familia.' || regexp_replace(lower(strip_accents(case when is_english
            then pick_common(getvariable('surnames_en'), u(h, 'nA'))
            else pick_common(getvariable('surnames_es'), u(h, 'nA')) end)), '[^a-z]', '', 'g')
            || h || '@correo.example' end as email_shared,
    g || scramble(p, 7) || '@trabajo.example' as email_second,
    case country when 'ES' then '+346' || scramble(p, 8) when 'MX' then '+5255' || scramble(p, 8)
        when 'AR' then '+54911' || scramble(p, 8) when 'CO' then '+5731' || scramble(p, 8)
        when 'CL' then '+569' || scramble(p, 8) when 'GB' then '+4477' || scramble(p, 8)
        else '+1' || (201 + dice(p, 'area', 700)) || scramble(p, 7) end as mobile,
    case country when 'ES' then '+3491' || scramble(h, 7) when 'MX' then '+5233' || scramble(h, 8)
        when 'AR' then '+54351' || scramble(h, 7) when 'CO' then '+571' || scramble(h, 7)
        when 'CL' then '+562' || scramble(h, 8) when 'GB' then '+4420' || scramble(h, 8)
        else '+1617' || scramble(h, 7) end as landline,
    u(h, 'sharedphone') < 0.15 as shares_landline,
    -- A number given up and handed out again: somebody else's records still carry it.
    u(p, 'recycled') < 0.004 as has_recycled_phone,
    case country when 'MX' then 'MXN' when 'AR' then 'ARS' when 'CO' then 'COP'
        when 'CL' then 'CLP' when 'GB' then 'GBP' when 'US' then 'USD' else 'EUR' end as currency,
    (case when u(p, 'old') < 0.55 then -1 - dice(p, 'before', 500)
        else dice(p, 'joined', greatest({days} - 20, 1)) end)::integer as joined_day,
    -- Orders a day while active: heavy-tailed, a few people buy every week.
    least(exp(normal(p, 'rate') * 1.05 - 0.62) * 0.0242, 0.5) as rate,
    case when u(p, 'stays') < 0.35 then 100000
        else 60 + (-ln(1 - u(p, 'leaves')) * 700)::integer end as lifetime,
    case when u(p, 'decline') < 0.15 then 1.8 else 1.0 end as decline,
    case when u(p, 'where') < 0.55 then 0.92 when u(p, 'where') < 0.85 then 0.12
        else 0.5 end as store_share
from distinct_mail
order by p
"""


def make_people(company: Company) -> None:
    """Make ``households`` and ``persons`` (p = 0 … people - 1)."""
    company.make("households", HOUSEHOLDS)
    company.make("persons", PERSONS)
