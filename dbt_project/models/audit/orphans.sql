with

beginnings as (

    select
        'orders' as log,
        'order_without_placed' as problem,
        order_id as missing_id,
        events,
        first_event_at,
        last_event_at,
        0 as pay_usd,
        0 as toll_usd
    from {{ ref('int_orders') }}
    where placed_at is null
    union all
    select
        'offers' as log,
        'offer_without_sent' as problem,
        offer_id as missing_id,
        events,
        first_event_at,
        last_event_at,
        0 as pay_usd,
        0 as toll_usd
    from {{ ref('int_offers') }}
    where sent_at is null
    union all
    select
        'trips' as log,
        'trip_without_started' as problem,
        trip_id as missing_id,
        events,
        first_event_at,
        last_event_at,
        base_usd + tip_usd + incentive_usd + adjustment_usd as pay_usd,
        toll_usd
    from {{ ref('int_trips') }}
    where started_at is null

),

mentions as (

    select
        'orders' as log,
        'unknown_trip' as problem,
        events.trip_id as missing_id,
        events.occurred_at
    from {{ ref('stg_orders') }} as events
    left join {{ ref('fct_trips') }} as trips on events.trip_id = trips.trip_id
    where events.trip_id is not null and trips.trip_id is null
    union all
    select
        'trips' as log,
        'unknown_order' as problem,
        events.order_id as missing_id,
        events.occurred_at
    from {{ ref('stg_trips') }} as events
    left join {{ ref('fct_deliveries') }} as deliveries on events.order_id = deliveries.order_id
    where events.order_id is not null and deliveries.order_id is null
    union all
    select
        'trips' as log,
        'unknown_block' as problem,
        events.block_id as missing_id,
        events.occurred_at
    from {{ ref('stg_trips') }} as events
    left join {{ ref('fct_blocks') }} as blocks on events.block_id = blocks.block_id
    where events.block_id is not null and blocks.block_id is null

)

select
    log,
    problem,
    missing_id,
    events,
    first_event_at,
    last_event_at,
    {{ usd('pay_usd') }} as pay_usd,
    {{ usd('toll_usd') }} as toll_usd
from beginnings
union all
select
    log,
    problem,
    missing_id,
    count(*) as events,
    min(occurred_at) as first_event_at,
    max(occurred_at) as last_event_at,
    {{ usd('0') }} as pay_usd,
    {{ usd('0') }} as toll_usd
from mentions
group by log, problem, missing_id
