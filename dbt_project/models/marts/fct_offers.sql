with

offers as (

    select * from {{ ref('int_offers') }}
    where sent_at is not null

),

sites as (

    select * from {{ ref('dim_site') }}

),

markets as (

    select * from {{ ref('dim_market') }}

),

offers_log as (

    select cut from {{ ref('logs') }}
    where log = 'offers'

),

decided as (

    select
        offers.*,
        sites.market_id,
        sites.offer_type,
        {{ hours_between('offers.block_starts_at', 'offers.block_ends_at') }} as block_hours,
        {{ local_date('offers.sent_at', 'markets.time_zone') }} as sent_date,
        case
            when offers.answer is not null then offers.answer
            when coalesce(offers.expires_at, offers.block_starts_at) <= offers_log.cut then 'expired'
            else 'pending'
        end as outcome
    from offers
    cross join offers_log
    left join sites on offers.site_id = sites.site_id
    left join markets on sites.market_id = markets.market_id

),

measured as (

    select
        *,
        outcome = 'accepted' as is_accepted,
        case when outcome in ('accepted', 'declined') then {{ duration_seconds('sent_at', 'answered_at') }} end
            as seconds_to_answer,
        case when outcome = 'accepted' then {{ minutes_between('forfeited_at', 'block_starts_at') }} end
            as forfeit_notice_minutes
    from decided

)

select
    offer_id,
    block_id,
    driver_key,
    market_id,
    site_id,
    offer_type,
    wave,
    sent_at,
    expires_at,
    block_starts_at,
    block_ends_at,
    block_hours,
    pay_usd,
    {{ usd(ratio('pay_usd', 'block_hours')) }} as pay_per_hour_usd,
    sent_date,
    answered_at,
    seconds_to_answer,
    outcome,
    withdrawn_reason,
    outcome in ('accepted', 'declined', 'expired') as is_at_risk,
    is_accepted,
    case when is_accepted then forfeited_at end as forfeited_at,
    forfeit_notice_minutes,
    case when is_accepted then coalesce(forfeit_notice_minutes < 45, false) end as is_late_forfeit,
    case when is_accepted then is_no_show end as is_no_show
from measured
