-- When gas got dearer, how much of an hour's pay did it take?
select
    period_start,
    market_id,
    trips,
    gas_price_usd_per_gallon,
    gross_per_hour_usd,
    gas_per_hour_usd,
    net_per_hour_usd,
    gas_per_hour_usd / nullif(gross_per_hour_usd, 0) as gas_share_of_gross
from net_pay_parts
where grain = 'week' and market_id <> 'all' and offer_type = 'all'
order by market_id, period_start;
