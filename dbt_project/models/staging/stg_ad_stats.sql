-- Grain: one row per campaign, platform and day of paid media, as it was billed.
with latest as (
    {{ latest('ad_stats', ['campaign_id', 'platform', 'stat_date']) }}
)

select
    source_system,
    campaign_id,
    lower(trim(platform)) as platform,
    platform as platform_id,
    stat_date,
    impressions,
    reach,
    clicks,
    spend,
    coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency
from latest
