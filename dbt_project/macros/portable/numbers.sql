{#- Money and exact rounding. -#}

{#-
An amount in USD: DECIMAL(12,4), rounded half up to 4 places; null where it is not finite or does not fit.
Miles and hours are DOUBLE, so a product that is 7.10535 on paper may arrive as 7.105349999999999. It is first
set to 10 places, which undoes the noise of binary fractions, and only then rounded to 4: ties go up as on paper.
-#}
{% macro usd(expression) -%}
    try_cast(round(try_cast({{ expression }} as decimal(28, 10)), 4) as decimal(12, 4))
{%- endmacro %}

{#- A quotient as DOUBLE; null where the denominator is 0 or null. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}
