{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'net_pay_parts'}}}) }}
-- From base to net every part has the same trips and hours behind it: in every cell the parts are gross and net, to the
-- cent as sums, per hour but for the rounding of each, and the net per hour is the one of driver_earnings, no other.
select
    {{ cell_keys('earnings') }},
    earnings.net_per_hour_usd as net_per_hour_of_driver_earnings_usd,
    parts.net_per_hour_usd
from {{ ref('driver_earnings') }} as earnings
full join {{ ref('net_pay_parts') }} as parts on {{ same_cell('earnings', 'parts') }}
where
    parts.base_usd + parts.tip_usd + parts.incentive_usd + parts.adjustment_usd <> parts.gross_usd
    or parts.gross_usd - parts.gas_usd - parts.toll_usd - parts.maintenance_usd <> parts.net_usd
    or abs(
        parts.base_per_hour_usd + parts.tip_per_hour_usd + parts.incentive_per_hour_usd
        + parts.adjustment_per_hour_usd - parts.gross_per_hour_usd
    ) > 0.0005
    or abs(
        parts.gross_per_hour_usd - parts.gas_per_hour_usd - parts.toll_per_hour_usd
        - parts.maintenance_per_hour_usd - parts.net_per_hour_usd
    ) > 0.0005
    or parts.net_per_hour_usd is distinct from earnings.net_per_hour_usd
    or parts.fuel_usd > parts.gas_usd
    or (parts.trips is not null and earnings.trips is null)
