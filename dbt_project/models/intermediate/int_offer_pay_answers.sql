with

offers as (

    select
        sent_date,
        market_id,
        offer_type,
        dense_rank() over (order by driver_key) as driver_number,
        pay_per_hour_usd,
        is_accepted
    from {{ ref('fct_offers') }}
    where is_at_risk and pay_per_hour_usd is not null

),

cells as (

    {{ cells(
        'offers', ref('fct_offers'), 'sent_date', columns=['driver_number', 'pay_per_hour_usd', 'is_accepted'],
        grains=['week', 'all']
    ) }}

),

counted as (

    select
        {{ cell_keys() }},
        driver_number,
        pay_per_hour_usd,
        count(*) as at_risk,
        count(*) filter (where is_accepted) as accepted
    from cells
    group by all

)

-- Numbers, because Python takes a column of them in one piece, and millions of texts one by one.
select
    dense_rank() over (order by {{ cell_keys() }}) as cell_number,
    *
from counted
