{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'fct_trips'}}}) }}
-- Joining trips to their orders or postings doubles cents; dropping trips without a start loses them. Every cent of
-- the current lines is in fct_trips or in audit.orphans.
with

posted as (

    select
        coalesce(sum(amount_usd) filter (where event_type = 'pay_posted'), 0) as pay_usd,
        coalesce(sum(amount_usd) filter (where event_type = 'toll_charged'), 0) as toll_usd
    from {{ ref('stg_trips') }}

),

kept as (

    select
        gross_usd as pay_usd,
        toll_usd
    from {{ ref('fct_trips') }}
    union all
    select
        pay_usd,
        toll_usd
    from {{ ref('orphans') }}

),

summed as (

    select
        coalesce(sum(pay_usd), 0) as pay_usd,
        coalesce(sum(toll_usd), 0) as toll_usd
    from kept

)

select
    posted.pay_usd as pay_posted_usd,
    summed.pay_usd as pay_kept_usd,
    posted.toll_usd as toll_posted_usd,
    summed.toll_usd as toll_kept_usd
from posted
cross join summed
where posted.pay_usd <> summed.pay_usd or posted.toll_usd <> summed.toll_usd
