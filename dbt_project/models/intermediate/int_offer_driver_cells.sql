with

cells as (

    {{ cells(
        ref('fct_offers'), ref('fct_offers'), 'sent_date', columns=['driver_key', 'is_at_risk', 'is_accepted']
    ) }}

)

select
    {{ cell_keys() }},
    driver_key,
    cast(count(*) filter (where is_accepted) as double) as accepted,
    cast(count(*) filter (where is_at_risk) as double) as at_risk
from cells
where is_at_risk
group by all
