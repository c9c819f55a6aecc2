-- Grain: one row per day and channel, and one per day with channel ALL.
{{ sales_kpis('date', 'day') }}
