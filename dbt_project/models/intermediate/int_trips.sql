with

events as (

    select * from {{ ref('stg_trips') }}

),

firsts as (

    select *
    from events
    where event_type in ('started', 'arrived_at_pickup')
    qualify row_number() over (
        partition by trip_id, event_type order by occurred_at, received_at, event_id
    ) = 1

),

beginnings as (

    select
        trip_id,
        max(driver_key) as driver_key,
        max(site_id) as site_id,
        max(block_id) as block_id,
        max(vehicle_class) as vehicle_class,
        max(trip_miles) filter (where event_type = 'arrived_at_pickup') as deadhead_meter_miles
    from firsts
    group by trip_id

),

totals as (

    select
        trip_id,
        count(*) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        min(occurred_at) filter (where event_type = 'started') as started_at,
        min(occurred_at) filter (where event_type = 'arrived_at_pickup') as arrived_at_pickup_at,
        min(occurred_at) filter (where event_type = 'departed_pickup') as departed_pickup_at,
        max(occurred_at) filter (where event_type = 'arrived_at_dropoff') as last_arrived_at_dropoff_at,
        max(occurred_at) filter (where event_type = 'ended') as ended_at,
        max(trip_miles) as greatest_meter_miles,
        count(trip_miles) filter (where event_type <> 'started') > 0 as has_meter,
        coalesce(sum(amount_usd) filter (where event_type = 'toll_charged'), 0) as toll_usd,
        coalesce(sum(amount_usd) filter (where pay_kind = 'base'), 0) as base_usd,
        coalesce(sum(amount_usd) filter (where pay_kind = 'tip'), 0) as tip_usd,
        coalesce(sum(amount_usd) filter (where pay_kind = 'incentive'), 0) as incentive_usd,
        coalesce(sum(amount_usd) filter (where pay_kind = 'adjustment'), 0) as adjustment_usd,
        count(*) filter (where event_type = 'pay_posted') as pay_postings
    from events
    group by trip_id

),

trips as (

    select
        totals.*,
        beginnings.driver_key,
        beginnings.site_id,
        beginnings.block_id,
        beginnings.vehicle_class,
        beginnings.deadhead_meter_miles
    from totals
    left join beginnings on totals.trip_id = beginnings.trip_id

)

select * from trips
