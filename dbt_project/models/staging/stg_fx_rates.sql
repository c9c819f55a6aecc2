-- Grain: one row per currency and day. A rate stays good until the next one, for at most
-- fx_max_age_days: markets close at weekends.
with latest as (
    {{ latest('fx_rates', ['currency', 'rate_date']) }}
),

rates as (
    select
        upper(currency) as currency,
        rate_date,
        max(rate) as rate
    from latest
    where
        upper(reporting_currency) = '{{ var("reporting_currency") }}'
        and rate > 0
    group by upper(currency), rate_date
),

dated as (
    select
        *,
        lead(rate_date) over (partition by currency order by rate_date) as next_date
    from rates
),

ages as (
    {% for age in range(var('fx_max_age_days') + 1) -%}
    select {{ age }} as age
    {%- if not loop.last %} union all {% endif %}
    {% endfor %}
)

select
    dated.currency,
    {{ dbt.dateadd('day', 'ages.age', 'dated.rate_date') }} as valid_on,
    dated.rate,
    dated.rate_date as fx_date
from dated
cross join ages
where
    dated.next_date is null
    or {{ dbt.dateadd('day', 'ages.age', 'dated.rate_date') }} < dated.next_date
