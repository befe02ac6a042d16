-- In how many of their weeks were drivers left with less than the minimum wage of the place?
with weeks as (
    select
        market_id,
        driver_key,
        date_trunc('week', trip_date) as week,
        sum(net_usd) as net_usd,
        sum(minimum_wage_usd * on_job_hours) as minimum_usd
    from earning_trips()
    where minimum_wage_usd is not null
    group by all
    having count(*) >= 3
)

select
    market_id,
    count(distinct driver_key) as drivers,
    count(distinct driver_key) filter (where net_usd < minimum_usd) as drivers_ever_below,
    count(*) as driver_weeks,
    count(*) filter (where net_usd < minimum_usd) as driver_weeks_below,
    count(*) filter (where net_usd < minimum_usd) / count(*) as driver_weeks_below_share
from weeks
group by market_id
order by driver_weeks_below_share desc, market_id asc;
