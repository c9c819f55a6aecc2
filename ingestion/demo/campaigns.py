"""Campaigns with variants, holdouts and a planted lift.

Everyone assigned to a campaign is put by dice into its list or its holdout. Those of the list who
would not have ordered within 30 days then do so with exactly the chance that makes the difference
of conversion between the arms, in expectation, the ``lift`` of the variant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from ingestion.demo.commerce import LAST_BASE_ORDER
from ingestion.demo.scratch import Company

CONVERSION_DAYS = 30
FIRST_CAMPAIGN_ORDER = LAST_BASE_ORDER + 50


@dataclass(frozen=True)
class Campaign:
    """One campaign; ``lifts`` is the absolute lift of conversion of each variant."""

    number: int
    name: str
    purpose: str
    owner: str
    response_route: str
    target_segment: str
    lifts: dict[str, float]
    steps: int
    share: float
    holdout: float
    channel: str = "email"
    starts_on: date = field(default=date.min)

    @property
    def campaign_id(self) -> str:
        return f"CMP-{self.number + 1:02d}"

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=7 * self.steps + 14)


PLANS = [
    ("Rebajas de enero", "activation", "e.soto", "shop", "all",
     {"A": 0.04, "B": 0.08}, 3, 0.75, 0.2),
    ("Bienvenida al club", "welcome", "l.vera", "till", "New Customers",
     {"A": 0.06}, 4, 0.6, 0.2),
    ("Vuelta de los perdidos", "winback", "e.soto", "shop", "Lost",
     {"A": 0.03, "B": 0.0}, 3, 0.7, 0.2),
    ("Día de la madre", "activation", "m.rey", "shop", "Loyal",
     {"A": 0.10, "B": 0.05}, 4, 0.75, 0.2),
    ("Encuesta y premio", "profiling", "l.vera", "form", "all",
     {"A": 0.0}, 2, 0.6, 0.25),
    ("Verano en casa", "cross_sell", "m.rey", "shop", "Potential Loyalist",
     {"A": 0.05, "B": 0.09}, 5, 0.75, 0.2),
    ("Aviso de puntos", "loyalty", "l.vera", "till", "Champions",
     {"A": 0.07}, 2, 0.65, 0.2),
    ("Vuelta al cole", "activation", "m.rey", "shop", "all",
     {"A": 0.05, "B": 0.07, "C": 0.0}, 4, 0.75, 0.2),
    ("Trae a un amigo", "referral_ask", "e.soto", "shop", "Champions",
     {"A": 0.02, "B": 0.04}, 3, 0.7, 0.2),
    ("Otoño sin envío", "activation", "e.soto", "shop", "all",
     {"A": 0.06, "B": 0.12}, 5, 0.75, 0.2),
]  # fmt: skip
SMS = 6
"""The campaign that goes out by text message."""


def plan(company: Company) -> list[Campaign]:
    """The campaigns, evenly placed over the period so that the last one's window closes in it."""
    room = max(company.days - CONVERSION_DAYS - 5, len(PLANS))
    return [
        Campaign(
            number,
            *fields,
            channel="sms" if number == SMS else "email",
            starts_on=company.start + timedelta(days=room * (2 * number + 1) // (2 * len(PLANS))),
        )
        for number, fields in enumerate(PLANS)
    ]


ASSIGNED = """
with reachable as (
    select p, case when mailing_from < {start_at} then 'mailing'
            when shop_from < {start_at} then 'shop' when loyalty_from < {start_at}
                and loyalty_email is not null then 'loyalty' end as party_system
    from known
)
select {c}::tinyint as c, r.p, r.party_system,
    case when x.p is not null then 'excluded' when u(r.p * 32 + {c}, 'consent') < 0.03
        then 'excluded' when u(r.p * 32 + {c}, 'arm') < {holdout} then 'holdout'
        else 'list' end as bucket,
    case when x.p is not null then 'unsubscribed' when u(r.p * 32 + {c}, 'consent') < 0.03
        then 'no_consent' end as reason,
    pick({variants}, u(r.p * 32 + {c}, 'variant')) as variant,
    {start_at} as assigned_at
from reachable r left join unsubscribed x on x.p = r.p
where r.party_system is not null and u(r.p * 32 + {c}, 'asked') < {share}
"""

# People who would have ordered anyway: a conversion is an identified order that stands.
CONVERTED = """
select distinct p from orders join known using (p)
where moment >= {start_at} and moment < {start_at} + interval {window} day
    and fate_of(o, channel) in (0, 4)
    and is_identified(o, channel, moment, loyalty_from, shop_from)
"""

EXTRA = """
insert into orders
select * replace (case channel when 0 then moment::date + seconds(34200 + dice(o, 'time', 41400))
    else moment::date + seconds(21600 + dice(o, 'time', 54000)) end as moment)
from (
    select a.p * 1000 + {first} + {c} as o, a.p,
        case when k.shop_from < {start_at} or k.loyalty_from is null
            or k.loyalty_from >= {start_at} or ps.country <> 'ES' then 1 else 0 end::tinyint
            as channel,
        {c}::tinyint as campaign,
        {start_at} + to_days((1 + dice(a.p * 32 + {c}, 'extraday', {window} - 2))::integer)
            as moment
    from assigned a join known k using (p) join persons ps using (p)
    where a.c = {c} and a.bucket = 'list' and a.variant = '{variant}'
        and a.p not in (select p from converted)
        and u(a.p * 32 + {c}, 'extra') < {chance}
)
"""

# Who leaves does so after the first message; later campaigns exclude them.
LEAVING = """
insert into unsubscribed
select p, {c}, assigned_at + seconds(7200 + dice(p * 32 + {c}, 'leftat', 80000)), party_system
from assigned where c = {c} and bucket = 'list' and u(p * 32 + {c}, 'leaves') < 0.012
    and u((p * 32 + {c}) * 8 + 1, 'bounced') >= 0.03
"""

IDENTIFIED = """
create or replace macro is_identified(o, channel, moment, loyalty_from, shop_from) as case
    when channel = 0 then coalesce(loyalty_from <= moment, false)
        and (o % 1000 >= {first} or u(o, 'card') < 0.9)
    else true end
"""


def make_campaigns(company: Company) -> list[Campaign]:
    """Make ``assigned`` and ``unsubscribed``, and insert the extra ``orders`` of each lift."""
    campaigns = plan(company)
    company.db.execute(IDENTIFIED.replace("{first}", str(FIRST_CAMPAIGN_ORDER)))
    company.db.execute(
        "create table unsubscribed (p bigint, c tinyint, moment timestamp, party_system varchar)"
    )
    for campaign in campaigns:
        values = {
            "c": str(campaign.number),
            "start_at": f"(timestamp '{campaign.starts_on} 07:00:00')",
            "holdout": str(campaign.holdout),
            "share": str(campaign.share),
            "variants": str(list(campaign.lifts)),
            "window": str(CONVERSION_DAYS),
            "first": str(FIRST_CAMPAIGN_ORDER),
        }
        assigned = _filled(ASSIGNED, values)
        if campaign.number:
            company.db.execute(f"insert into assigned {assigned}")
        else:
            company.make("assigned", assigned)
        company.db.execute(
            f"create or replace temp table converted as {_filled(CONVERTED, values)}"
        )
        natural = company.one(
            "select coalesce(avg((x.p is not null)::integer), 0) from assigned a "
            "left join converted x using (p) "
            f"where c = {campaign.number} and bucket <> 'excluded'"
        )
        for variant, lift in campaign.lifts.items():
            chance = lift / (1 - natural) if natural < 1 else 0
            company.db.execute(
                _filled(EXTRA, {**values, "variant": variant, "chance": repr(chance)})
            )
        company.db.execute(_filled(LEAVING, values))
    return campaigns


def _filled(query: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        query = query.replace("{" + name + "}", value)
    return query
