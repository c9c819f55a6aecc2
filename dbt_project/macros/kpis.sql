{# Base measures of sales by period and channel, with a row ALL over the channels.
   ``period`` is the name of the period's column, ``grain`` what the date is cut to. #}
{% macro sales_kpis(period, grain) -%}
with orders as (
    select
        *,
        cast({{ dbt.date_trunc(grain, 'order_date') }} as date) as period
    from {{ ref('fct_orders') }}
),

refunds as (
    select
        *,
        cast({{ dbt.date_trunc(grain, 'refund_date') }} as date) as period
    from {{ ref('fct_refunds') }}
),

-- A customer is new in the period and channel of the first order that was kept.
firsts as (
    select
        order_key,
        row_number() over (partition by customer_id order by ordered_at, order_key) = 1 as is_first
    from orders
    where
        customer_id is not null
        and not is_fully_refunded
),

flagged as (
    select
        orders.*,
        coalesce(firsts.is_first, false) as is_first
    from orders
    left join firsts
        on orders.order_key = firsts.order_key
),

sales as (
    select
        period,
        coalesce(channel, 'ALL') as channel,
        count(case when not is_fully_refunded then 1 end) as orders,
        count(case when not is_fully_refunded and customer_id is not null then 1 end)
            as identified_orders,
        count(distinct case when not is_fully_refunded then customer_id end) as buyers,
        count(case when is_first then 1 end) as new_buyers,
        sum(gross_revenue) as gross_revenue,
        sum(discount) as discount,
        sum(revenue) as revenue_by_order_date,
        sum(case when not is_fully_refunded then revenue end) as kept_revenue,
        count(case when not is_fully_refunded then revenue end) as rated_orders,
        -- What an order refunded in full cost remains, and what was given back beyond what was paid.
        sum(net_revenue) as net_revenue,
        sum(contribution) as contribution
    from flagged
    group by grouping sets ((period, channel), (period))
),

returns as (
    select
        period,
        coalesce(channel, 'ALL') as channel,
        sum(amount) as refunds_booked
    from refunds
    group by grouping sets ((period, channel), (period))
)

select
    coalesce(sales.period, returns.period) as {{ period }},
    coalesce(sales.channel, returns.channel) as channel,
    cast(coalesce(sales.orders, 0) as bigint) as orders,
    cast(coalesce(sales.identified_orders, 0) as bigint) as identified_orders,
    cast(coalesce(sales.buyers, 0) as bigint) as buyers,
    cast(coalesce(sales.new_buyers, 0) as bigint) as new_buyers,
    cast(coalesce(sales.gross_revenue, 0) as decimal(18, 2)) as gross_revenue,
    cast(coalesce(sales.discount, 0) as decimal(18, 2)) as discount,
    cast(coalesce(sales.revenue_by_order_date, 0) as decimal(18, 2)) as revenue_by_order_date,
    cast(coalesce(returns.refunds_booked, 0) as decimal(18, 2)) as refunds_booked,
    cast(coalesce(sales.kept_revenue, 0) as decimal(18, 2)) as kept_revenue,
    cast(coalesce(sales.rated_orders, 0) as bigint) as rated_orders,
    cast(coalesce(sales.net_revenue, 0) as decimal(18, 2)) as net_revenue,
    cast(coalesce(sales.contribution, 0) as decimal(18, 2)) as contribution,
    {{ ratio('sales.identified_orders', 'sales.orders') }} as identification_rate,
    -- Of the orders that were kept and whose rate is known, above and below the line.
    {{ ratio('sales.kept_revenue', 'sales.rated_orders') }} as average_order_value,
    {{ dbt.dateadd(grain, 1, 'coalesce(sales.period, returns.period)') }} <= {{ as_of_date() }}
        as is_complete
from sales
full outer join returns
    on
        sales.period = returns.period
        and sales.channel = returns.channel
{%- endmacro %}

{# Columns of ``relation`` as rows: one measure each, of a period and a member of a dimension. #}
{% macro as_measures(relation, names, period_kind='period_kind', period_start='period_start',
                     dimension='dimension', member='member') -%}
    {% for name in names -%}
    select
        {{ period_kind }} as period_kind,
        {{ period_start }} as period_start,
        {{ dimension }} as dimension,
        {{ member }} as member,
        '{{ name }}' as measure,
        cast({{ name }} as double) as amount
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}

{# The value under which a share of the values lies, between the two next ones by their distance;
   NULL of nothing. #}
{% macro percentile(share, expression) -%}
    percentile_cont({{ share }}) within group (order by {{ expression }})
{%- endmacro %}

{# Channels of paid media: those of the seed, and the platforms of ads. #}
{% macro paid_channels() -%}
    select media_channel as channel from {{ ref('media_channels') }}
    union
    select platform as channel from {{ ref('fct_ad_stats') }}
    where platform is not null
{%- endmacro %}
