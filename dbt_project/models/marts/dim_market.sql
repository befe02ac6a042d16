with

markets as (

    select * from {{ source('reference', 'markets') }}

)

select
    market_id,
    market_name,
    state,
    time_zone,
    fuel_area
from markets
