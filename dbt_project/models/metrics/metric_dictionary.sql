{# It reads nothing, and must be made after the working database was made anew. -#}
-- depends_on: {{ source('run', 'settings') }}
{%- if execute %}
    {%- for node, column in metric_columns() %}
{%- set sources = metric_sources(node, column) %}
select
    {{ text_literal(column.name) }} as name,
    {{ text_literal(node.name) }} as table_name,
    {{ text_literal(column.description) }} as meaning,
    {{ text_literal(column.config.meta.unit) }} as unit,
    {{ text_literal(column.config.meta.formula) }} as formula,
    {{ text_literal(column.config.meta.better) }} as better,
    {{ text_literal(sources | map('first') | unique | join(', ')) }} as source_tables,
    {{ text_literal(sources | selectattr(1) | map('join', '.') | join(', ')) }} as source_columns,
    {{ text_literal(pages_that_read(node) | join(', ')) }} as shown_on
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endif %}
