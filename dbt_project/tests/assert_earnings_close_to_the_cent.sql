-- In every cell the parts of pay are the gross, and gross less the three costs is the net: a waterfall of it closes.
select
    {{ cell_keys() }},
    gross_usd - base_usd - tip_usd - incentive_usd - adjustment_usd as gross_less_its_parts_usd,
    costed_gross_usd - costed_gas_usd - costed_toll_usd - costed_maintenance_usd - costed_net_usd
        as net_less_its_parts_usd
from {{ ref('driver_earnings') }}
where
    gross_usd - base_usd - tip_usd - incentive_usd - adjustment_usd <> 0
    or costed_gross_usd - costed_gas_usd - costed_toll_usd - costed_maintenance_usd - costed_net_usd <> 0
