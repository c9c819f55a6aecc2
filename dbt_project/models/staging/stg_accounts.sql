-- Grain: one row per company of a system.
with latest as (
    {{ latest('accounts', ['account_id']) }}
)

select
    source_system,
    account_id,
    name,
    industry,
    city,
    upper(trim(country)) as country,
    owner,
    tax_id is not null as has_tax_id,
    created_at,
    updated_at
from latest
