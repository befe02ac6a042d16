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
-- Those of the same minute count together: d of n come, one by one, to the same sums as d at once.
curves as (

    select
        *,
        exp(sum(case
            when not has_arrived then 0
            when at_risk = 1 then cast('-infinity' as double)
            else ln(1 - {{ ratio('1', 'at_risk') }})
        end) over (partition by {{ cell_keys() }} order by minutes)) as under_way_share,
        sum(case when has_arrived then {{ ratio('1', 'at_risk * (at_risk - 1)') }} end)
            over (partition by {{ cell_keys() }} order by minutes) as greenwood
    from risks

),

bounds as (

    select
        *,
        {{ curve_edge('minutes') }} as within_minutes,
        {{ survival_bound('under_way_share', 'greenwood', 'low') }} as under_way_share_low,
        {{ survival_bound('under_way_share', 'greenwood', 'high') }} as under_way_share_high
    from curves

)

-- Brookmeyer and Crowley 1982: the median lies between the moments at which either end of the interval falls to a half.
select
    {{ cell_keys() }},
    within_minutes,
    count(*) as leaving,
    count(*) filter (where has_arrived) as arriving,
    count(*) filter (where minutes = within_minutes) as leaving_at_edge,
    min(minutes) filter (where under_way_share <= 0.5 + 1e-12) as p50_minutes,
    min(minutes) filter (where under_way_share_low <= 0.5) as p50_minutes_low,
    min(minutes) filter (where under_way_share_high <= 0.5) as p50_minutes_high,
    max(minutes) as last_minutes,
    min(under_way_share) as under_way_share,
    max(greenwood) as greenwood
from bounds
group by all
