-- Each delivery is an order: placed when the delivery started; no promise is known.
with events as (
    select
        prepared.*,
        event.*
    from prepared
    cross join lateral (
        values
        ('placed', started_at),
        ('picked_up', departed_pickup_at),
        ('delivered', arrived_at_dropoff_at)
    ) as event (event_type, occurred_at)
)

select
    delivery_id || ':' || event_type as event_id,
    event_type,
    occurred_at,
    occurred_at as received_at,
    delivery_id as order_id,
    if(event_type = 'placed', site_id, null) as site_id,
    if(event_type = 'placed', place, null) as store_id,
    if(event_type = 'placed', dropoff_latitude, null) as dropoff_latitude,
    if(event_type = 'placed', dropoff_longitude, null) as dropoff_longitude,
    if(event_type = 'placed', null, delivery_id) as trip_id
from events
where event_type = 'placed' or occurred_at is not null
