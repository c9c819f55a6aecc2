"""The five systems that describe people, and the consents that each of them holds."""

from __future__ import annotations

from datetime import timedelta

from ingestion.demo.scratch import Company
from ingestion.demo.write import Exporter

# {before}: the snapshot shows what the CRM knew at that moment.
CRM = """
select record_id as id, given as first_name, s1 as last_name, s2 as second_last_name, email,
    case when updated_at < {before} then phone end as mobile, tax_id as nif,
    case when u(k, 'card') < 0.25 then loyalty_id end as loyalty_card, birth_date as birthdate,
    address as street, postal_code as zip, city, region as province, country, language as lang,
    iso_z(created_at) as created_on,
    iso_z(case when updated_at < {before} then updated_at else created_at end) as modified_on,
    account_of(p) as company_id,
    employee(p) as owner, case when country = 'ES' then store_of(p) end as store,
    case when u(k, 'prefers') < 0.3 then ['email', 'phone', 'whatsapp'][1 + dice(k, 'pref', 3)]
        end as pref_channel,
    case when u(k, 'dead') < 0.004 then 'yes' else 'no' end as deceased,
    case when email = 'test@test.com' then 'yes' else 'no' end as test,
    case when u(k, 'note') < 0.2 then pick(['Llamar por la tarde', 'Prefiere que le escriban',
        'Vino a la feria, quiere precios', 'Cliente de toda la vida; "muy fiel"',
        'Asked for a call back, mornings only'], u(k, 'note2')) end as comments
from records join known using (p)
where system = 'crm' and created_at < {before}
order by record_id
"""

SHOP = """
select record_id as customer_id, given as first_name,
    s1 || case when s2 is null or u(k, 'joined') < 0.5 then '' else ' ' || s2 end as last_name,
    case when u(k, 'joined') >= 0.5 then s2 end as last_name_2,
    email, phone, birth_date as birthday, address as address_line, postal_code as postcode, city,
    region as state, country as country_code, language as locale,
    iso_z(created_at) as registered_at, iso_z(updated_at) as updated_at,
    iso_z(updated_at) as last_login
from records where system = 'shop' order by record_id
"""

LOYALTY = """
select record_id as num_socio, case when shouts then upper(given) else given end as nombre,
    case when shouts then upper(s1) else s1 end as apellido1,
    case when shouts then upper(s2) else s2 end as apellido2,
    email as correo, phone as telefono, tax_id as dni,
    strftime(birth_date, '%d/%m/%Y') as fecha_nacimiento, address as domicilio,
    postal_code as cp, city as poblacion, region as provincia, country as pais,
    strftime(created_at, '%d/%m/%Y %H:%M:%S') as fecha_alta,
    strftime(updated_at, '%d/%m/%Y %H:%M:%S') as fecha_modif, store_of(p) as tienda_alta,
    case dice(p, 'tier', 6) when 0 then 'ORO' when 1 then 'PLATA' else 'BASE' end as nivel
from (select *, u(k, 'upper') < 0.6 as shouts from records where system = 'loyalty')
order by record_id
"""

MAILING = """
select record_id as subscriber_id, email as email_address,
    case when u(k, 'nameless') < 0.35 then null when u(k, 'nameless') < 0.6 then given
        else full_name end as name,
    phone, case when u(k, 'land2') < 0.5 then country end as country, language,
    case when x.p is not null then 'unsubscribed' when u(k, 'state') < 0.02 then 'bounced'
        when u(k, 'state') < 0.04 then 'pending' else 'subscribed' end as state,
    ['footer', 'checkout', 'popup', 'fair'][1 + dice(k, 'from', 4)] as signup_form,
    iso_z(r.created_at) as subscribed_at, iso_z(greatest(r.updated_at, x.moment)) as changed_at
from records r left join unsubscribed x on x.p = r.p and x.party_system = 'mailing'
where system = 'mailing' order by record_id
"""

LEADS = """
select record_id as lead_id, full_name as contact, email, phone, city, country as country_iso,
    language as lang, ['web form', 'fair', 'referral', 'phone', 'ads'][1 + dice(k, 'src', 5)]
        as origin,
    ['new', 'contacted', 'qualified', 'lost', 'converted'][1 + dice(k, 'state', 5)] as stage,
    getvariable('categories')[1 + dice(p, 'favourite', 8)] as interested_in,
    iso_z(created_at) as created, iso_z(updated_at) as modified,
    case when u(k, 'answered') < 0.8
        then iso_z(created_at + seconds(600 + 200000 * u(k, 'answer') ** 3)) end as first_reply,
    employee(p) as rep
from records where system = 'leadtool' order by record_id
"""

# Given at sign-up, and by some withdrawn later; who unsubscribed withdrew by that.
CONSENTS = """
with given as (
    select r.*, ch.channel, ch.number,
        case when system = 'mailing' then 1 else ch.chance end as chance
    from records r, (values ('email', 0, 0.75), ('phone', 1, 0.4), ('sms', 2, 0.35),
        ('post', 3, 0.15)) ch(channel, number, chance)
    where system = '{system}' and (number = 0 or system <> 'mailing')
), decided as (
    select *, u(hash(k, number), 'gives') < chance as gives,
        u(hash(k, number), 'takes back') < 0.06 as takes_back
    from given
), event as (
    select record_id, channel, 'granted' as status, created_at as moment, 0 as turn, number
    from decided where gives
    union all
    select record_id, channel, 'withdrawn', updated_at + seconds(60), 1, number
    from decided where gives and takes_back and updated_at > created_at
    union all
    select record_id, 'email', 'withdrawn', x.moment, 2, 0
    from records r join unsubscribed x on x.p = r.p and x.party_system = r.system
    where r.system = '{system}'
)
select 'K{letter}' || record_id || '-' || number || turn as id, record_id as person, channel,
    status, moment, ['web', 'store', 'form', 'call'][1 + dice(hash(record_id, number), 'origin', 4)]
        as origin
from event where moment < timestamp '{as_of} 00:00:00' order by moment, id
"""

HELPERS = """
create or replace macro employee(k) as
    ['e.soto', 'm.rey', 'l.vera', 'j.prado', 'a.font', 'r.cano'][1 + dice(k, 'employee', 6)];
create or replace macro account_of(p) as case when u(p, 'office') < 0.2
    then 'ACC-' || lpad((dice(p, 'account', {accounts}))::varchar, 6, '0') end
"""


def account_count(company: Company) -> int:
    """How many companies buy."""
    return max(3, company.people // 200)


def make_helpers(company: Company) -> None:
    """Define who owns what: employees and accounts."""
    text = HELPERS.replace("{accounts}", str(account_count(company)))
    for statement in text.split(";\n"):
        company.db.execute(statement)


def export_people(company: Company, out: Exporter) -> None:
    """Write the person sources as snapshots and all consents."""
    last = company.deliveries[-1]
    middle = company.start + timedelta(days=company.days // 2)
    for number, day in enumerate([middle, last]):
        before = f"(timestamp '{day + timedelta(days=1)} 00:00:00')"
        out.csv(
            "crm/crm_contacts",
            f"contacts_{day}.csv",
            CRM.replace("{before}", before),
            turn=(1 - number, 2),
        )
    out.csv("shop/shop_accounts", f"customers_{last}.csv", SHOP)
    out.csv(
        "loyalty/loyalty_members",
        f"socios_{last}.csv",
        LOYALTY,
        delimiter=";",
        encoding="latin-1",
    )
    out.jsonl("mailing/newsletter_subscribers", f"subscribers_{last}.jsonl", MAILING)
    out.csv("leadtool/leads", f"leads_{last}.csv", LEADS, delimiter="\t")
    for system, letter in [("crm", "C"), ("shop", "S"), ("loyalty", "L"), ("mailing", "M")]:
        _export_consents(company, out, system, letter)


def _export_consents(company: Company, out: Exporter, system: str, letter: str) -> None:
    query = CONSENTS.replace("{system}", system).replace("{letter}", letter)
    company.db.execute(f"create or replace temp table consent as {company.sql(query)}")
    turns = len(company.deliveries)
    for number, day in enumerate(company.deliveries):
        # What was given before the period came with the first delivery.
        rows = f"""from consent
            where greatest(month_index(moment), 0) = {number} order by moment, id"""
        place = f"{system}/consents"
        turn = (number, turns)
        if system == "loyalty":
            out.csv(
                place,
                f"consentimientos_{day}.csv",
                f"""select id as id_consentimiento, person as num_socio, case channel
                    when 'email' then 'CORREO' when 'phone' then 'TELEFONO' when 'sms' then 'SMS'
                    else 'POSTAL' end as canal, case status when 'granted' then 'S' else 'N' end
                    as acepta, strftime(moment, '%d/%m/%Y %H:%M:%S') as fecha, origin as origen
                    {rows}""",
                delimiter=";",
                encoding="latin-1",
                turn=turn,
            )
        elif system == "shop":
            out.jsonl(
                place,
                f"consents_{day}.jsonl",
                f"""select id as event_id, person as customer_id, channel, 'marketing' as purpose,
                    status = 'granted' as opted_in, iso_z(moment) as ts, origin as source {rows}""",
                turn=turn,
            )
        else:
            out.csv(
                place,
                f"consents_{day}.csv",
                f"""select id as consent_id, person as contact_id, channel,
                    'marketing' as purpose, status, iso_z(moment) as occurred_at, origin {rows}""",
                turn=turn,
            )
