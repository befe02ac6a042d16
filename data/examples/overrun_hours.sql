-- How many hours beyond their block do drivers work, and what would those have paid at their own rate?
select
    market_id,
    offer_type,
    count(*) as trips,
    count(*) filter (where unpaid_overrun_hours > 0.25) as overrun_trips,
    count(*) filter (where unpaid_overrun_hours > 0.25) / count(*) as overrun_share,
    sum(scheduled_hours) as scheduled_hours,
    sum(unpaid_overrun_hours) as unpaid_overrun_hours,
    sum(unpaid_overrun_hours * gross_usd / scheduled_hours) as unpaid_overrun_usd
from fct_trips
where status = 'ended' and not is_pay_pending and scheduled_hours is not null
group by market_id, offer_type
order by overrun_share desc, market_id asc, offer_type asc;
