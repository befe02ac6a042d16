{#- Schemas are called what the models say: main, audit, staging, intermediate; never `main_audit`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
