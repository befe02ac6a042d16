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

days as (

    select distinct
        sent_date,
        market_id,
        offer_type
    from offers

),

cells as (

    {{ cells(
        'days', ref('fct_offers'), 'sent_date',
        columns=['sent_date', 'market_id as of_market_id', 'offer_type as of_offer_type'], grains=['week', 'all']
    ) }}

),

-- Numbered while they are few, and numbers because Python takes a column of them in one piece, texts one by one.
numbered as (

    select
        *,
        dense_rank() over (order by {{ cell_keys() }}) as cell_number
    from cells

)

select
    numbered.cell_number,
    {{ cell_keys('numbered') }},
    offers.driver_number,
    offers.pay_per_hour_usd,
    count(*) as at_risk,
    count(*) filter (where offers.is_accepted) as accepted
from offers
inner join numbered
    on
        offers.sent_date = numbered.sent_date
        and offers.market_id = numbered.of_market_id
        and offers.offer_type = numbered.of_offer_type
group by all
