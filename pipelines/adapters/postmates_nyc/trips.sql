-- Each delivery is a trip of its courier, from the start of the delivery to the drop-off. No miles, pay or tolls.
with events as (
    select
        prepared.*,
        event.*
    from prepared
    cross join lateral (
        values
        ('started', started_at),
        ('arrived_at_pickup', arrived_at_pickup_at),
        ('departed_pickup', departed_pickup_at),
        ('arrived_at_dropoff', arrived_at_dropoff_at),
        ('ended', arrived_at_dropoff_at)
    ) as event (event_type, occurred_at)
)

select
    delivery_id || ':' || event_type as event_id,
    event_type,
    occurred_at,
    occurred_at as received_at,
    delivery_id as trip_id,
    if(event_type = 'started', jumpman_id, null) as driver_id,
    if(event_type = 'started', site_id, null) as site_id,
    if(event_type = 'started', vehicle_class, null) as vehicle_class,
    if(event_type = 'arrived_at_dropoff', delivery_id, null) as order_id
from events
where event_type = 'started' or occurred_at is not null
