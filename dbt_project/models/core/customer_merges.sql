-- Grain: one row per customer_id that was merged into another; every id ever published resolves.
select
    old_customer_id,
    current_customer_id,
    valid_from
from {{ source('identity', 'customer_merges') }}
