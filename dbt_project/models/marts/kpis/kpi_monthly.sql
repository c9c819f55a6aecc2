-- Grain: one row per month (its first day) and channel, and one per month with channel ALL.
{{ sales_kpis('month', 'month') }}
