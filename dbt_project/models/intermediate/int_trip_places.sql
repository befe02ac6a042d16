with

trips as (

    select * from {{ ref('int_trips') }}
    where started_at is not null

),

sites as (

    select * from {{ ref('dim_site') }}

),

markets as (

    select * from {{ ref('dim_market') }}

),

vehicle_classes as (

    select * from {{ ref('dim_vehicle_class') }}

),

places as (

    select
        trips.trip_id,
        sites.market_id,
        sites.offer_type,
        markets.state,
        markets.fuel_area,
        coalesce(vehicle_classes.vehicle_class, 'unknown') as vehicle_class,
        {{ local_date('trips.started_at', 'markets.time_zone') }} as trip_date
    from trips
    left join sites on trips.site_id = sites.site_id
    left join markets on sites.market_id = markets.market_id
    left join vehicle_classes on trips.vehicle_class = vehicle_classes.vehicle_class

)

select
    *,
    min(trip_date) over (partition by market_id) as first_trip_date
from places
