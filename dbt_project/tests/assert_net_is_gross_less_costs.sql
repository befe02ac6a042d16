-- Net pay that adds depreciation, forgets tolls or reads a missing cost as 0 does not close. Exact, to the last place.
select
    trip_id,
    gross_usd,
    gas_usd,
    toll_usd,
    maintenance_usd,
    cost_usd,
    net_usd
from {{ ref('fct_trips') }}
where
    (is_cost_known and gross_usd - gas_usd - toll_usd - maintenance_usd is distinct from net_usd)
    or (is_cost_known and gas_usd + toll_usd + maintenance_usd is distinct from cost_usd)
    or (not is_cost_known and (net_usd is not null or cost_usd is not null))
