{#- Where the rows of a comparison come from, with the date that places a row and who, if anyone, is its driver. -#}
{%- set facts = [
    ('orders', ref('fct_deliveries'), 'placed_date', as_text('null'), 'true'),
    ('offers', ref('fct_offers'), 'sent_date', 'driver_key', 'true'),
    ('blocks', ref('int_blocks_due'), 'sent_date', as_text('null'), 'true'),
    ('trips', ref('fct_trips'), 'trip_date', 'driver_key', "status = 'ended' and not is_pay_pending"),
] -%}
{#- What is summed over what: the metric of that table and name, on the days of the comparison. -#}
{%- set metrics = [
    ('delivery_speed', 'on_time_share', 'orders',
        'case when is_on_time then 1 else 0 end', 'case when is_on_time is not null then 1 end'),
    ('delivery_speed', 'same_day_share', 'orders',
        'case when is_same_day then 1 else 0 end', "case when status = 'delivered' then 1 end"),
    ('delivery_speed', 'click_to_door_minutes_mean', 'orders', 'click_to_door_minutes', '1'),
    ('offer_acceptance', 'acceptance_share', 'offers',
        'case when is_accepted then 1 else 0 end', 'case when is_at_risk then 1 end'),
    ('offer_acceptance', 'fill_share', 'blocks', 'case when is_filled then 1 else 0 end', '1'),
    ('driver_earnings', 'gross_per_hour_usd', 'trips', 'gross_usd', 'on_job_hours'),
    ('driver_earnings', 'net_per_hour_usd', 'trips', 'net_usd', 'on_job_hours'),
    ('driver_earnings', 'net_at_constant_price_per_hour_usd', 'trips',
        'net_usd + gas_usd - constant_price_gas_usd', 'on_job_hours'),
] -%}

with

{% for name, fact, date, driver, condition in facts %}
    -- From the first day of retail in the market on: before it, the baseline lived in another season.
    {{ name }} as (

        select *
        from (
            select
                *,
                {{ date }} as compared_on,
                {{ driver }} as compared_driver,
                min(case when offer_type = 'retail' then {{ date }} end) over (partition by market_id) as retail_from
            from {{ fact }}
            where {{ condition }}
        ) as {{ name }}
        where compared_on >= retail_from

    ),
{% endfor %}
sums as (
    {% for table, metric, rows, numerator, denominator in metrics %}
        select
            '{{ metric }}' as metric,
            '{{ table }}' as table_name,
            market_id,
            offer_type,
            offer_type = 'retail' as is_retail,
            site_id,
            {{ week_start('compared_on') }} as week_starting_on,
            compared_driver as driver_key,
            {{ exact_sum(numerator) }} as numerator,
            {{ exact_sum(denominator) }} as denominator
        from {{ rows }}
        where {{ numerator }} is not null and {{ denominator }} is not null
        group by all
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from sums
