-- Grain: one row per contact before as_of, in or out: a delivered message, an ad click and a
-- session of somebody known, a call, a visit, a fair, a chat, a service case.
select * from {{ ref('int_message_touches') }}
union all
select * from {{ ref('int_web_touches') }}
union all
select * from {{ ref('int_personal_touches') }}
