{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'driver_earnings'}}}) }}
-- An interval that leaves out its own figure is a join to another cell or a mixed-up column. (Where fewer than
-- half arrive the censored median is unknown, but not what it exceeds.)
{%- set intervals = [
    ('delivery_speed', 'on_time_share', 'on_time_share'),
    ('delivery_speed', 'click_to_door_minutes_p50_censored', 'click_to_door_minutes_p50_censored'),
    ('delivery_curve', 'delivered_share_censored', 'delivered_share_censored'),
    ('delivery_hours', 'on_time_share', 'on_time_share'),
    ('store_performance', 'on_time_share', 'on_time_share'),
    ('offer_acceptance', 'acceptance_share', 'acceptance_share'),
    ('offer_acceptance', 'acceptance_share', 'acceptance_share_by_driver'),
    ('offer_acceptance', 'fill_share', 'fill_share'),
    ('acceptance_by_pay', 'acceptance_share', 'acceptance_share'),
    ('acceptance_by_pay', 'fitted_share', 'fitted_share'),
    ('acceptance_pay_needed', 'log_odds_per_usd', 'log_odds_per_usd'),
    ('acceptance_pay_needed', 'pay_per_hour_for_80_percent_usd', 'pay_per_hour_for_80_percent_usd'),
    ('driver_earnings', 'gross_per_hour_usd', 'gross_per_hour_usd'),
    ('driver_earnings', 'net_per_hour_usd', 'net_per_hour_usd'),
    ('pilot_readout', 'difference', 'difference'),
] %}
{% for table, figure, interval in intervals %}
    select
        '{{ table }}' as table_name,
        '{{ interval }}' as interval_of,
        {{ figure }} as figure,
        {{ interval }}_low as interval_low,
        {{ interval }}_high as interval_high
    from {{ ref(table) }}
    where
        {{ figure }} < {{ interval }}_low - 0.000001
        or {{ figure }} > {{ interval }}_high + 0.000001
        or ({{ figure }} is null and {{ interval }}_low is not null and not {{ interval.endswith('_p50_censored') }})
    {{ 'union all' if not loop.last }}
{% endfor %}
