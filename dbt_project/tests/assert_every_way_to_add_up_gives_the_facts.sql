{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'driver_earnings'}}}) }}
-- Days, weeks or the whole, markets or their total, types or their total: each of the twelve ways to cut a fact holds
-- each of its rows once. A join that drops or repeats rows, or a week that starts twice, does not.
with

facts as (

    select
        'delivery_speed' as metric_table,
        count(*) as expected
    from {{ ref('fct_deliveries') }}
    union all
    select
        'offer_acceptance' as metric_table,
        count(*) as expected
    from {{ ref('fct_offers') }}
    union all
    select
        'driver_earnings' as metric_table,
        count(*) as expected
    from {{ ref('fct_trips') }}
    where status = 'ended'

),

cells as (
    {% for table, counted in [
        ('delivery_speed', 'orders'), ('offer_acceptance', 'offers'), ('driver_earnings', 'trips + pay_pending_trips')
    ] %}
        select
            '{{ table }}' as metric_table,
            {{ cell_keys() }},
            {{ counted }} as counted
        from {{ ref(table) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cells.metric_table,
    cells.grain,
    cells.market_id = 'all' as is_market_total,
    cells.offer_type = 'all' as is_type_total,
    sum(cells.counted) as counted,
    min(facts.expected) as expected
from cells
inner join facts on cells.metric_table = facts.metric_table
group by all
having sum(cells.counted) <> min(facts.expected)
