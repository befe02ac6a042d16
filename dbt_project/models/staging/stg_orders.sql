with

current_lines as (

    {{ current_lines('orders') }}

)

select
    event_id,
    event_type,
    occurred_at,
    received_at,
    order_id,
    site_id,
    store_id,
    promised_at,
    package_count,
    dropoff_latitude,
    dropoff_longitude,
    trip_id,
    reason
from current_lines
