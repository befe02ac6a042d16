with

events as (

    select * from {{ ref('stg_orders') }}

),

numbered as (

    select
        order_id,
        event_type,
        occurred_at,
        site_id,
        store_id,
        promised_at,
        package_count,
        dropoff_latitude,
        dropoff_longitude,
        trip_id,
        reason,
        row_number() over (
            partition by order_id, event_type order by occurred_at, received_at, event_id
        ) as nth_of_type,
        row_number() over (
            partition by order_id order by occurred_at desc, received_at desc, event_id desc
        ) as nth_from_last
    from events

),

orders as (

    select
        order_id,
        count(*) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        max(site_id) filter (where event_type = 'placed' and nth_of_type = 1) as site_id,
        max(store_id) filter (where event_type = 'placed' and nth_of_type = 1) as store_id,
        max(promised_at) filter (where event_type = 'placed' and nth_of_type = 1) as promised_at,
        max(package_count) filter (where event_type = 'placed' and nth_of_type = 1) as package_count,
        max(dropoff_latitude) filter (where event_type = 'placed' and nth_of_type = 1) as dropoff_latitude,
        max(dropoff_longitude) filter (where event_type = 'placed' and nth_of_type = 1) as dropoff_longitude,
        max(trip_id) filter (where event_type = 'delivered' and nth_of_type = 1) as delivering_trip_id,
        min_by(trip_id, nth_from_last) filter (where trip_id is not null) as last_trip_id,
        max(reason) filter (where event_type = 'cancelled' and nth_of_type = 1) as cancel_reason,
        min_by(event_type, nth_from_last) filter (
            where event_type in ('returned', 'cancelled', 'lost')
        ) as last_undelivered_status,
        min(occurred_at) filter (where event_type = 'placed') as placed_at,
        min(occurred_at) filter (where event_type = 'ready') as ready_at,
        min(occurred_at) filter (where event_type = 'picked_up') as picked_up_at,
        min(occurred_at) filter (where event_type in ('delivered', 'delivery_failed')) as first_attempted_at,
        min(occurred_at) filter (where event_type = 'delivered') as delivered_at,
        min(occurred_at) filter (where event_type = 'returned') as returned_at,
        min(occurred_at) filter (where event_type = 'cancelled') as cancelled_at,
        min(occurred_at) filter (where event_type = 'lost') as lost_at,
        count(*) filter (where event_type = 'delivery_failed') as failed_attempts
    from numbered
    group by order_id

)

select * from orders
