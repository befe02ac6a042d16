-- Each ride, whatever its status, is a trip: started, ended, and its pay posted as it ends.
with rides as (
    select
        *,
        coalesce(ended_at, started_at) as paid_at,
        -- What the log's total has beyond its parts: kept, so that no cent is lost. Null where there is no total.
        earnings_usd - coalesce(base_usd, 0) - coalesce(tip_usd, 0) - coalesce(surge_usd, 0) as rest_usd
    from prepared
),

events as (
    select
        rides.ride_id,
        event.*
    from rides
    cross join lateral (
        values
        ('started', 'started', started_at, null, null, null),
        ('ended', 'ended', ended_at, miles, null, null),
        ('base', 'pay_posted', paid_at, null, 'base', base_usd),
        ('tip', 'pay_posted', paid_at, null, 'tip', tip_usd),
        ('surge', 'pay_posted', paid_at, null, 'incentive', surge_usd),
        ('rest', 'pay_posted', paid_at, null, 'adjustment', rest_usd)
    ) as event (part, event_type, occurred_at, trip_miles, pay_kind, amount_usd)
)

select
    ride_id || ':' || part as event_id,
    event_type,
    occurred_at,
    occurred_at as received_at,
    ride_id as trip_id,
    trip_miles,
    if(event_type = 'started', 'the_driver', null) as driver_id,
    if(event_type = 'started', 'chicago', null) as site_id,
    if(event_type = 'started', 'unknown', null) as vehicle_class,
    pay_kind,
    amount_usd
from events
where
    part = 'started'
    or (part = 'ended' and occurred_at is not null)
    or (part = 'base' and amount_usd is not null)
    or amount_usd <> 0
