with

current_lines as (

    {{ current_lines('trips') }}

)

select
    event_id,
    event_type,
    occurred_at,
    received_at,
    trip_id,
    driver_key,
    site_id,
    block_id,
    vehicle_class,
    trip_miles,
    latitude,
    longitude,
    order_id,
    pay_kind,
    amount_usd,
    facility
from current_lines
