with

orders_log as (

    select cut from {{ ref('logs') }}
    where log = 'orders'

),

-- How long each order was seen to be under way, and whether it then arrived. One that never will stays for ever.
orders as (

    select
        deliveries.placed_date,
        deliveries.market_id,
        deliveries.offer_type,
        deliveries.status = 'delivered' as has_arrived,
        case deliveries.status
            when 'delivered' then deliveries.click_to_door_minutes
            when 'open' then {{ duration_minutes('deliveries.placed_at', 'orders_log.cut') }}
            else cast('infinity' as double)
        end as minutes
    from {{ ref('fct_deliveries') }} as deliveries
    cross join orders_log

),

cells as (

    {{ cells('orders', ref('fct_deliveries'), 'placed_date', columns=['minutes', 'has_arrived']) }}

),

-- Orders still under way as each one leaves; at the same minute those that arrive leave before those lost from sight.
risks as (

    select
        {{ cell_keys() }},
        minutes,
        has_arrived,
        count(*) over (partition by {{ cell_keys() }})
        + 1 - row_number() over (partition by {{ cell_keys() }} order by minutes asc, has_arrived desc) as at_risk
    from cells
    where minutes is not null

),

-- Kaplan and Meier 1958: the share still under way is the product over the arrivals so far; the last leaves nobody.
curves as (

    select
        *,
        exp(sum(case
            when not has_arrived then 0
            when at_risk = 1 then cast('-infinity' as double)
            else ln(1 - {{ ratio('1', 'at_risk') }})
        end) over (partition by {{ cell_keys() }} order by at_risk desc)) as under_way_share
    from risks

)

select
    {{ cell_keys() }},
    min(minutes) filter (where under_way_share <= 0.5 + 1e-12) as click_to_door_minutes_p50_censored,
    case when max(minutes) >= 180 then 1 - coalesce(min(under_way_share) filter (where minutes <= 180), 1) end
        as within_180_minutes_share_censored
from curves
group by all
