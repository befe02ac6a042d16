{%- set hours = ['on_job_hours', 'door_to_door_hours', 'engaged_hours', 'scheduled_hours'] -%}
{%- set sums = hours + ['unpaid_overrun_hours', 'early_finish_hours', 'total_miles'] -%}
{%- set pay = ['base_usd', 'tip_usd', 'incentive_usd', 'adjustment_usd', 'gross_usd'] -%}
{%- set costs = ['gas_usd', 'toll_usd', 'maintenance_usd', 'net_usd'] -%}
{%- set other_bases = ['constant_price_gas_usd', 'tax_rate_cost_usd', 'depreciation_usd'] -%}
{%- set per_hour = [
    ('gross_per_hour_usd', 'gross_usd', 'on_job_hours'),
    ('gross_per_scheduled_hour_usd', 'gross_usd', 'scheduled_hours'),
    ('net_per_hour_usd', 'net_usd', 'on_job_hours'),
    ('net_per_scheduled_hour_usd', 'net_usd', 'scheduled_hours'),
    ('net_per_engaged_hour_usd', 'net_usd', 'engaged_hours'),
    ('net_per_door_to_door_hour_usd', 'net_usd', 'door_to_door_hours'),
    ('net_before_tips_per_hour_usd', 'net_usd - tip_usd', 'on_job_hours'),
    ('net_at_constant_price_per_hour_usd', 'net_usd + gas_usd - constant_price_gas_usd', 'on_job_hours'),
    ('after_tax_rate_per_hour_usd', 'gross_usd - tax_rate_cost_usd', 'on_job_hours'),
    ('after_depreciation_per_hour_usd', 'net_usd - depreciation_usd', 'on_job_hours'),
] -%}

with

-- A trip whose pay is still to come keeps its mark and nothing else: it is counted, and enters no sum and no rate.
trips as (

    select
        trip_date,
        market_id,
        offer_type,
        is_pay_pending,
        {%- for each in sums + pay + costs + other_bases + ['is_cost_known'] %}
            case when not is_pay_pending then {{ each }} end as {{ each }},
        {%- endfor %}
        case
            when not is_pay_pending then round({{ ratio('gross_usd', 'scheduled_hours') }}, 9) between 18 and 25
        end as is_in_advertised_range
    from {{ ref('fct_trips') }}
    where status = 'ended'

),

cells as (

    {{ cells(
        'trips', ref('fct_trips'), 'trip_date',
        columns=sums + pay + costs + other_bases + ['is_pay_pending', 'is_cost_known', 'is_in_advertised_range']
    ) }}

),

summed as (

    select
        {{ cell_keys() }},
        count(*) filter (where not is_pay_pending) as trips,
        count(*) filter (where is_pay_pending) as pay_pending_trips,
        {%- for each in sums %}
            {{ exact_sum(each) }} as {{ each }},
        {%- endfor %}
        {%- for each in pay %}
            {{ usd('coalesce(sum(' ~ each ~ '), 0)') }} as {{ each }},
        {%- endfor %}
        count(*) filter (where is_cost_known) as costed_trips,
        coalesce({{ exact_sum('case when is_cost_known then on_job_hours end') }}, 0) as costed_on_job_hours,
        {%- for each in ['gross_usd', 'tip_usd'] + costs %}
            {{ usd('coalesce(sum(' ~ each ~ ') filter (where is_cost_known), 0)') }} as costed_{{ each }},
        {%- endfor %}
        {%- for name, amount, of_hours in per_hour %}
            {{ usd_per_hour(amount, of_hours) }} as {{ name }},
        {%- endfor %}
        {{ ratio('count(*) filter (where is_in_advertised_range)', 'count(is_in_advertised_range)') }}
            as advertised_range_share
    from cells
    group by all

)

select
    {{ cell_keys('summed') }},
    summed.trips,
    coalesce(figures.drivers, 0) as drivers,
    summed.pay_pending_trips,
    {%- for each in hours %}
        summed.{{ each }},
    {%- endfor %}
    coalesce(figures.overlapping_hours, 0) as overlapping_hours,
    {%- for each in ['unpaid_overrun_hours', 'early_finish_hours', 'total_miles'] + pay %}
        summed.{{ each }},
    {%- endfor %}
    {%- for each in ['trips', 'on_job_hours', 'gross_usd', 'tip_usd'] + costs %}
        summed.costed_{{ each }},
    {%- endfor %}
    {{ ratio('summed.costed_on_job_hours', 'summed.on_job_hours') }} as miles_coverage_share,
    {%- for name, _, _ in per_hour %}
        summed.{{ name }},
        {%- if name in ['gross_per_hour_usd', 'net_per_hour_usd'] %}
            {{ usd('intervals.' ~ name ~ '_low') }} as {{ name }}_low,
            {{ usd('intervals.' ~ name ~ '_high') }} as {{ name }}_high,
        {%- endif %}
    {%- endfor %}
    summed.advertised_range_share,
    figures.rated_drivers,
    {%- for percent in [10, 25, 50, 75, 90] %}
        {{ usd(array_item('figures.net_per_hour_usd', driver_percents().index(percent) + 1)) }}
            as driver_net_per_hour_usd_p{{ percent }},
    {%- endfor %}
    figures.below_minimum_wage_hours_share,
    coalesce(figures.is_suppressed, true) as is_suppressed
from summed
left join {{ ref('int_driver_figures') }} as figures on {{ same_cell('summed', 'figures') }}
left join {{ ref('int_driver_intervals') }} as intervals on {{ same_cell('summed', 'intervals') }}
