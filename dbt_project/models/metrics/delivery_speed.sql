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
    {{ cell_keys() }},
    orders,
    delivered,
    cancelled,
    open_orders,
    due,
    on_time,
    {{ share_with_interval('on_time_share', 'on_time', 'due') }},
    {{ ratio('same_day', 'delivered') }} as same_day_share,
    {{ ratio('next_day', 'delivered') }} as next_day_share,
    attempted,
    {{ ratio('first_attempt', 'attempted') }} as first_attempt_share,
    click_to_door_minutes_mean,
    {{ percentile_columns('click_to_door_minutes', 'click_to_door_minutes', ['p50', 'p80', 'p90', 'p95']) }},
    {{ percentile_columns('preparation_minutes', 'preparation_minutes', ['p50', 'p90']) }},
    {{ percentile_columns('pickup_wait_minutes', 'pickup_wait_minutes', ['p50', 'p90']) }},
    {{ percentile_columns('transit_minutes', 'transit_minutes', ['p50', 'p90']) }},
    clock_disorders
from summed
