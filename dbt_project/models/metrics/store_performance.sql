with

deliveries as (

    select * from {{ ref('fct_deliveries') }}

),

served as (

    select distinct
        trip_id,
        order_id
    from {{ ref('stg_orders') }}
    where trip_id is not null

),

-- Trips that served one store only, by any event of an order that names them: only there is the time at the pick-up
-- that store's, also where another trip took the order over.
one_store_trips as (

    select
        served.trip_id,
        min(deliveries.order_id) as order_id
    from served
    left join deliveries on served.order_id = deliveries.order_id
    group by served.trip_id
    having
        count(*) = count(deliveries.store_id)
        and count(distinct deliveries.store_id) = 1
        and count(distinct deliveries.site_id) = 1

),

-- Two trips may have had one order, so a trip's dwell is a row of its own, dated as the first of its orders by id.
orders_and_dwells as (

    select
        order_id,
        placed_date,
        market_id,
        offer_type,
        site_id,
        store_id,
        preparation_minutes,
        pickup_wait_minutes,
        cast(null as double) as dwell_minutes,
        status = 'cancelled' and cancel_reason = 'store' as is_cancelled_by_store,
        is_on_time
    from deliveries
    where store_id is not null
    union all
    select
        null as order_id,
        deliveries.placed_date,
        deliveries.market_id,
        deliveries.offer_type,
        deliveries.site_id,
        deliveries.store_id,
        null as preparation_minutes,
        null as pickup_wait_minutes,
        {{ duration_minutes('trips.arrived_at_pickup_at', 'trips.departed_pickup_at') }} as dwell_minutes,
        null as is_cancelled_by_store,
        null as is_on_time
    from one_store_trips
    inner join deliveries on one_store_trips.order_id = deliveries.order_id
    inner join {{ ref('fct_trips') }} as trips on one_store_trips.trip_id = trips.trip_id

),

cells as (

    {{ cells(
        'orders_and_dwells', ref('fct_deliveries'), 'placed_date',
        columns=[
            'market_id', 'offer_type', 'site_id', 'store_id', 'order_id', 'preparation_minutes', 'pickup_wait_minutes',
            'dwell_minutes', 'is_cancelled_by_store', 'is_on_time',
        ],
        grains=['week', 'all'],
        totals=[]
    ) }}

),

summed as (

    select
        {{ cell_keys() }},
        site_id,
        store_id,
        count(order_id) as orders,
        {%- for each in ['preparation_minutes', 'pickup_wait_minutes', 'dwell_minutes'] %}
            {{ percentiles(each, [0.5, 0.9]) }} as {{ each }},
        {%- endfor %}
        count(dwell_minutes) as dwell_trips,
        count(*) filter (where is_cancelled_by_store) as cancelled_by_store,
        count(is_on_time) as due,
        count(*) filter (where is_on_time) as on_time
    from cells
    group by all

)

select
    {{ cell_keys() }},
    site_id,
    store_id,
    orders,
    {%- for each in ['preparation_minutes', 'pickup_wait_minutes', 'dwell_minutes'] %}
        {{ percentile_columns(each, each, ['p50', 'p90']) }},
    {%- endfor %}
    dwell_trips,
    cancelled_by_store,
    {{ ratio('cancelled_by_store', 'orders') }} as cancelled_by_store_share,
    due,
    on_time,
    {{ share_with_interval('on_time_share', 'on_time', 'due') }}
from summed
