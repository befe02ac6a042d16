with

events as (

    select * from {{ ref('stg_orders') }}
    where trip_id is not null

),

deliveries as (

    select * from {{ ref('fct_deliveries') }}
    where trip_id is not null

),

events_by_trip as (

    select
        trip_id,
        max(occurred_at) filter (where event_type in ('delivered', 'delivery_failed')) as last_attempted_at,
        count(distinct order_id) filter (where event_type = 'picked_up') as orders_picked_up
    from events
    group by trip_id

),

deliveries_by_trip as (

    select
        trip_id,
        count(*) filter (where status = 'delivered') as orders_delivered
    from deliveries
    group by trip_id

)

select
    events_by_trip.trip_id,
    events_by_trip.last_attempted_at,
    events_by_trip.orders_picked_up,
    coalesce(deliveries_by_trip.orders_delivered, 0) as orders_delivered
from events_by_trip
left join deliveries_by_trip on events_by_trip.trip_id = deliveries_by_trip.trip_id
