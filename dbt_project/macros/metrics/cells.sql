{#-
Every row once for each cell it counts in: grain x period x market x offer type, `all` for the totals.
All metrics are aggregates over these cells, so a total can never be made of averages or percentiles of its parts.

    rows         a CTE or relation with market_id, offer_type and the date column
    fact         the whole fact, whose least date begins the period of grain `all`
    date_column  the date that places a row in a day and a week
    columns      what else to carry; narrow, because each row is repeated (12 times with the defaults)
    totals       the keys that also get the value `all`
-#}
{% macro cells(
    rows, fact, date_column, columns, grains=['day', 'week', 'all'], totals=['market_id', 'offer_type']
) -%}
    select
        grains.grain,
        case grains.grain
            when 'day' then rows_in.{{ date_column }}
            when 'week' then {{ week_start('rows_in.' ~ date_column) }}
            else span.first_date
        end as period_start,
    {%- for key in totals %}
        case when {{ key }}_totals.is_total then 'all' else rows_in.{{ key }} end as {{ key }},
    {%- endfor %}
    {%- for column in columns %}
        rows_in.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ rows }} as rows_in
    cross join (select min({{ date_column }}) as first_date from {{ fact }}) as span
    cross join (
    {%- for grain in grains %}
        select '{{ grain }}' as grain{{ ' union all' if not loop.last }}
    {%- endfor %}
    ) as grains
    {%- for key in totals %}
    cross join (select true as is_total union all select false) as {{ key }}_totals
    {%- endfor %}
{%- endmacro %}


{#- The four keys of a cell, as columns of `relation`. -#}
{% macro cell_keys(relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    {{ of }}grain, {{ of }}period_start, {{ of }}market_id, {{ of }}offer_type
{%- endmacro %}

{#- The join condition of two relations that have a row per cell. -#}
{% macro same_cell(left, right) -%}
    {%- for key in ['grain', 'period_start', 'market_id', 'offer_type'] -%}
        {{ left }}.{{ key }} = {{ right }}.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
