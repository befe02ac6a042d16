with

cells as (

    select
        cell_number,
        {{ cell_keys() }},
        cast(sum(at_risk) as bigint) as at_risk,
        cast(sum(accepted) as bigint) as accepted,
        count(distinct driver_number) as drivers,
        min(pay_per_hour_usd) as pay_per_hour_least_usd,
        max(pay_per_hour_usd) as pay_per_hour_greatest_usd
    from {{ ref('int_offer_pay_answers') }}
    group by all

),

fitted as (

    select
        cells.*,
        round(fit.log_odds_per_usd, 9) as log_odds_per_usd,
        round(fit.log_odds_per_usd_low, 9) as log_odds_per_usd_low,
        round(fit.log_odds_per_usd_high, 9) as log_odds_per_usd_high,
        {%- for end in ['', '_low', '_high'] %}
            {{ usd('fit.pay_needed_usd' ~ end) }} as pay_per_hour_for_80_percent_usd{{ end }},
        {%- endfor %}
        pay_per_hour_for_80_percent_usd > cells.pay_per_hour_greatest_usd as is_above_offered,
        pay_per_hour_for_80_percent_usd < cells.pay_per_hour_least_usd as is_below_offered
    from cells
    left join {{ ref('int_acceptance_fit') }} as fit on cells.cell_number = fit.cell_number

)

select
    {{ cell_keys() }},
    at_risk,
    accepted,
    drivers,
    pay_per_hour_least_usd,
    pay_per_hour_greatest_usd,
    log_odds_per_usd,
    log_odds_per_usd_low,
    log_odds_per_usd_high,
    pay_per_hour_for_80_percent_usd,
    pay_per_hour_for_80_percent_usd_low,
    pay_per_hour_for_80_percent_usd_high,
    is_above_offered or is_below_offered as is_beyond_offered,
    case
        when drivers < 5 then 'Fewer than 5 drivers: no fit.'
        when accepted = 0 then 'None accepted: no fit.'
        when accepted = at_risk then 'All accepted: no fit.'
        when pay_per_hour_least_usd = pay_per_hour_greatest_usd then 'All offers paid the same: no fit.'
        when log_odds_per_usd is null
            then 'A pay parts those who accepted from those who did not, or nearly: no curve fits.'
        when pay_per_hour_for_80_percent_usd is null
            then 'Acceptance does not clearly rise with pay: no pay can be said to be enough.'
        when is_above_offered then 'An extrapolation: no offer paid that much.'
        when is_below_offered then 'An extrapolation: no offer paid that little.'
    end as note
from fitted
