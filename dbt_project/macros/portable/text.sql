{#- Text that is the same on every engine: plain values, JSON values and their fingerprint. -#}

{#- A value, or null, as text. (VARCHAR wants a length on Spark.) -#}
{% macro as_text(expression) -%}
    {{ adapter.dispatch('as_text')(expression) }}
{%- endmacro %}

{% macro duckdb__as_text(expression) -%}
    cast({{ expression }} as varchar)
{%- endmacro %}

{% macro spark__as_text(expression) -%}
    cast({{ expression }} as string)
{%- endmacro %}


{#- The SHA-256 of a text as 64 lower-case hex digits. -#}
{% macro sha256(text) -%}
    {{ adapter.dispatch('sha256')(text) }}
{%- endmacro %}

{% macro duckdb__sha256(text) -%}
    sha256({{ text }})
{%- endmacro %}

{% macro spark__sha256(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}


{#-
A column as a JSON value: instants as UTC text with six decimals, decimals with all their places, texts quoted and
escaped. `type` is the column's type in upper case. Null stays null.
-#}
{% macro json_value(column, type) -%}
    {{ adapter.dispatch('json_value')(column, type) }}
{%- endmacro %}

{% macro duckdb__json_value(column, type) -%}
    {%- if type.startswith('TIMESTAMP') -%}
        strftime(timezone('UTC', {{ column }}), '"%Y-%m-%dT%H:%M:%S.%fZ"')
    {%- elif type == 'VARCHAR' -%}
        cast(to_json({{ column }}) as varchar)
    {%- else -%}
        cast({{ column }} as varchar)
    {%- endif -%}
{%- endmacro %}

{% macro spark__json_value(column, type) -%}
    {%- if type.startswith('TIMESTAMP') -%}
        date_format({{ column }}, '"yyyy-MM-dd\'T\'HH:mm:ss.SSSSSS\'Z\'"')
    {%- elif type == 'STRING' -%}
        substring(to_json(array({{ column }})), 2, length(to_json(array({{ column }}))) - 2)
    {%- else -%}
        cast({{ column }} as string)
    {%- endif -%}
{%- endmacro %}


{#-
The canonical JSON of a row: keys sorted, no spaces, nulls left out. `columns` are (name, type) pairs. At least one
of them, `event_id`, is never null.
-#}
{% macro canonical_json(columns) -%}
    {%- set pairs = [] -%}
    {%- for name, type in columns | sort -%}
        {%- do pairs.append("'\"" ~ name ~ "\":' || " ~ json_value(name, type)) -%}
    {%- endfor -%}
    '{' || concat_ws(',', {{ pairs | join(', ') }}) || '}'
{%- endmacro %}


{#- A from item with the columns `name` and `lines`: the members of a JSON object of whole numbers. -#}
{% macro members_of(json) -%}
    {{ adapter.dispatch('members_of')(json) }}
{%- endmacro %}

{% macro duckdb__members_of(json) -%}
    lateral (
        select
            key as name,
            cast(value as bigint) as lines
        from json_each({{ json }})
    ) as members
{%- endmacro %}

{% macro spark__members_of(json) -%}
    lateral (
        select explode(from_json({{ json }}, 'map<string,bigint>')) as (name, lines)
    ) as members
{%- endmacro %}
