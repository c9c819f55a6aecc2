"""Who was held out of campaigns, beside the share that was meant to be.

Everybody is held out by a draw of their own, whose chance is the percent of the pull in which the
campaign first met them. So of n people whose chances average p, a share x is further off than
chance explains if n * KL(x, p) > ln(1 / false alarms): a bound that holds for every n and p,
however the chances differ (Hoeffding, "Probability inequalities for sums of bounded random
variables", 1963, theorem 1). No list is too small for it: it only says less of small ones.
"""

from __future__ import annotations

from math import log

from expectations.rules import Rule, no_rows

# A clean campaign is taken for a spoiled one this seldom, at most; it is asked again every day.
_FALSE_ALARM = 1e-6
# Chances of 0 and 1, for which there is no logarithm.
_NEVER = 1e-15

# Later pulls of a campaign tell less: caps bar whom it listed, and not whom it held out. So each
# customer counts once, as first met; one whom a limit cut off the list was drawn for it.
_OFF_BY_MORE_THAN_CHANCE = f"""
    with met as (
        select
            source_system,
            coalesce(campaign_id, audience) as campaign,
            holdout_percent,
            bucket = 'holdout' as is_held_out
        from warehouse.core.fct_audience_pulls
        where customer_id is not null
            and (
                bucket in ('list', 'holdout') or (bucket = 'excluded' and reason = 'over_limit')
            )
        qualify row_number() over (
            partition by source_system, coalesce(campaign_id, audience), customer_id
            order by pulled_at, pull_key
        ) = 1
    ),
    campaigns as (
        select
            source_system,
            campaign,
            count(*) as customers,
            avg(holdout_percent) / 100 as meant,
            avg(is_held_out::int) as held_out,
            greatest({_NEVER}, least(1 - {_NEVER}, meant)) as p,
            greatest({_NEVER}, least(1 - {_NEVER}, held_out)) as x
        from met
        where holdout_percent is not null
        group by all
    )
    select
        source_system,
        campaign,
        customers,
        round(100 * meant, 2) as percent_meant,
        round(100 * held_out, 2) as percent_held_out
    from campaigns
    where customers * (x * ln(x / p) + (1 - x) * ln((1 - x) / (1 - p))) > {-log(_FALSE_ALARM)}
    order by all
"""

RULES: list[Rule] = [
    no_rows(
        "holdout_as_meant",
        severity="warning",
        table="warehouse.core.fct_audience_pulls",
        sql=_OFF_BY_MORE_THAN_CHANCE,
        reason="Of a campaign another share was held out than was meant, by more than chance "
        "explains.",
        remedy="Do not trust its lift: see in `cartera audience history AUDIENCE` which pull is "
        "off, and whether its record was changed or only a part of it landed.",
    ),
]
