-- Where did fewer offers find a driver in the latest four weeks than in the four before?
with weeks as (
    select
        market_id,
        offer_type,
        at_risk,
        accepted,
        dense_rank() over (order by period_start desc) as weeks_ago
    from offer_acceptance
    where grain = 'week' and market_id <> 'all' and offer_type <> 'all'
),

compared as (
    select
        market_id,
        offer_type,
        sum(at_risk) filter (where weeks_ago between 5 and 8) as at_risk_before,
        sum(accepted) filter (where weeks_ago between 5 and 8) as accepted_before,
        sum(at_risk) filter (where weeks_ago <= 4) as at_risk_lately,
        sum(accepted) filter (where weeks_ago <= 4) as accepted_lately
    from weeks
    group by all
)

select
    *,
    accepted_before / at_risk_before as acceptance_share_before,
    accepted_lately / at_risk_lately as acceptance_share_lately,
    accepted_lately / at_risk_lately - accepted_before / at_risk_before as change
from compared
where at_risk_before >= 100 and at_risk_lately >= 100 -- with fewer, chance alone moves it
order by change asc, market_id asc, offer_type asc;
