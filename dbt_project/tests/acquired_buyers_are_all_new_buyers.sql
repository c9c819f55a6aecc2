-- Months in which the channels brought another number of buyers than there were new ones.
with acquired as (
    select month, sum(new_buyers) as new_buyers
    from {{ ref('acquisition') }}
    where channel not in ('ALL', 'PAID')
    group by month
),

new_buyers as (
    select month, new_buyers
    from {{ ref('kpi_monthly') }}
    where
        channel = 'ALL'
        and is_complete
)

select
    new_buyers.month,
    new_buyers.new_buyers,
    acquired.new_buyers as acquired_buyers
from new_buyers
left join acquired
    on new_buyers.month = acquired.month
where new_buyers.new_buyers <> coalesce(acquired.new_buyers, 0)
