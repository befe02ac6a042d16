with

current_lines as (

    {{ current_lines('offers') }}

)

select
    event_id,
    event_type,
    occurred_at,
    received_at,
    offer_id,
    block_id,
    driver_key,
    site_id,
    block_starts_at,
    block_ends_at,
    pay_usd,
    expires_at,
    wave,
    reason
from current_lines
