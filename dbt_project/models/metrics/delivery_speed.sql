with

cells as (

    {{ cells(
        ref('fct_deliveries'), ref('fct_deliveries'), 'placed_date',
        columns=[
            'status', 'is_on_time', 'is_same_day', 'is_next_day', 'first_attempted_at', 'delivered_at',
            'click_to_door_minutes', 'preparation_minutes', 'pickup_wait_minutes', 'transit_minutes',
            'has_clock_disorder',
        ]
    ) }}

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
        {%- for part in ['click_to_door_minutes', 'preparation_minutes', 'pickup_wait_minutes', 'transit_minutes'] %}
            {{ percentiles(part, [0.5, 0.8, 0.9, 0.95] if loop.first else [0.5, 0.9]) }}
            filter (where status = 'delivered') as {{ part }},
        {%- endfor %}
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
    survival.click_to_door_minutes_p50_censored,
    survival.within_180_minutes_share_censored,
    summed.clock_disorders
from summed
left join {{ ref('int_delivery_survival') }} as survival on {{ same_cell('summed', 'survival') }}
