"""What five systems hold about the people: the same persons, written down five times badly.

``records`` has one row per record of a person in a system: its id, the true person, and the
person's data as that system got it, with slips, missing parts, old addresses and placeholders.
"""

from __future__ import annotations

from ingestion.demo.scratch import Company

# system: id pattern, share for whom it is the first system, chance of being there otherwise
SYSTEMS = [
    ("loyalty", "'30' || scramble(p * 3 + copy, 8)", 0.38, 0.10),
    ("shop", "'C' || scramble(p * 3 + copy, 8)", 0.30, 0.13),
    ("mailing", "md5('sub' || (p * 3 + copy) || {seed})[1:16]", 0.16, 0.12),
    ("crm", "'CRM-' || scramble(p * 3 + copy, 8)", 0.08, 0.05),
    ("leadtool", "'L' || scramble(p * 3 + copy, 8)", 0.08, 0.04),
]

TAX_MACROS = """
create or replace macro nif(k) as
    scramble(k, 8) || 'TRWAGMYFPDXBNJZSQVHLCKE'[1 + (scramble(k, 8)::bigint % 23)];
create or replace macro mod11(digits, weights) as
    11 - (list_sum([digits[i]::bigint * weights[i] for i in range(1, len(weights) + 1)]) % 11
        )::bigint;
create or replace macro rut(k) as scramble(k, 8) || '-'
    || case mod11(scramble(k, 8), [3, 2, 7, 6, 5, 4, 3, 2]) when 11 then '0' when 10 then 'K'
        else mod11(scramble(k, 8), [3, 2, 7, 6, 5, 4, 3, 2])::varchar end;
create or replace macro cuit(k) as '20' || scramble(k, 8)
    || case mod11('20' || scramble(k, 8), [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) when 11 then '0'
        when 10 then '9'
        else mod11('20' || scramble(k, 8), [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])::varchar end;
create or replace macro rfc_sum(s) as list_sum([
    (instr('0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ', s[i]) - 1) * (14 - i) for i in range(1, 13)
])::bigint;
create or replace macro rfc_check(s) as s || case 11 - rfc_sum(s) % 11 when 11 then '0'
    when 10 then 'A' else (11 - rfc_sum(s) % 11)::varchar end;
create or replace macro rfc(k, s1, s2, given, born) as rfc_check(
    upper(strip_accents(s1))[1:2] || upper(strip_accents(s2))[1] || upper(strip_accents(given))[1]
    || strftime(born, '%y%m%d') || scramble(k, 2));
"""

MEMBERSHIP = """
select *, '{system}' as system, {id} as record_id from (
    select p, copy from (
        select p, case when u(p, 'dup{system}') < 0.045 then 2 else 1 end as copies
        from persons
        where (u(p, 'first') >= {low} and u(p, 'first') < {high})
            or u(p, 'also{system}') < {also}
    ), range(2) t(copy) where copy < copies
)
"""

RECORDS = """
with rec as (
    select m.system, m.record_id, m.copy, hash(m.system, m.p, m.copy) as k, q.*,
        case when m.copy > 0 then q.joined_day + 30 + dice(m.p, 'again' || m.system, 200)
            when m.system in ('loyalty', 'shop') and u(m.p, 'direct' || m.system) < 0.85
            then q.joined_day
            else q.joined_day + dice(m.p, 'later' || m.system, 120) end as made_day,
        count(*) over (partition by m.system, m.p) as copies
    from members m join persons q using (p)
), dated as (
    select *, day_at(least(made_day, {days} - 1)) + seconds(8 * 3600 + dice(k, 'time', 36000))
            as created_at,
        -- Records moved on: most are never touched again, some long after.
        case when u(k, 'touched') < 0.4 then least(made_day, {days} - 1) else
            least(made_day, {days} - 1) + dice(k, 'touch',
                greatest({days} - least(made_day, {days} - 1), 1)) end as changed_day
    from rec
), aged as (
    select *, case when changed_day = least(made_day, {days} - 1) then created_at
        else day_at(changed_day) + seconds(8 * 3600 + dice(k, 'time2', 36000)) end as updated_at
    from dated
), worded as (
    select * replace (
            case when u(k, 'typog') < 0.05 then typo(given_form, u(k, 'typog2'))
                else given_form end as given_form),
        case when u(k, 'typos') < 0.07 then typo(s1, u(k, 'typos2')) else s1 end as s1_form,
        case when u(k, 'one') < case system when 'loyalty' then 0.1 when 'crm' then 0.2
            else 0.6 end then null else s2 end as s2_form
    from (
        select a.*, case
            when instr(given, ' ') > 0 and u(k, 'compound') < 0.55 then case dice(k, 'how', 5)
                when 0 then replace(given, 'María', 'Mª') when 1 then given[1] || '. '
                    || split_part(given, ' ', 2)
                when 2 then split_part(given, ' ', 1)
                when 3 then replace(replace(given, 'María', 'Ma.'), 'José ', 'J. ')
                else replace(given, ' ', '-') end
            when n.nickname is not null and u(k, 'nick') < case system when 'shop' then 0.16
                when 'mailing' then 0.2 when 'leadtool' then 0.12 else 0.04 end then n.nickname
            else given end as given_form
        from aged a left join nicknames n using (given)
    )
), cased as (
    select * replace (
            case when plainly then strip_accents(given_form) else given_form end as given_form,
            case when plainly then strip_accents(s1_form) else s1_form end as s1_form,
            case when plainly then strip_accents(s2_form) else s2_form end as s2_form)
    from (
        select *, u(k, 'accents') < case system when 'loyalty' then 0.5 when 'crm' then 0.15
            else 0.35 end as plainly from worded
    )
), contacted as (
    select c.*,
        case when u(k, 'nomail') < case system when 'loyalty' then 0.35 when 'crm' then 0.15
                when 'leadtool' then 0.1 else 0 end then null
            when u(k, 'badmail') < 0.006 then 'test@test.com'
            when u(k, 'badmail') < 0.009 and system = 'loyalty' then 'sincorreo@tienda.example'
            when email_shared is not null and u(p, 'box') < 0.6 then email_shared
            when u(k, 'other') < case system when 'crm' then 0.3 else 0.06 end then email_second
            when u(k, 'mailtypo') < 0.012
                then split_part(email_own, '.example', 1) || '.exmaple'
            when u(k, 'mailtypo') < 0.02
                then typo(split_part(email_own, '@', 1), u(k, 'mt')) || '@'
                    || split_part(email_own, '@', 2)
            when copy > 0 and u(k, 'dupmail') < 0.7 then email_second
            else email_own end as email,
        case when u(k, 'nophone') < case system when 'mailing' then 0.85 when 'shop' then 0.35
                when 'loyalty' then 0.2 else 0.12 end then null
            when u(k, 'badphone') < 0.008 then '000000000'
            when system = 'crm' and u(p, 'office') < 0.12 then '+34912000100'
            when shares_landline and u(k, 'land') < 0.6 then landline
            when has_recycled_phone and p > 100 and u(k, 'rec') < 0.7 then '+346'
                || scramble(p - 97, 8)
            when u(k, 'phonetypo') < 0.01 then left(mobile, -2)
                || right(mobile, 1) || mobile[-2]
            else mobile end as phone,
        u(k, 'moved') < case system when 'loyalty' then 0.15 else 0.1 end as is_old_address
    from cased c
)
select system, record_id, copy, k, p, h, country, role, is_woman, is_english,
    given_form as given, s1_form as s1, s2_form as s2,
    case dice(k, 'order', 4)
        when 0 then s1_form || coalesce(' ' || s2_form, '') || ', ' || given_form
        else given_form || ' ' || s1_form || coalesce(' ' || s2_form, '') end as full_name,
    case when u(k, 'shout') < 0.04 then upper(email) else email end as email,
    case when phone = '000000000' then phone
        when country = 'ES' or phone like '+34%' then case dice(k, 'style', 5)
            when 0 then phone
            when 1 then phone[4:6] || ' ' || phone[7:9] || ' ' || phone[10:]
            when 2 then '0034' || phone[4:]
            when 3 then phone[4:6] || '-' || phone[7:8] || '-' || phone[9:10] || '-' || phone[11:]
            else phone[4:] end
        else case dice(k, 'style', 3) when 0 then phone
            when 1 then replace(phone, '+', '00') else replace(phone, '+', '+ ') end end as phone,
    case when u(k, 'notax') < 0.35 then null else case when country = 'ES' then nif(p)
        when country = 'CL' then rut(p) when country = 'AR' then cuit(p)
        when country = 'MX' and s2_form is not null and not is_english
            then rfc(p, s1_form, s2_form, given_form, birth_date) end end as tax_id,
    case when u(k, 'nobirth') < 0.3 then null when u(k, 'badbirth') < 0.01
        then date '1900-01-01' when u(k, 'birthtypo') < 0.01 then birth_date + 30
        else birth_date end as birth_date,
    case when u(k, 'noaddress') < 0.25 then null else
        case when country in ('GB', 'US')
            then (1 + dice(case when is_old_address then h + 900000000 else h end, 'no', 180))
                || ' ' || pick(getvariable('streets_en'),
                    u(case when is_old_address then h + 900000000 else h end, 'street'))
            else case when u(k, 'abbr') < 0.35 then replace(replace(street, 'Calle', 'C/'),
                    'Avenida', 'Avda.') else street end
                || case when u(k, 'comma') < 0.6 then ', ' else ' ' end
                || (1 + dice(case when is_old_address then h + 900000000 else h end, 'no', 180))
                || case when u(h, 'flat') < 0.6 then ', ' || (1 + dice(h, 'floor', 8)) || 'º '
                    || 'ABCD'[1 + dice(h, 'door', 4)] else '' end end end as address,
    ci.city, ci.region, case when ci.city_country = 'ES'
        then left(ci.postal, 2) || lpad((1 + dice(h, 'postal', 40))::varchar, 3, '0')
        else ci.postal end as postal_code,
    case when is_english then 'en' else 'es' end as language,
    currency, created_at, updated_at, made_day, copies
from (
    select *, pick(getvariable('streets_es'),
            u(case when is_old_address then h + 900000000 else h end, 'street')) as street,
        case when is_old_address then old_city_id else city_id end as lives_in
    from contacted
) r join (
    select city_id, city, region, postal, country as city_country from cities
) ci on ci.city_id = r.lives_in
order by system, p, copy
"""

# One row per person: the record under which each system knows them best.
KNOWN = """
select p,
    max(record_id) filter (system = 'loyalty') as loyalty_id,
    max(created_at) filter (system = 'loyalty') as loyalty_from,
    max(record_id) filter (system = 'shop') as shop_id,
    max(created_at) filter (system = 'shop') as shop_from,
    max(record_id) filter (system = 'mailing') as mailing_id,
    max(created_at) filter (system = 'mailing') as mailing_from,
    max(record_id) filter (system = 'crm') as crm_id,
    max(created_at) filter (system = 'crm') as crm_from,
    max(record_id) filter (system = 'leadtool') as lead_id,
    max(created_at) filter (system = 'leadtool') as lead_from,
    max(email) filter (system = 'shop') as shop_email,
    max(email) filter (system = 'mailing') as mailing_email,
    max(email) filter (system = 'loyalty' and email like '%@%.example') as loyalty_email,
    max(phone) filter (system = 'crm') as crm_phone
from records where copy = 0 group by p order by p
"""


def make_records(company: Company) -> None:
    """Make ``records`` (about 1.4 a person) and ``known`` (one row per person)."""
    for statement in TAX_MACROS.split(";\n"):
        if statement.strip():
            company.db.execute(statement)
    low = 0.0
    parts = []
    for system, record_id, share, also in SYSTEMS:
        parts.append(
            MEMBERSHIP.format(
                system=system,
                id=record_id.replace("{seed}", str(company.seed)),
                low=low,
                high=low + share if system != "leadtool" else 2,
                also=also,
            )
        )
        low += share
    company.make("members", " union all ".join(parts))
    company.make("records", RECORDS)
    company.make("known", KNOWN)
