with

orders as (

    select * from {{ ref('int_orders') }}
    where placed_at is not null

),

sites as (

    select * from {{ ref('dim_site') }}

),

markets as (

    select * from {{ ref('dim_market') }}

),

orders_log as (

    select cut from {{ ref('logs') }}
    where log = 'orders'

),

dated as (

    select
        orders.*,
        sites.market_id,
        sites.offer_type,
        coalesce(orders.delivering_trip_id, orders.last_trip_id) as trip_id,
        {{ local_date('orders.placed_at', 'markets.time_zone') }} as placed_date,
        {{ local_date('orders.delivered_at', 'markets.time_zone') }} as delivered_date,
        orders.promised_at <= orders_log.cut as is_promise_due
    from orders
    cross join orders_log
    left join sites on orders.site_id = sites.site_id
    left join markets on sites.market_id = markets.market_id

)

select
    order_id,
    market_id,
    site_id,
    offer_type,
    store_id,
    trip_id,
    package_count,
    placed_at,
    ready_at,
    picked_up_at,
    first_attempted_at,
    delivered_at,
    returned_at,
    cancelled_at,
    lost_at,
    promised_at,
    placed_date,
    delivered_date,
    case
        when delivered_at is not null then 'delivered'
        else coalesce(last_undelivered_status, 'open')
    end as status,
    cancel_reason,
    failed_attempts,
    {{ duration_minutes('placed_at', 'delivered_at') }} as click_to_door_minutes,
    {{ duration_minutes('placed_at', 'ready_at') }} as preparation_minutes,
    {{ duration_minutes('ready_at', 'picked_up_at') }} as pickup_wait_minutes,
    {{ duration_minutes('picked_up_at', 'delivered_at') }} as transit_minutes,
    is_promise_due,
    case
        when promised_at is null or not is_promise_due then null
        when delivered_at is not null then delivered_at <= promised_at
        when cancel_reason = 'customer' and cancelled_at <= promised_at then null
        else false
    end as is_on_time,
    delivered_date = placed_date as is_same_day,
    {{ days_between('placed_date', 'delivered_date') }} between 0 and 1 as is_next_day,
    {{ is_out_of_order(['placed_at', 'ready_at', 'picked_up_at', 'delivered_at']) }} as has_clock_disorder,
    round(dropoff_latitude, 2) as dropoff_latitude,
    round(dropoff_longitude, 2) as dropoff_longitude
from dated
