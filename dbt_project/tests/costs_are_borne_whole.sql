-- What campaigns, media and contacts cost is borne by customers, or by nobody known, and is neither
-- lost nor doubled: one row per kind whose sums differ by more than rounding.
with borne as (
    select
        kind,
        sum(amount) as amount
    from {{ ref('fct_customer_costs') }}
    group by kind
),

spent as (
    select
        'contact' as kind,
        sum(cost) as amount
    from {{ ref('fct_touchpoints') }}
    union all
    select
        'media' as kind,
        sum(amount) as amount
    from {{ ref('int_media_costs') }}
)

select
    spent.kind,
    spent.amount as spent,
    borne.amount as borne
from spent
left join borne
    on spent.kind = borne.kind
where abs(coalesce(spent.amount, 0) - coalesce(borne.amount, 0)) > 0.05
