{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'driver_earnings'}}}) }}
-- A share that is withheld in one market only is the total less the other markets: withholding it alone hides nothing.
-- Nor may a day be the week less its other days, or a type the total less the other types.
with

cells as (

    select
        {{ cell_keys() }},
        sum(wage_hours) as hours
    from {{ ref('int_driver_cells') }}
    where wage_hours is not null
    group by all

),

judged as (

    select
        cells.*,
        earnings.is_suppressed
    from cells
    inner join {{ ref('driver_earnings') }} as earnings on {{ same_cell('cells', 'earnings') }}

)
{% for members in sums_between_cells() %}
    select
        {{ loop.index }} as kind_of_sum,
        min(period_start) as first_period,
        min(market_id) as first_market,
        min(offer_type) as first_offer_type
    from judged
    group by {{ members }}
    having count(*) > 1 and count(*) filter (where is_suppressed) = 1
    {{ 'union all' if not loop.last }}
{%- endfor %}
