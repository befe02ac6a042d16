{#- Kaplan and Meier's curve of the time to the door: where it is read, and how far it may be off. -#}

{#-
The minutes after an order was placed at which its curve is read, in ascending order: close together where most orders
arrive, and up to two days. The one place that says so; 180 must stay among them (within_180_minutes_share_censored).
-#}
{% macro curve_edges() -%}
    {%- set edges = [] -%}
    {%- for first, last, step in [(10, 120, 10), (150, 360, 30), (420, 1440, 60), (1620, 2880, 180)] -%}
        {%- do edges.extend(range(first, last + 1, step)) -%}
    {%- endfor -%}
    {{ return(edges) }}
{%- endmacro %}


{#- The first edge at or after so many minutes; infinity beyond the last, or where they are unknown. -#}
{% macro curve_edge(minutes) -%}
    case
    {%- for edge in curve_edges() %}
        when {{ minutes }} <= {{ edge }} then {{ edge }}
    {%- endfor %}
        else cast('infinity' as double)
    end
{%- endmacro %}


{#-
One end of the 95 % interval of a survival share S by the log-log transform of Greenwood's variance (Greenwood 1926;
Kalbfleisch and Prentice 1980): S to the power of exp(-+ 1.96 sqrt(V) / ln S), where V is the sum of d / (n (n - d)) over
the arrivals so far. Null where S is 1 or 0: nothing has varied yet, or nobody is left who could.
-#}
{% macro survival_bound(share, greenwood, end) -%}
    case
        when {{ share }} > 0 and {{ share }} < 1 then power(
            {{ share }},
            exp({{ '-' if end == 'low' }}1.959963984540054 * sqrt({{ greenwood }}) / ln({{ share }}))
        )
    end
{%- endmacro %}
