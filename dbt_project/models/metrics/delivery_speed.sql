{%- set parts = ['click_to_door_minutes', 'preparation_minutes', 'pickup_wait_minutes', 'transit_minutes'] %}
with

-- Stages are added up only of orders where all are known, so that their means add up to the mean of the whole.
deliveries as (

    select
        *,
        status = 'delivered' and click_to_door_minutes is not null
        and preparation_minutes + pickup_wait_minutes + transit_minutes is not null as is_staged,
        {{ duration_minutes('placed_at', 'promised_at') }} as promise_minutes
    from {{ ref('fct_deliveries') }}

),

cells as (

    {{ cells(
        'deliveries', ref('fct_deliveries'), 'placed_date',
        columns=[
            'status', 'is_on_time', 'is_same_day', 'is_next_day', 'first_attempted_at', 'delivered_at',
            'click_to_door_minutes', 'preparation_minutes', 'pickup_wait_minutes', 'transit_minutes', 'is_staged',
            'promise_minutes', 'has_clock_disorder',
        ]
    ) }}

),

-- One row per cell of what the curve of the time to the door says, open and lost orders in it.
survival as (

    select
        {{ cell_keys() }},
        min(p50_minutes) as p50_minutes,
        min(p50_minutes_low) as p50_minutes_low,
        min(p50_minutes_high) as p50_minutes_high,
        case
            when max(last_minutes) >= 180
                then 1 - coalesce(min(under_way_share) filter (where within_minutes <= 180), 1)
        end as within_180_minutes_share
    from {{ ref('int_delivery_survival') }}
    group by all

),

summed as (

    select
        {{ cell_keys() }},
        count(*) as orders,
        count(*) filter (where status = 'delivered') as delivered,
        count(*) filter (where status = 'cancelled') as cancelled,
        count(*) filter (where status = 'open') as open_orders,
        count(is_on_time) as due,
        count(*) filter (where is_on_time) as on_time,
        count(*) filter (where status = 'delivered' and is_same_day) as same_day,
        count(*) filter (where status = 'delivered' and is_next_day) as next_day,
        count(first_attempted_at) as attempted,
        count(*) filter (where status = 'delivered' and first_attempted_at = delivered_at) as first_attempt,
        {{ ratio(exact_sum('click_to_door_minutes'), 'count(click_to_door_minutes)') }} as click_to_door_minutes_mean,
        count(*) filter (where is_staged) as staged_orders,
        {%- for part in parts %}
            {{ percentiles(part, [0.5, 0.8, 0.9, 0.95] if loop.first else [0.5, 0.9]) }}
            filter (where status = 'delivered') as {{ part }},
            {{ exact_sum('case when is_staged then ' ~ part ~ ' end') }} as staged_{{ part }},
        {%- endfor %}
        count(promise_minutes) as promised_orders,
        {{ percentiles('promise_minutes', [0.5]) }} as promise_minutes,
        count(*) filter (where has_clock_disorder) as clock_disorders
    from cells
    group by all

)

select
    {{ cell_keys('summed') }},
    summed.orders,
    summed.delivered,
    summed.cancelled,
    summed.open_orders,
    summed.due,
    summed.on_time,
    {{ share_with_interval('on_time_share', 'summed.on_time', 'summed.due') }},
    {{ ratio('summed.same_day', 'summed.delivered') }} as same_day_share,
    {{ ratio('summed.next_day', 'summed.delivered') }} as next_day_share,
    summed.attempted,
    {{ ratio('summed.first_attempt', 'summed.attempted') }} as first_attempt_share,
    summed.click_to_door_minutes_mean,
    {{ percentile_columns('click_to_door_minutes', 'summed.click_to_door_minutes', ['p50', 'p80', 'p90', 'p95']) }},
    {{ percentile_columns('preparation_minutes', 'summed.preparation_minutes', ['p50', 'p90']) }},
    {{ percentile_columns('pickup_wait_minutes', 'summed.pickup_wait_minutes', ['p50', 'p90']) }},
    {{ percentile_columns('transit_minutes', 'summed.transit_minutes', ['p50', 'p90']) }},
    summed.staged_orders,
    {%- for part in parts[1:] + parts[:1] %}
        {{ ratio('summed.staged_' ~ part, 'summed.staged_orders') }} as staged_{{ part }}_mean,
    {%- endfor %}
    survival.p50_minutes as click_to_door_minutes_p50_censored,
    survival.p50_minutes_low as click_to_door_minutes_p50_censored_low,
    survival.p50_minutes_high as click_to_door_minutes_p50_censored_high,
    survival.within_180_minutes_share as within_180_minutes_share_censored,
    summed.promised_orders,
    {{ percentile_columns('promise_minutes', 'summed.promise_minutes', ['p50']) }},
    summed.clock_disorders
from summed
left join survival on {{ same_cell('summed', 'survival') }}
