-- Grain: one row per customer, need and origin: what a customer wants, as they stated it (an answer
-- to a profile question, the interest of a lead), as a complaint shows it (its topic) or as they
-- behave (a category that they bought or looked at on several days of the window).
with stated as (
    select customer_id, need, answered_at as observed_at
    from {{ ref('fct_profile_answers') }}
    where
        is_current
        and need is not null
    union all
    select customer_id, interest as need, lead_at as observed_at
    from {{ ref('fct_leads') }}
    where interest is not null
),

complaints as (
    select customer_id, topic as need, opened_at as observed_at
    from {{ ref('fct_service_cases') }}
    where
        kind = 'complaint'
        and topic is not null
),

bought as (
    select
        orders.customer_id,
        products.category,
        orders.order_date as seen_date,
        orders.ordered_at as observed_at
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders
        on lines.order_key = orders.order_key
    inner join {{ ref('dim_products') }} as products
        on lines.product_key = products.product_key
    where not orders.is_fully_refunded
),

looked as (
    select
        customer_id,
        category,
        session_date as seen_date,
        first_viewed_at as observed_at
    from {{ ref('fct_web_product_views') }}
),

behaviour as (
    select
        customer_id,
        category as need,
        max(observed_at) as observed_at,
        count(distinct seen_date) as times
    from (
        select * from bought
        union all
        select * from looked
    ) as seen
    where
        category is not null
        and seen_date >= {{ days_before(as_of_date(), var('need_days')) }}
    group by customer_id, category
    having count(distinct seen_date) >= {{ var('need_min_days') }}
),

told as (
    {% for origin, events in {'stated': 'stated', 'complaint': 'complaints'}.items() -%}
    select
        customer_id,
        need,
        '{{ origin }}' as origin,
        max(observed_at) as observed_at,
        count(*) as times
    from {{ events }}
    group by customer_id, need
    union all
    {% endfor -%}
    select customer_id, need, 'behaviour' as origin, observed_at, times
    from behaviour
)

select
    {{ natural_key(['customer_id', 'origin', 'need']) }} as need_key,
    customer_id,
    need,
    origin,
    observed_at,
    cast(times as bigint) as times,
    -- What was said goes before what was seen; of what was seen, what was seen most.
    row_number() over (
        partition by customer_id
        order by
            case origin when 'stated' then 1 when 'complaint' then 2 else 3 end asc,
            case when origin = 'behaviour' then times end desc nulls last,
            observed_at desc nulls last,
            need asc
    ) = 1 as is_primary
from told
where customer_id is not null
