with

trips as (

    select * from {{ ref('int_trips') }}
    where started_at is not null

),

places as (

    select * from {{ ref('int_trip_places') }}

),

position_miles as (

    select * from {{ ref('int_position_miles') }}

),

trip_orders as (

    select * from {{ ref('int_trip_orders') }}

),

blocks as (

    select * from {{ ref('fct_blocks') }}

),

accepted_offers as (

    select * from {{ ref('int_offers') }}
    where answer = 'accepted' and sent_at is not null
    qualify row_number() over (
        partition by block_id, driver_key order by answered_at, answer_received_at, answer_event_id
    ) = 1

),

trips_log as (

    select cut from {{ ref('logs') }}
    where log = 'trips'

),

worked as (

    select
        trips.trip_id,
        trips.block_id,
        accepted_offers.offer_id,
        trips.driver_key,
        places.market_id,
        trips.site_id,
        places.offer_type,
        places.vehicle_class,
        trips.started_at,
        trips.arrived_at_pickup_at,
        trips.departed_pickup_at,
        greatest(trips.last_arrived_at_dropoff_at, trip_orders.last_attempted_at) as last_dropoff_at,
        trips.ended_at,
        places.trip_date,
        coalesce(trip_orders.orders_picked_up, 0) as orders_picked_up,
        coalesce(trip_orders.orders_delivered, 0) as orders_delivered,
        case when trips.ended_at is null then 'open' else 'ended' end as status,
        {{ duration_hours('trips.started_at', 'trips.ended_at') }} as door_to_door_hours,
        {{ duration_hours('coalesce(trips.arrived_at_pickup_at, trips.started_at)', 'trips.ended_at') }}
            as on_job_hours,
        blocks.block_hours as scheduled_hours,
        case when trips.has_meter then trips.greatest_meter_miles else position_miles.position_miles end
            as total_miles,
        case
            when trips.has_meter then 'meter'
            when position_miles.position_miles is not null then 'positions'
            else 'missing'
        end as miles_source,
        trips.deadhead_meter_miles as deadhead_miles,
        {{ usd('trips.base_usd') }} as base_usd,
        {{ usd('trips.tip_usd') }} as tip_usd,
        {{ usd('trips.incentive_usd') }} as incentive_usd,
        {{ usd('trips.adjustment_usd') }} as adjustment_usd,
        {{ usd('trips.toll_usd') }} as toll_usd,
        coalesce(
            trips.pay_postings = 0 and {{ hours_between('trips.ended_at', 'trips_log.cut') }} < 72, false
        ) as is_pay_pending
    from trips
    cross join trips_log
    left join places on trips.trip_id = places.trip_id
    left join position_miles on trips.trip_id = position_miles.trip_id
    left join trip_orders on trips.trip_id = trip_orders.trip_id
    left join blocks on trips.block_id = blocks.block_id
    left join accepted_offers
        on trips.block_id = accepted_offers.block_id and trips.driver_key = accepted_offers.driver_key

)

select * from worked
