-- Grain: one row per customer and rank up to next_questions: the profile questions to ask next.
-- First those of the seed profile_questions whose attribute is unknown, then those that the
-- company asks anyway; never one that was answered.
with customers as (
    select * from {{ ref('dim_customers') }}
    where
        not is_deceased
        and not is_test
),

answers as (
    select customer_id, question, has_answer
    from {{ ref('fct_profile_answers') }}
    where is_current
),

seeded as (
    select question, attribute, priority from {{ ref('profile_questions') }}
),

asked as (
    select distinct answers.question
    from {{ ref('fct_profile_answers') }} as answers
    left join seeded
        on answers.question = seeded.question
    where seeded.question is null
),

questions as (
    select question, attribute, priority from seeded
    union all
    select question, cast(null as string) as attribute, 1000 as priority from asked
),

open_questions as (
    select
        customers.customer_id,
        questions.question,
        questions.attribute,
        row_number() over (
            partition by customers.customer_id
            order by questions.priority, questions.question
        ) as place
    from customers
    cross join questions
    left join answers
        on
            customers.customer_id = answers.customer_id
            and questions.question = answers.question
            and answers.has_answer
    where
        answers.question is null
        and case questions.attribute
            when 'email' then not customers.has_email
            when 'phone' then not customers.has_phone
            when 'name' then not customers.has_name
            when 'birth_date' then not customers.has_birth_date
            when 'address' then not customers.has_address
            when 'language' then customers.language is null
            when 'preferred_channel' then customers.preferred_channel is null
            else true
        end
)

select
    customer_id,
    cast(place as integer) as rank,
    question,
    attribute
from open_questions
where place <= {{ var('next_questions') }}
