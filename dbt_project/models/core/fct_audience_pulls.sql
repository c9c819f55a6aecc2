-- Grain: one row per pull and customer that matched: on the list, held out or excluded.
-- Two records of one customer in a pull are two rows, of which one counts; a customer in both arms
-- says so.
with pulls as (
    select
        pulls.*,
        bindings.customer_id
    from {{ ref('stg_audience_pulls') }} as pulls
    {{ bind_customer('pulls') }}
    where pulls.pulled_at < {{ as_of_at() }}
)

select
    -- A number instead of the person's id, which has no place in the warehouse.
    source_system || '|' || pull_id || '|' || cast(
        row_number() over (
            partition by source_system, pull_id order by person_system, person_record_id
        ) as string
    ) as pull_key,
    source_system,
    pull_id,
    audience,
    campaign_id,
    variant,
    bucket,
    reason,
    channel,
    purpose,
    holdout_percent,
    pulled_at,
    customer_id,
    -- A customer whose records have all left their sources is nobody any more.
    person_record_id is not null and (person_system <> 'cartera' or customer_id is not null)
        as is_identifiable,
    customer_id is not null
    and row_number() over (
        partition by pull_id, bucket, customer_id
        order by pulled_at, source_system, person_system, person_record_id
    ) = 1 as is_counted,
    customer_id is not null
    and max(case when bucket = 'list' then 1 else 0 end) over campaign
    + max(case when bucket = 'holdout' then 1 else 0 end) over campaign = 2 as is_in_both_arms
from pulls
window campaign as (
    partition by coalesce(campaign_id, source_system || '|' || pull_id), customer_id
)
