{#-
A column's comment is its description; a metric's says its unit and formula too, out of the same metadata as
`metric_dictionary`. Takes the place of dbt-duckdb's macro of the same name.
-#}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {%- for column in column_dict.values() -%}
        {%- set meta = column.config.meta -%}
        {%- set facts = ' Unit: ' ~ meta.unit ~ '. Formula: ' ~ meta.formula ~ '.' if meta.unit else '' -%}
        comment on column {{ relation }}.{{ adapter.quote(column.name) }} is
            {{ duckdb_escape_comment((column.description | trim) ~ facts) }};
    {%- endfor -%}
{%- endmacro %}
