with

activity as (

    select
        driver_key,
        market_id,
        sent_at as seen_at,
        null as vehicle_class
    from {{ ref('fct_offers') }}
    union all
    select
        driver_key,
        market_id,
        started_at as seen_at,
        vehicle_class
    from {{ ref('fct_trips') }}

),

drivers as (

    select
        driver_key,
        min(seen_at) as first_seen_at,
        max(seen_at) as last_seen_at,
        count(vehicle_class) as trips,
        count(*) - count(vehicle_class) as offers
    from activity
    group by driver_key

),

-- The market of most trips, then of most offers; among equals the first of the alphabet.
home_markets as (

    select
        driver_key,
        market_id
    from activity
    where market_id is not null
    group by driver_key, market_id
    qualify row_number() over (
        partition by driver_key order by count(vehicle_class) desc, count(*) desc, market_id
    ) = 1

),

usual_classes as (

    select
        driver_key,
        vehicle_class
    from activity
    where vehicle_class is not null
    group by driver_key, vehicle_class
    qualify row_number() over (partition by driver_key order by count(*) desc, vehicle_class) = 1

)

select
    drivers.driver_key,
    drivers.first_seen_at,
    drivers.last_seen_at,
    home_markets.market_id as home_market_id,
    usual_classes.vehicle_class as usual_vehicle_class,
    drivers.trips,
    drivers.offers
from drivers
left join home_markets on drivers.driver_key = home_markets.driver_key
left join usual_classes on drivers.driver_key = usual_classes.driver_key
