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
        earnings.is_suppressed as is_withheld
    from cells
    inner join {{ ref('driver_earnings') }} as earnings on {{ same_cell('cells', 'earnings') }}

)

{{ solvable_sums('judged') }}
