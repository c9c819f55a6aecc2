-- Grain: one row per lead with a date: what the person did after it. A lead that had ordered before
-- counts as a lead, and in no conversion.
with leads as (
    select * from {{ ref('fct_leads') }}
    where lead_at is not null
),

orders as (
    select customer_id, ordered_at, order_date
    from {{ ref('fct_orders') }}
    where
        customer_id is not null
        and not is_fully_refunded
),

ordered as (
    select
        leads.lead_key,
        count(case when orders.ordered_at < leads.lead_at then 1 end) > 0 as was_buyer,
        min(case when orders.ordered_at >= leads.lead_at then orders.order_date end)
            as next_order_date
    from leads
    inner join orders
        on leads.customer_id = orders.customer_id
    group by leads.lead_key
),

quoted as (
    select
        leads.lead_key,
        min(quotes.quote_date) as quote_date,
        max(case when quotes.status = 'won' then 1 else 0 end) = 1 as is_won
    from leads
    inner join {{ ref('fct_quotes') }} as quotes
        on
            leads.customer_id = quotes.customer_id
            and leads.lead_at <= quotes.quoted_at
    group by leads.lead_key
)

select
    leads.lead_key,
    cast({{ dbt.date_trunc('month', 'leads.lead_date') }} as date) as month_start,
    coalesce(ordered.was_buyer, false) as was_buyer,
    quoted.lead_key is not null as is_quoted,
    coalesce(quoted.is_won, false) as is_won,
    ordered.next_order_date is not null as is_ordered,
    coalesce(
        {{ dbt.datediff('leads.lead_date', 'ordered.next_order_date', 'day') }}
        <= {{ var('lead_conversion_days') }},
        false
    ) as is_ordered_soon,
    {{ dbt.datediff('leads.lead_date', 'quoted.quote_date', 'day') }} as days_to_quote,
    case
        when leads.first_response_at >= leads.lead_at
            then {{ ratio(
                dbt.datediff('leads.lead_at', 'leads.first_response_at', 'second'), 3600
            ) }}
    end as response_hours
from leads
left join ordered
    on leads.lead_key = ordered.lead_key
left join quoted
    on leads.lead_key = quoted.lead_key
