with

-- Null where driver_earnings withholds them.
figures as (

    select * from {{ ref('int_driver_figures') }}
    where grain <> 'day' and rated_drivers is not null

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
