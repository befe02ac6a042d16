{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'driver_earnings'}}}) }}
-- Days, weeks or the whole, markets or their total, types or their total: each of the twelve ways to cut a fact holds
-- each of its rows and cents once. A join that drops or repeats rows, or a week that starts twice, does not.
{%- set earning = "status = 'ended' and not is_pay_pending" -%}
{%- set rated = earning ~ ' and net_usd is not null and on_job_hours is not null' -%}
{%- set measures = [
    ('delivery_speed', 'orders', ref('fct_deliveries'), 'count(*)', 'true'),
    ('delivery_curve', 'delivered', ref('fct_deliveries'), 'count(*)', 'click_to_door_minutes <= ' ~ curve_edges()[-1]),
    (
        'delivery_curve', 'case when within_minutes = 180 then promised_orders else 0 end',
        ref('fct_deliveries'), 'count(*)', 'promised_at >= placed_at'
    ),
    ('delivery_hours', 'orders', ref('fct_deliveries'), 'count(*)', 'true'),
    ('offer_acceptance', 'offers', ref('fct_offers'), 'count(*)', 'true'),
    ('acceptance_by_pay', 'at_risk', ref('fct_offers'), 'count(pay_per_hour_usd)', 'is_at_risk'),
    ('acceptance_pay_needed', 'accepted', ref('fct_offers'), 'count(pay_per_hour_usd)', 'is_accepted'),
    ('driver_earnings', 'trips + pay_pending_trips', ref('fct_trips'), 'count(*)', "status = 'ended'"),
    ('driver_earnings', 'gross_usd', ref('fct_trips'), 'sum(gross_usd)', earning),
    ('driver_earnings', 'costed_net_usd', ref('fct_trips'), 'sum(net_usd)', earning),
    ('net_pay_parts', 'trips', ref('fct_trips'), 'count(*)', rated),
    ('net_pay_parts', 'net_usd', ref('fct_trips'), 'sum(net_usd)', rated),
] %}
with

facts as (
    {% for table, measure, fact, expected, condition in measures %}
        select
            '{{ table }}: {{ measure }}' as measure,
            coalesce({{ expected }}, 0) as expected
        from {{ fact }}
        where {{ condition }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

cells as (
    {% for table, measure, _, _, _ in measures %}
        select
            '{{ table }}: {{ measure }}' as measure,
            {{ cell_keys() }},
            {{ measure }} as counted
        from {{ ref(table) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cells.measure,
    cells.grain,
    cells.market_id = 'all' as is_market_total,
    cells.offer_type = 'all' as is_type_total,
    sum(cells.counted) as counted,
    min(facts.expected) as expected
from cells
inner join facts on cells.measure = facts.measure
group by all
-- A sum that does not fit its type is null and cannot be added up.
having sum(cells.counted) <> min(facts.expected) and count(*) = count(cells.counted)
