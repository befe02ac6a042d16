with

local_dates as (

    select
        market_id,
        placed_date as local_date
    from {{ ref('fct_deliveries') }}
    union all
    select
        market_id,
        delivered_date as local_date
    from {{ ref('fct_deliveries') }}
    union all
    select
        market_id,
        sent_date as local_date
    from {{ ref('fct_offers') }}
    union all
    select
        market_id,
        trip_date as local_date
    from {{ ref('fct_trips') }}

),

spans as (

    select
        market_id,
        min(local_date) as first_date,
        max(local_date) as last_date
    from local_dates
    where market_id is not null and local_date is not null
    group by market_id

),

days as (

    select
        spans.market_id,
        days.calendar_date
    from spans
    cross join {{ days_from_to('spans.first_date', 'spans.last_date') }}

)

select
    market_id,
    calendar_date,
    {{ week_start('calendar_date') }} as week_start_date,
    {{ month_start('calendar_date') }} as month_start_date,
    {{ weekday('calendar_date') }} as weekday,
    {{ weekday('calendar_date') }} >= 6 as is_weekend
from days
