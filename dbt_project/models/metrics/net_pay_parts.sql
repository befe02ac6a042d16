{%- set pay = ['base_usd', 'tip_usd', 'incentive_usd', 'adjustment_usd', 'gross_usd'] -%}
{%- set costs = ['gas_usd', 'toll_usd', 'maintenance_usd', 'net_usd'] -%}
with

-- The trips that `driver_earnings.net_per_hour_usd` divides over: what is left and the hours of it are both known.
trips as (

    select
        trips.*,
        case when classes.fuel_type <> 'electric' then trips.total_miles end as fuel_miles,
        case when classes.fuel_type <> 'electric' then {{ ratio('trips.total_miles', 'classes.miles_per_gallon') }} end
            as fuel_gallons,
        case when classes.fuel_type <> 'electric' then trips.gas_usd end as fuel_usd
    from {{ ref('fct_trips') }} as trips
    left join {{ ref('dim_vehicle_class') }} as classes on trips.vehicle_class = classes.vehicle_class
    where
        trips.status = 'ended'
        and not trips.is_pay_pending
        and trips.net_usd is not null
        and trips.on_job_hours is not null

),

cells as (

    {{ cells(
        'trips', ref('fct_trips'), 'trip_date',
        columns=pay + costs + [
            'driver_key', 'on_job_hours', 'total_miles', 'fuel_miles', 'fuel_gallons', 'fuel_usd', 'minimum_wage_usd',
        ]
    ) }}

),

summed as (

    select
        {{ cell_keys() }},
        count(*) as trips,
        count(distinct driver_key) as drivers,
        {%- for each in ['on_job_hours', 'total_miles', 'fuel_miles', 'fuel_gallons'] %}
            coalesce({{ exact_sum(each) }}, 0) as {{ each }},
        {%- endfor %}
        {%- for each in pay + costs + ['fuel_usd'] %}
            coalesce(sum({{ each }}), 0) as {{ each }},
        {%- endfor %}
        min(minimum_wage_usd) as minimum_wage_usd_least,
        max(minimum_wage_usd) as minimum_wage_usd_greatest
    from cells
    group by all

)

select
    {{ cell_keys() }},
    trips,
    drivers,
    on_job_hours,
    {%- for each in pay + costs %}
        {{ usd(each) }} as {{ each }},
    {%- endfor %}
    total_miles,
    {%- for each in pay + costs %}
        {{ usd(ratio(each, 'on_job_hours')) }} as {{ each | replace('_usd', '_per_hour_usd') }},
    {%- endfor %}
    fuel_miles,
    fuel_gallons,
    {{ usd('fuel_usd') }} as fuel_usd,
    {{ ratio('fuel_usd', 'fuel_gallons') }} as gas_price_usd_per_gallon,
    {{ ratio('fuel_miles', 'fuel_gallons') }} as fuel_miles_per_gallon,
    {{ ratio('maintenance_usd', 'total_miles') }} as maintenance_usd_per_mile,
    minimum_wage_usd_least,
    minimum_wage_usd_greatest
from summed
