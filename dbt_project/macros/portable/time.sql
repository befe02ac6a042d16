{#-
Instants and calendars. DuckDB and Spark agree on what an instant is and on little else about it.
An instant is TIMESTAMPTZ on DuckDB and TIMESTAMP (session zone UTC) on Spark; a zone is an IANA name.
-#}

{#- The wall clock of `zone` at `instant`: a timestamp without zone. -#}
{% macro local_time(instant, zone) -%}
    {{ adapter.dispatch('local_time')(instant, zone) }}
{%- endmacro %}

{% macro duckdb__local_time(instant, zone) -%}
    timezone({{ zone }}, {{ instant }})
{%- endmacro %}

{% macro spark__local_time(instant, zone) -%}
    from_utc_timestamp({{ instant }}, {{ zone }})
{%- endmacro %}


{#- The calendar day of `zone` at `instant`. -#}
{% macro local_date(instant, zone) -%}
    cast({{ local_time(instant, zone) }} as date)
{%- endmacro %}


{#- Elapsed time from one instant to another, DOUBLE; negative where `later` lies before `earlier`. -#}
{% macro seconds_between(earlier, later) -%}
    {{ microseconds_between(earlier, later) }} / cast(1000000 as double)
{%- endmacro %}

{% macro minutes_between(earlier, later) -%}
    {{ microseconds_between(earlier, later) }} / cast(60000000 as double)
{%- endmacro %}

{% macro hours_between(earlier, later) -%}
    {{ microseconds_between(earlier, later) }} / cast(3600000000 as double)
{%- endmacro %}

{% macro microseconds_between(earlier, later) -%}
    {{ adapter.dispatch('microseconds_between')(earlier, later) }}
{%- endmacro %}

{% macro duckdb__microseconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }}))
{%- endmacro %}

{% macro spark__microseconds_between(earlier, later) -%}
    (unix_micros({{ later }}) - unix_micros({{ earlier }}))
{%- endmacro %}


{#- Whole days from one date to another, integer. -#}
{% macro days_between(earlier, later) -%}
    {{ adapter.dispatch('days_between')(earlier, later) }}
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}


{#- The Monday of the week a date lies in. -#}
{% macro week_start(date) -%}
    cast(date_trunc('week', {{ date }}) as date)
{%- endmacro %}

{#- The first day of the month a date lies in. -#}
{% macro month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}


{#- 1 for Monday to 7 for Sunday. -#}
{% macro weekday(date) -%}
    {{ adapter.dispatch('weekday')(date) }}
{%- endmacro %}

{% macro duckdb__weekday(date) -%}
    cast(isodow({{ date }}) as integer)
{%- endmacro %}

{% macro spark__weekday(date) -%}
    (weekday({{ date }}) + 1)
{%- endmacro %}


{#- A from item with one column, `calendar_date`: every day from `first_date` to `last_date` of the same query. -#}
{% macro days_from_to(first_date, last_date) -%}
    {{ adapter.dispatch('days_from_to')(first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__days_from_to(first_date, last_date) -%}
    lateral (
        select cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date) as calendar_date
    ) as days
{%- endmacro %}

{% macro spark__days_from_to(first_date, last_date) -%}
    lateral (
        select explode(sequence({{ first_date }}, {{ last_date }}, interval 1 day)) as calendar_date
    ) as days
{%- endmacro %}
