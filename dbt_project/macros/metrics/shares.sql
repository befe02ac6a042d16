{#- Shares and rates of a metric table: always a ratio of sums, null where there is nothing to divide by. -#}

{#-
`name`, `name_low` and `name_high`: successes / trials with Wilson's 95 % score interval, which stays within 0 and 1
and says something at the edges (Wilson 1927; 1.96 is the 0.975 quantile of the normal distribution).
-#}
{% macro share_with_interval(name, successes, trials) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set trials_z = '(' ~ trials ~ ' + ' ~ z * z ~ ')' -%}
    {%- set middle = '(' ~ successes ~ ' + ' ~ z * z / 2 ~ ')' -%}
    {%- set spread = z ~ ' * sqrt(cast(' ~ successes ~ ' as double) * (' ~ trials ~ ' - ' ~ successes ~ ')'
        ~ ' / nullif(' ~ trials ~ ', 0) + ' ~ z * z / 4 ~ ')' -%}
    {{ ratio(successes, trials) }} as {{ name }},
    case when {{ trials }} > 0 then greatest(0, ({{ middle }} - {{ spread }}) / {{ trials_z }}) end as {{ name }}_low,
    case when {{ trials }} > 0 then least(1, ({{ middle }} + {{ spread }}) / {{ trials_z }}) end as {{ name }}_high
{%- endmacro %}


{#-
Sum of a DOUBLE, null where nothing is known. Added as decimals to 15 places: a sum of binary fractions depends on the
order of its rows in the last digits, and no figure may depend on the order of the log lines. Fewer places would not do:
40 minutes are 0.6666666667 hours to ten of them, and a rate per hour that ends in a 5 on paper would be rounded down.
-#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(38, 15))) as double)
{%- endmacro %}


{#- USD per hour over the trips whose amount and hours are both known: sum / sum, never a mean of ratios. -#}
{% macro usd_per_hour(amount, hours) -%}
    {{ usd(ratio(
        'sum(case when ' ~ hours ~ ' is not null then ' ~ amount ~ ' end)',
        exact_sum('case when ' ~ amount ~ ' is not null then ' ~ hours ~ ' end')
    )) }}
{%- endmacro %}


{#- Which percentiles of drivers' pay there are, in the order of the array that `int_driver_figures` makes of them. -#}
{% macro driver_percents() -%}
    {{ return(range(5, 100, 5) | list) }}
{%- endmacro %}


{#- `prefix_p50, ..`: the items of an array made by `percentiles` as columns, in the order of `names`. -#}
{% macro percentile_columns(prefix, array, names) -%}
    {%- for name in names %}
        {{ array_item(array, loop.index) }} as {{ prefix }}_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
