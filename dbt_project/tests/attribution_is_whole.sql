-- Orders of which a model's credits do not sum to 1, or their money not to the order's.
with credits as (
    select
        order_key,
        model,
        sum(credit) as credit,
        sum(revenue_credit) as revenue,
        sum(contribution_credit) as contribution
    from {{ ref('attribution_credits') }}
    group by order_key, model
)

select
    credits.order_key,
    credits.model
from credits
left join {{ ref('fct_orders') }} as orders
    on credits.order_key = orders.order_key
where
    credits.credit <> 1
    or credits.revenue is distinct from orders.net_revenue
    or credits.contribution is distinct from orders.contribution
