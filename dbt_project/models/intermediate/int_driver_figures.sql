{%- set rounds = 16 -%}
{%- set shares = [] -%}
{%- for percent in driver_percents() -%}
    {%- do shares.append(percent / 100) -%}
{%- endfor -%}

with

drivers as (

    select
        *,
        case when trips >= 3 then {{ ratio('net_usd', 'net_hours') }} end as net_per_hour_usd
    from {{ ref('int_driver_cells') }}

),

settings as (

    select min_drivers from {{ source('run', 'settings') }}

),

cells as (

    select
        {{ cell_keys() }},
        count(*) as drivers,
        count(net_per_hour_usd) as rated_drivers,
        count(wage_hours) as wage_drivers,
        {{ exact_sum('overlapping_hours') }} as overlapping_hours,
        {{ percentiles('net_per_hour_usd', shares) }} as net_per_hour_usd,
        {{ exact_sum('wage_hours') }} as hours,
        {{ ratio('coalesce(' ~ exact_sum('below_wage_hours') ~ ', 0)', exact_sum('wage_hours')) }}
            as below_minimum_wage_hours_share
    from drivers
    group by all

),

-- Only cells with known costs have a below-wage share that could be withheld or computed.
round_0 as (

    select
        {{ cell_keys() }},
        hours,
        drivers < settings.min_drivers or wage_drivers < settings.min_drivers as is_withheld
    from cells
    cross join settings
    where wage_drivers > 0

),
{% for number in range(1, rounds + 1) %}
    round_{{ number }} as (

        {{ withhold_solvable('round_' ~ (number - 1)) }}

    ),
{% endfor %}
-- The last resort, if that many rounds leave a sum that can still be solved: nothing is shown.
solvable as (

    {{ solvable_sums('round_' ~ rounds) }}

),

judged as (

    select
        cells.*,
        settings.min_drivers,
        coalesce(withheld.is_withheld, cells.drivers < settings.min_drivers)
        or (select count(*) from solvable) > 0 as is_suppressed
    from cells
    cross join settings
    left join round_{{ rounds }} as withheld on {{ same_cell('cells', 'withheld') }}

)

select
    {{ cell_keys() }},
    drivers,
    overlapping_hours,
    -- Shown together or not at all: no figure without its n, and the n of a withheld one tells how often a few worked.
    {%- for each in ['rated_drivers', 'net_per_hour_usd'] %}
        case when not is_suppressed and rated_drivers >= min_drivers then {{ each }} end as {{ each }},
    {%- endfor %}
    case when not is_suppressed then below_minimum_wage_hours_share end as below_minimum_wage_hours_share,
    is_suppressed
from judged
