with

deliveries as (

    select * from {{ ref('fct_deliveries') }}
    where store_id is not null

)

select
    site_id,
    store_id,
    market_id,
    offer_type,
    min(placed_at) as first_placed_at,
    max(placed_at) as last_placed_at,
    count(*) as orders
from deliveries
group by site_id, store_id, market_id, offer_type
