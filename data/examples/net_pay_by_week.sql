-- What is left for drivers per hour, week by week, and how sure are we of it?
select
    period_start,
    market_id,
    costed_trips,
    drivers,
    net_per_hour_usd,
    net_per_hour_usd_low,
    net_per_hour_usd_high
from net_hourly(market := 'each', offer := 'retail', grain := 'week')
order by market_id, period_start;
