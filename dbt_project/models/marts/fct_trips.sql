{#- A class that needs no fuel (a bicycle) costs none, also where nobody knows the price. -#}
{%- set fuel_at = 'trips.total_miles * rates.fuel_units_per_mile * case when rates.fuel_units_per_mile <> 0 then ' -%}

with

trips as (

    select * from {{ ref('int_trip_work') }}

),

rates as (

    select * from {{ ref('int_trip_rates') }}

),

priced as (

    select
        trips.*,
        rates.gas_price_usd,
        rates.is_fuel_price_imputed,
        rates.minimum_wage_usd,
        trips.base_usd + trips.tip_usd + trips.incentive_usd + trips.adjustment_usd as gross_usd,
        {{ usd(fuel_at ~ 'rates.gas_price_usd else 0 end') }} as gas_usd,
        {{ usd(fuel_at ~ 'rates.constant_gas_price_usd else 0 end') }} as constant_price_gas_usd,
        {{ usd('trips.total_miles * rates.maintenance_usd_per_mile') }} as maintenance_usd,
        {{ usd('trips.total_miles * rates.depreciation_usd_per_mile') }} as depreciation_usd,
        {{ usd('trips.total_miles * rates.tax_usd_per_mile') }} + trips.toll_usd as tax_rate_cost_usd
    from trips
    left join rates on trips.trip_id = rates.trip_id

),

netted as (

    select
        *,
        gas_usd + toll_usd + maintenance_usd as cost_usd,
        gross_usd - gas_usd - toll_usd - maintenance_usd as net_usd
    from priced

)

select
    trip_id,
    block_id,
    offer_id,
    driver_key,
    market_id,
    site_id,
    offer_type,
    vehicle_class,
    started_at,
    arrived_at_pickup_at,
    departed_pickup_at,
    last_dropoff_at,
    ended_at,
    trip_date,
    orders_picked_up,
    orders_delivered,
    status,
    door_to_door_hours,
    on_job_hours,
    {{ duration_hours('departed_pickup_at', 'last_dropoff_at') }} as engaged_hours,
    scheduled_hours,
    {{ excess('on_job_hours', 'scheduled_hours') }} as unpaid_overrun_hours,
    {{ excess('scheduled_hours', 'on_job_hours') }} as early_finish_hours,
    total_miles,
    miles_source,
    deadhead_miles,
    total_miles - deadhead_miles as job_miles,
    base_usd,
    tip_usd,
    incentive_usd,
    adjustment_usd,
    {{ usd('gross_usd') }} as gross_usd,
    {{ usd('gross_usd - tip_usd') }} as gross_before_tips_usd,
    gas_usd,
    toll_usd,
    maintenance_usd,
    {{ usd('cost_usd') }} as cost_usd,
    cost_usd is not null as is_cost_known,
    {{ usd('net_usd') }} as net_usd,
    {{ usd(ratio('net_usd', 'on_job_hours')) }} as net_per_hour_usd,
    depreciation_usd,
    {{ usd('tax_rate_cost_usd') }} as tax_rate_cost_usd,
    gas_price_usd,
    is_fuel_price_imputed,
    minimum_wage_usd,
    constant_price_gas_usd,
    is_pay_pending,
    {{ is_out_of_order(['started_at', 'arrived_at_pickup_at', 'departed_pickup_at', 'ended_at']) }}
        as has_clock_disorder
from netted
