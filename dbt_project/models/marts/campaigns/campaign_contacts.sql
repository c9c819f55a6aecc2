-- Grain: one row per campaign that contacted somebody known: how many of its contacts were outside
-- its target segment, and how many lapsed customers it brought back, of those of whom it is known.
with customers as (
    select
        campaign_key,
        customer_id,
        count(*) as contacts,
        count(is_off_target) as judged_contacts,
        count(case when is_off_target then 1 end) as off_target_contacts,
        max(case when is_over and is_lapsed then 1 else 0 end) as lapsed_customers,
        max(case when is_over and is_lapsed and is_followed then 1 else 0 end)
            as reactivated_customers
    from {{ ref('int_campaign_contacts') }}
    group by campaign_key, customer_id
),

summed as (
    select
        campaign_key,
        {% for name in [
            'contacts', 'judged_contacts', 'off_target_contacts', 'lapsed_customers',
            'reactivated_customers'
        ] -%}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {% endfor -%}
        cast(count(*) as bigint) as customers
    from customers
    group by campaign_key
)

select
    summed.campaign_key,
    campaigns.source_system,
    campaigns.campaign_id,
    campaigns.target_segment,
    summed.customers,
    summed.contacts,
    summed.judged_contacts,
    summed.off_target_contacts,
    {{ ratio('summed.off_target_contacts', 'summed.judged_contacts') }} as off_target_rate,
    summed.lapsed_customers,
    summed.reactivated_customers,
    {{ ratio('summed.reactivated_customers', 'summed.lapsed_customers') }} as reactivation_rate
from summed
left join {{ ref('dim_campaigns') }} as campaigns
    on summed.campaign_key = campaigns.campaign_key
