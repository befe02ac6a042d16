with

sites as (

    select * from {{ source('reference', 'sites') }}

)

select
    site_id,
    site_name,
    market_id,
    site_kind,
    case site_kind
        when 'mall' then 'retail'
        when 'delivery_station' then 'station'
        when 'grocery_store' then 'grocery'
        else 'other'
    end as offer_type,
    latitude,
    longitude,
    pilot_started_on
from sites
