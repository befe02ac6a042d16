-- Which stores make drivers wait longest, and does the order or the pick-up take the time?
select
    market_id,
    site_id,
    store_id,
    dwell_trips,
    dwell_minutes_p50,
    dwell_minutes_p90,
    orders,
    preparation_minutes_p50,
    pickup_wait_minutes_p50
from store_waits(offer := 'retail', min_orders := 30)
where dwell_trips >= 3
order by dwell_minutes_p90 desc nulls last, site_id asc, store_id asc
limit 10;
