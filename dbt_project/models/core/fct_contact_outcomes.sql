-- Grain: one row per outcome of a contact made from a list before as_of. It is of the campaign that
-- it names, else of its list's: callers tell the pull alone.
with lists as (
    select
        pull_id,
        min(campaign_id) as campaign_id
    from {{ ref('fct_audience_pulls') }}
    group by pull_id
),

outcomes as (
    select
        told.source_system,
        told.outcome_id,
        told.person_system,
        told.person_record_id,
        told.pull_id,
        coalesce(told.campaign_id, lists.campaign_id) as campaign_id,
        told.channel,
        told.outcome,
        told.occurred_at,
        {{ one_of("lower(trim(replace(told.outcome, '_', ' ')))", var('unanswered_outcomes')) }}
            as is_unanswered
    from {{ ref('stg_contact_outcomes') }} as told
    left join lists on told.pull_id = lists.pull_id
    where told.occurred_at < {{ as_of_at() }}
)

select
    {{ natural_key(['outcomes.source_system', 'outcomes.outcome_id']) }} as outcome_key,
    outcomes.source_system,
    outcomes.outcome_id,
    bindings.customer_id,
    -- A customer whose records have all left their sources is nobody any more.
    outcomes.person_record_id is not null
    and (outcomes.person_system <> 'cartera' or bindings.customer_id is not null)
        as is_identifiable,
    outcomes.pull_id,
    outcomes.campaign_id,
    {{ found('campaign_id', 'campaign_key') }} as campaign_key,
    outcomes.channel,
    outcomes.outcome,
    not outcomes.is_unanswered as is_answered,
    outcomes.occurred_at,
    {{ business_date('outcomes.occurred_at') }} as outcome_date
from outcomes
{{ bind_customer('outcomes') }}
{{ find('outcomes', 'dim_campaigns', 'campaign_id', 'campaign_key') }}
