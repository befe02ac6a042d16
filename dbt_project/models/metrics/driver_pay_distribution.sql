with

-- Null where driver_earnings withholds them. Nineteen percentiles of a handful of drivers would be their pay.
figures as (

    select figures.*
    from {{ ref('int_driver_figures') }} as figures
    cross join {{ source('run', 'settings') }} as settings
    where figures.grain <> 'day' and figures.rated_drivers >= 4 * settings.min_drivers

),

percents as (
    {% for percent in driver_percents() %}
        select
            {{ percent }} as percentile,
            {{ loop.index }} as position
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    {{ cell_keys('figures') }},
    percents.percentile,
    figures.rated_drivers,
    {{ usd(array_item('figures.net_per_hour_usd', 'percents.position')) }} as net_per_hour_usd
from figures
cross join percents
