{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'fct_trips'}}}) }}
-- A trip with three orders joined to them and summed has three times its miles and its hours (54 miles for 18).
-- Counted here from the events alone.
with

told as (

    select
        trip_id,
        case when count(trip_miles) filter (where event_type <> 'started') > 0 then max(trip_miles) end as meter_miles,
        min(occurred_at) filter (where event_type = 'started') as started_at,
        max(occurred_at) filter (where event_type = 'ended') as ended_at
    from {{ ref('stg_trips') }}
    group by trip_id

),

expected as (

    select
        count(*) as trips,
        coalesce(sum({{ duration_hours('started_at', 'ended_at') }}), 0) as hours,
        coalesce(sum(meter_miles), 0) as miles
    from told
    where started_at is not null

),

found as (

    select
        count(*) as trips,
        coalesce(sum(door_to_door_hours), 0) as hours,
        coalesce(sum(total_miles) filter (where miles_source = 'meter'), 0) as miles
    from {{ ref('fct_trips') }}

)

select
    expected.trips,
    found.trips as trips_found,
    expected.hours,
    found.hours as hours_found,
    expected.miles,
    found.miles as miles_found
from expected
cross join found
where
    expected.trips <> found.trips
    or abs(expected.hours - found.hours) > 0.000001 * (1 + expected.hours)
    or abs(expected.miles - found.miles) > 0.000001 * (1 + expected.miles)
