"""What the mailing tool, the ad platforms and Cartera itself know about campaigns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from ingestion.demo.campaigns import Campaign
from ingestion.demo.scratch import Company, sql_literal
from ingestion.demo.write import Exporter

PARTY_ID = """case a.party_system when 'mailing' then k.mailing_id when 'shop' then k.shop_id
    else k.loyalty_id end"""

# mk: one message of one step. A fifth of a percent complains, one in a hundred leaves for good.
EVENTS = """
with message as (
    select (a.p * 32 + a.c) * 8 + step as mk, a.*, step, {party} as contact_id,
        assigned_at + to_days((7 * (step - 1))::integer)
            + seconds(dice((a.p * 32 + a.c) * 8 + step, 'sent', 5400)) as sent_at,
        x.moment as left_at
    from assigned a join known k using (p) left join unsubscribed x on x.p = a.p and x.c = a.c,
        range(1, {steps} + 1) t(step)
    where a.c = {c} and bucket = 'list' and (step = 1 or x.p is null)
), reached as (
    select *, u(mk, 'bounced') >= 0.03 as is_delivered, u(mk, 'bounced') < 0.01 as is_hard,
        (u(mk, 'opened') < 0.38 and '{channel}' = 'email') or left_at is not null as is_opened,
        u(mk, 'clicked') < 0.14 as clicks, u(mk, 'complained') < 0.002 as complains
    from message
), event as (
    select *, case n when 0 then 'sent' when 1 then 'delivered' when 2 then 'bounce'
            when 3 then 'hard_bounce' when 4 then 'open' when 5 then 'click'
            when 6 then 'unsubscribe' else 'complaint' end as event_type,
        case n when 6 then left_at else sent_at + seconds(case n when 0 then 0 when 1 then 4
            when 2 then 9 when 3 then 9
            else 60 + 150000 * u(mk, 'reads') ** 4 + 40 * (n - 4) end) end as moment
    from reached, range(8) t(n)
    where n = 0 or (n = 1 and is_delivered) or (n = 2 and not is_delivered and not is_hard)
        or (n = 3 and is_hard) or (n = 4 and is_delivered and is_opened)
        or (n = 5 and is_delivered and clicks and (is_opened or '{channel}' = 'sms'))
        or (n = 6 and left_at is not null)
        or (n = 7 and is_delivered and is_opened and complains)
)
select 'M' || scramble(mk, 12) as message_id,
    case party_system when 'mailing' then 'newsletter' when 'shop' then 'webshop' else 'club' end
        as list_name,
    contact_id, '{campaign_id}' as campaign, variant, step::integer as step,
    '{channel}' as channel, event_type as event, moment as event_at,
    '{name} (' || step || ')' as subject,
    case when n = 5 then 'https://tienda.example/?utm_source=newsletter&utm_medium={channel}'
        || '&utm_campaign={campaign_id}' end as link
from event where moment < timestamp '{as_of} 00:00:00' - interval 2 hour
"""

PULL = """
select 'PULL-{campaign_id}' as pull_id, a.party_system, {party} as party_id,
    lower(replace('{segment}', ' ', '_')) as audience, '{campaign_id}' as campaign_id,
    variant, bucket, reason, '{channel}' as channel, '{purpose}' as purpose,
    iso_z(assigned_at) as pulled_at, '{owner}' as pulled_by,
    '{holdout_percent}' as holdout_percent
from assigned a join known k using (p) where a.c = {c} order by a.party_system, party_id
"""

OUTCOMES = """
select 'OUT' || scramble(a.p * 32 + a.c, 10) as outcome_id, a.party_system,
    {party} as party_id, 'PULL-CMP-' || lpad((a.c + 1)::varchar, 2, '0') as pull_id,
    'CMP-' || lpad((a.c + 1)::varchar, 2, '0') as campaign_id,
    pick(['reached', 'reached', 'no_answer', 'no_answer', 'interested', 'not_interested',
        'wrong_address', 'converted', 'opt_out'], u(a.p * 32 + a.c, 'outcome')) as outcome,
    iso_z(assigned_at + seconds(90000 + dice(a.p * 32 + a.c, 'called', 900000))) as occurred_at,
    'phone' as channel
from assigned a join known k using (p)
where bucket = 'list' and u(a.p * 32 + a.c, 'called?') < 0.02
    and assigned_at + interval 13 day < timestamp '{as_of} 00:00:00'
order by occurred_at, outcome_id
"""

# Three lasting ad campaigns, on two platforms; the third has no owner and no target.
AD_CAMPAIGNS = """
select 'ADS-0' || (1 + a) as campaign_id, ['Marca', 'Catálogo', 'Remarketing'][1 + a] as name,
    'acquisition' as objective, ['m.rey', 'm.rey', null][1 + a] as manager,
    ['all', 'Promising', null][1 + a] as audience,
    strftime(date '{start}', '%m/%d/%Y') as first_day from range(3) t(a) order by a
"""

AD_STATS = """
select 'ADS-0' || (1 + a) as campaign_id, ['google', 'meta'][1 + b] as platform,
    strftime(date '{start}' + d::integer, '%m/%d/%Y') as day,
    ({people} / 20 + {people} / 2 * u(key, 'shown'))::bigint + 100 as impressions,
    (({people} / 20 + {people} / 2 * u(key, 'shown')) * 0.7)::bigint + 60 as reach,
    (({people} / 20 + {people} / 2 * u(key, 'shown')) * 0.015)::bigint + 1 as clicks,
    printf('%.2f', ({people} / 20 + {people} / 2 * u(key, 'shown')) * 0.004 + 1) as spend,
    case b when 0 then 'EUR' else 'USD' end as currency
from (
    select d, a, b, d * 8 + a * 2 + b as key from range({days}) t(d), range(3) r(a), range(2) q(b)
)
where date '{start}' + d::integer between date '{first}' and date '{last}'
order by d, a, b
"""


def export_campaigns(
    company: Company, out: Exporter, campaigns: list[Campaign], say: Callable[[str], None]
) -> None:
    """Write campaigns, messages, pulls, outcomes, ad figures and costs."""
    last = company.deliveries[-1]
    out.csv("mailing/campaigns", f"campaigns_{last}.csv", _campaigns_query(campaigns))
    for campaign in campaigns:
        values = {
            "c": str(campaign.number),
            "campaign_id": campaign.campaign_id,
            "name": campaign.name.replace("'", "''"),
            "segment": campaign.target_segment,
            "channel": campaign.channel,
            "purpose": campaign.purpose,
            "owner": campaign.owner,
            "steps": str(campaign.steps),
            "holdout_percent": f"{campaign.holdout * 100:.12g}",
            "party": PARTY_ID,
        }
        out.csv(
            "cartera/audience_pulls",
            f"pull_{campaign.campaign_id}_{campaign.starts_on}.csv",
            _filled(PULL, values),
            turn=(campaign.number, len(campaigns)),
        )
        company.db.execute(
            "create or replace temp table message_events as " + company.sql(_filled(EVENTS, values))
        )
        for number, day in enumerate(company.deliveries):
            rows = f"from message_events where month_index(event_at) = {number}"
            if company.one(f"select count(*) {rows}"):
                out.parquet(
                    "mailing/campaign_messages",
                    f"events_{campaign.campaign_id}_{day}.parquet",
                    f"select * {rows} order by event_at, message_id, event",
                )
        say(f"messages {campaign.number + 1}/{len(campaigns)}: {campaign.name}")
    out.csv(
        "cartera/contact_outcomes", f"outcomes_{last}.csv", OUTCOMES.replace("{party}", PARTY_ID)
    )
    for number, day in enumerate(company.deliveries):
        first = company.one(f"select first_day from deliveries where delivery = {number}")
        stats = AD_STATS.replace("{first}", str(first)).replace("{last}", str(day))
        out.csv("ads/ad_stats", f"ads_{day}.csv", stats, turn=(number, len(company.deliveries)))
    out.csv("ads/campaigns", f"ad_campaigns_{last}.csv", AD_CAMPAIGNS)
    out.csv("ads/campaign_costs", f"costs_{last}.csv", _costs_query(company, campaigns))


def lifts(campaigns: list[Campaign]) -> list[tuple[str, str, float]]:
    """The planted lifts: (campaign_id, variant, absolute difference of conversion)."""
    return [(c.campaign_id, v, lift) for c in campaigns for v, lift in c.lifts.items()]


def _campaigns_query(campaigns: list[Campaign]) -> str:
    rows = [
        (
            c.campaign_id, c.name, c.channel, c.purpose, c.owner, c.response_route,
            c.target_segment, "|".join(c.lifts), c.steps, f"{c.starts_on}T07:00:00Z",
            f"{c.ends_on}T22:00:00Z",
        )
        for c in campaigns
    ]  # fmt: skip
    columns = (
        "id, name, channel, purpose, owner, response_route, segment, variants, steps, "
        "starts_at, ends_at"
    )
    return _values(rows, columns)


def _costs_query(company: Company, campaigns: list[Campaign]) -> str:
    rows: list[tuple[object, ...]] = []
    for c in campaigns:
        sizes = {
            "creative": 400 + 50 * c.number,
            "tool": company.people * c.share * c.steps * 0.004,
            "incentive": company.people * c.share * 0.02,
            "staff": 300,
        }
        for n, (kind, amount) in enumerate(sizes.items()):
            day = min(c.starts_on + timedelta(days=n), company.deliveries[-1])
            rows.append((f"{c.campaign_id}-{n}", c.campaign_id, f"{day:%m/%d/%Y}", kind,
                         f"{amount:.2f}", "EUR"))  # fmt: skip
    return _values(rows, "cost_id, campaign, cost_day, cost_type, amount, currency")


def _values(rows: Sequence[tuple[object, ...]], columns: str) -> str:
    """A query that yields literal rows."""
    literals = ", ".join(f"({', '.join(map(sql_literal, row))})" for row in rows)
    return f"select * from (values {literals}) t({columns})"


def _filled(query: str, values: dict[str, str]) -> str:
    for name in ("party", *values):
        query = query.replace("{" + name + "}", values[name])
    return query
