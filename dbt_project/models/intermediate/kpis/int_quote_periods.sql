-- Grain: one row per complete period with a quote made in it: what became of its quotes by as_of.
-- One that was opened again is open.
with quotes as (
    select
        months.period_kind,
        months.period_start,
        quotes.status,
        quotes.amount,
        orders.order_key is not null as is_ordered,
        case
            when quotes.status = 'won'
                then {{ dbt.datediff('quotes.quote_date', 'quotes.decided_date', 'day') }}
        end as days_to_win,
        {{ dbt.datediff('quotes.decided_date', 'orders.order_date', 'day') }} as days_to_order
    from {{ ref('fct_quotes') }} as quotes
    inner join {{ ref('int_period_months') }} as months
        on cast({{ dbt.date_trunc('month', 'quotes.quote_date') }} as date) = months.month_start
    left join {{ ref('fct_orders') }} as orders
        on
            quotes.order_key = orders.order_key
            and not orders.is_fully_refunded
    where not months.is_previous
)

select
    period_kind,
    period_start,
    count(*) as quotes,
    count(case when status = 'won' then 1 end) as won_quotes,
    count(case when status = 'lost' then 1 end) as lost_quotes,
    count(case when status <> 'open' then 1 end) as decided_quotes,
    count(case when status = 'open' then 1 end) as open_quotes,
    count(case when is_ordered then 1 end) as ordered_quotes,
    coalesce(sum(case when status = 'open' then amount end), 0) as open_value,
    {{ percentile(0.5, 'days_to_win') }} as days_to_win_median,
    {{ percentile(0.9, 'days_to_win') }} as days_to_win_p90,
    {{ percentile(0.5, 'days_to_order') }} as days_to_order_median,
    {{ percentile(0.9, 'days_to_order') }} as days_to_order_p90
from quotes
group by period_kind, period_start
