with

bins as (

    select
        cell_number,
        {{ cell_keys() }},
        cast(floor(pay_per_hour_usd) as decimal(12, 4)) as pay_per_hour_from_usd,
        cast(sum(at_risk) as bigint) as at_risk,
        cast(sum(accepted) as bigint) as accepted
    from {{ ref('int_offer_pay_answers') }}
    group by all

),

-- The interval is of the log-odds, where it is even on both sides.
fitted as (

    select
        bins.*,
        cast(bins.pay_per_hour_from_usd as double) + 0.5 - fit.mean_pay_per_hour_usd as usd_from_mean,
        fit.log_odds_at_mean + fit.log_odds_per_usd * usd_from_mean as log_odds,
        fit.students_quantile * sqrt(greatest(
            0,
            fit.variance_at_mean + usd_from_mean * (2 * fit.covariance + usd_from_mean * fit.variance_per_usd)
        )) as reach
    from bins
    left join {{ ref('int_acceptance_fit') }} as fit on bins.cell_number = fit.cell_number

)

select
    {{ cell_keys() }},
    pay_per_hour_from_usd,
    at_risk,
    accepted,
    {{ share_with_interval('acceptance_share', 'accepted', 'at_risk') }},
    round(1 / (1 + exp(-log_odds)), 9) as fitted_share,
    round(1 / (1 + exp(reach - log_odds)), 9) as fitted_share_low,
    round(1 / (1 + exp(-reach - log_odds)), 9) as fitted_share_high
from fitted
