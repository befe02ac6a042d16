with

trips as (

    select * from {{ ref('int_trips') }}

),

pings as (

    select
        events.trip_id,
        events.occurred_at,
        events.received_at,
        events.event_id,
        events.latitude,
        events.longitude
    from {{ ref('stg_trips') }} as events
    inner join trips on events.trip_id = trips.trip_id
    where events.event_type = 'position' and trips.started_at is not null and not trips.has_meter

),

steps as (

    select
        trip_id,
        latitude,
        longitude,
        occurred_at,
        lag(latitude) over trip as latitude_before,
        lag(longitude) over trip as longitude_before,
        lag(occurred_at) over trip as occurred_before
    from pings
    window trip as (partition by trip_id order by occurred_at, received_at, event_id)

),

miles as (

    select
        trip_id,
        {{ exact_sum(great_circle_miles('latitude_before', 'longitude_before', 'latitude', 'longitude')) }}
            as position_miles
    from steps
    where {{ minutes_between('occurred_before', 'occurred_at') }} <= 10
    group by trip_id

)

select * from miles
