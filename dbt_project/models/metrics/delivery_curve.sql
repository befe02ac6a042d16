with

deliveries as (

    select
        placed_date,
        market_id,
        offer_type,
        {{ duration_minutes('placed_at', 'promised_at') }} as promise_minutes
    from {{ ref('fct_deliveries') }}

),

cells as (

    {{ cells('deliveries', ref('fct_deliveries'), 'placed_date', columns=['promise_minutes'], grains=['week', 'all']) }}

),

promises as (

    select
        {{ cell_keys() }},
        {{ curve_edge('promise_minutes') }} as within_minutes,
        count(promise_minutes) as promised
    from cells
    group by all

),

points as (

    select
        {{ cell_keys('cells') }},
        edges.within_minutes
    from (select distinct {{ cell_keys() }} from promises) as cells
    cross join (
        {%- for edge in curve_edges() + ["cast('infinity' as double)"] %}
            select {{ edge }} as within_minutes {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as edges

),

-- The share under way falls and Greenwood's sum grows: the least and the greatest so far are those of the last arrival.
curves as (

    select
        points.*,
        coalesce(survival.arriving, 0) as delivered,
        lag(points.within_minutes, 1, 0) over so_far as edge_before,
        coalesce(sum(survival.leaving) over whole, 0) as orders,
        coalesce(sum(survival.leaving) over so_far, 0) - coalesce(survival.leaving_at_edge, 0) as left_before,
        coalesce(min(survival.under_way_share) over so_far, 1) as under_way_share,
        max(survival.greenwood) over so_far as greenwood,
        sum(promises.promised) over whole as promised_orders,
        coalesce(sum(promises.promised) over so_far, 0) as promised
    from points
    left join {{ ref('int_delivery_survival') }} as survival
        on {{ same_cell('points', 'survival') }} and points.within_minutes = survival.within_minutes
    left join promises on {{ same_cell('points', 'promises') }} and points.within_minutes = promises.within_minutes
    window
        whole as (partition by {{ cell_keys('points') }}),
        so_far as (partition by {{ cell_keys('points') }} order by points.within_minutes)

)

select
    {{ cell_keys() }},
    cast(within_minutes as integer) as within_minutes,
    cast(orders as bigint) as orders,
    cast(delivered as bigint) as delivered,
    {{ ratio('60 * delivered', 'within_minutes - edge_before') }} as delivered_per_hour,
    cast(orders - left_before as bigint) as at_risk,
    case when orders > left_before then 1 - under_way_share end as delivered_share_censored,
    case when orders > left_before then 1 - {{ survival_bound('under_way_share', 'greenwood', 'high') }} end
        as delivered_share_censored_low,
    case when orders > left_before then 1 - {{ survival_bound('under_way_share', 'greenwood', 'low') }} end
        as delivered_share_censored_high,
    cast(promised_orders as bigint) as promised_orders,
    {{ ratio('promised', 'promised_orders') }} as promised_share
from curves
where within_minutes < cast('infinity' as double)
