with

-- The wall clock decides: of a night in which clocks go back both hours are one, of one in which they go forward one is
-- without orders.
deliveries as (

    select
        deliveries.*,
        {{ weekday('deliveries.placed_date') }} as weekday,
        cast(hour({{ local_time('deliveries.placed_at', 'markets.time_zone') }}) as integer) as hour
    from {{ ref('fct_deliveries') }} as deliveries
    left join {{ ref('dim_market') }} as markets on deliveries.market_id = markets.market_id

),

cells as (

    {{ cells(
        'deliveries', ref('fct_deliveries'), 'placed_date',
        columns=['weekday', 'hour', 'status', 'is_on_time', 'click_to_door_minutes'],
        grains=['week', 'all']
    ) }}

),

summed as (

    select
        {{ cell_keys() }},
        weekday,
        hour,
        count(*) as orders,
        count(*) filter (where status = 'delivered') as delivered,
        count(is_on_time) as due,
        count(*) filter (where is_on_time) as on_time,
        {{ percentiles('click_to_door_minutes', [0.5]) }} filter (where status = 'delivered') as click_to_door_minutes
    from cells
    group by all

)

select
    {{ cell_keys() }},
    weekday,
    hour,
    orders,
    delivered,
    due,
    on_time,
    {{ share_with_interval('on_time_share', 'on_time', 'due') }},
    {{ percentile_columns('click_to_door_minutes', 'click_to_door_minutes', ['p50']) }}
from summed
