{#-
Durations of the contract: differences of instants, DOUBLE, null where they would come out negative (a device's
clock was off) or an end is unknown.
-#}

{% macro duration_seconds(earlier, later) -%}
    case when {{ later }} >= {{ earlier }} then {{ seconds_between(earlier, later) }} end
{%- endmacro %}

{% macro duration_minutes(earlier, later) -%}
    case when {{ later }} >= {{ earlier }} then {{ minutes_between(earlier, later) }} end
{%- endmacro %}

{% macro duration_hours(earlier, later) -%}
    case when {{ later }} >= {{ earlier }} then {{ hours_between(earlier, later) }} end
{%- endmacro %}


{#- By how much `amount` exceeds `limit`, DOUBLE; 0 where it does not, null where one of them is unknown. -#}
{% macro excess(amount, limit) -%}
    case
        when {{ amount }} > {{ limit }} then {{ amount }} - {{ limit }}
        when {{ amount }} <= {{ limit }} then cast(0 as double)
    end
{%- endmacro %}


{#-
Whether stamps that should follow each other do not: one of the known ones lies before a known one that should
precede it. Unknown stamps are passed over. (Spark's `greatest` wants two arguments at least.)
-#}
{% macro is_out_of_order(stamps) -%}
    {%- set comparisons = [] -%}
    {%- for n in range(1, stamps | length) -%}
        {%- set latest = 'greatest(' ~ stamps[:n] | join(', ') ~ ')' if n > 1 else stamps[0] -%}
        {%- do comparisons.append(stamps[n] ~ ' < ' ~ latest) -%}
    {%- endfor -%}
    coalesce({{ comparisons | join(' or ') }}, false)
{%- endmacro %}


{#-
Great-circle distance in miles between two points in degrees (haversine; Earth radius 3958.7613 miles). The
haversine of opposite points may exceed 1 by rounding and is cut there.
-#}
{% macro great_circle_miles(latitude_1, longitude_1, latitude_2, longitude_2) -%}
    2 * 3958.7613 * asin(sqrt(least(
        cast(1 as double),
        power(sin(radians({{ latitude_2 }} - {{ latitude_1 }}) / 2), 2)
        + cos(radians({{ latitude_1 }})) * cos(radians({{ latitude_2 }}))
        * power(sin(radians({{ longitude_2 }} - {{ longitude_1 }}) / 2), 2)
    )))
{%- endmacro %}
