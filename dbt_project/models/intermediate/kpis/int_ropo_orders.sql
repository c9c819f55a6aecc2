-- Grain: one row per order that was kept, in a store or online: whether its customer had looked at
-- what it holds on the web before a store order (ROPO), or in a store before an online one
-- (showrooming).
with orders as (
    select
        order_key,
        customer_id,
        ordered_at,
        order_date,
        channel,
        net_revenue
    from {{ ref('fct_orders') }}
    where
        not is_fully_refunded
        and channel in ('store', 'online')
),

-- An order whose lines nobody told is of no category, but may follow a visit about none.
contents as (
    select
        orders.order_key,
        orders.customer_id,
        orders.ordered_at,
        orders.channel,
        lines.product_id,
        lines.category
    from orders
    left join {{ ref('int_sold_lines') }} as lines
        on orders.order_key = lines.order_key
    where orders.customer_id is not null
),

views as (
    select customer_id, product_id, category, first_viewed_at as looked_at
    from {{ ref('fct_web_product_views') }}
    where customer_id is not null
),

ropo as (
    select distinct contents.order_key
    from contents
    inner join views
        on
            contents.customer_id = views.customer_id
            and contents.ordered_at > views.looked_at
            and contents.ordered_at
            <= {{ dbt.dateadd('day', var('ropo_days'), 'views.looked_at') }}
    where
        contents.channel = 'store'
        and (contents.product_id = views.product_id or contents.category = views.category)
),

showroomed as (
    select distinct contents.order_key
    from contents
    inner join {{ ref('int_store_looks') }} as looks
        on
            contents.customer_id = looks.customer_id
            and contents.ordered_at > looks.looked_at
            and contents.ordered_at
            <= {{ dbt.dateadd('day', var('ropo_days'), 'looks.looked_at') }}
    where
        contents.channel = 'online'
        and coalesce(contents.category = looks.category, looks.category is null)
)

select
    orders.*,
    cast({{ dbt.date_trunc('month', 'orders.order_date') }} as date) as month_start,
    ropo.order_key is not null as is_ropo,
    showroomed.order_key is not null as is_showroomed
from orders
left join ropo
    on orders.order_key = ropo.order_key
left join showroomed
    on orders.order_key = showroomed.order_key
