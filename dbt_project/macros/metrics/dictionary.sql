{#- The models' own metadata, read while dbt compiles: nothing about a metric is written down twice. -#}

{#- The metric columns of the project: [model, column] for every column of models/metrics with a unit, in order. -#}
{% macro metric_columns() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='name') -%}
        {%- for column in node.columns.values() if node.fqn[1] == 'metrics' and column.config.meta.unit -%}
            {%- do found.append([node, column]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- The published models a model is made of; what it takes from an unpublished one it takes from that one's. -#}
{% macro published_parents(node) -%}
    {%- set found = [] -%}
    {%- for unique_id in node.depends_on.nodes if unique_id in graph.nodes -%}
        {%- set parent = graph.nodes[unique_id] -%}
        {%- for each in ([parent] if parent.fqn[1] in ['marts', 'audit'] else published_parents(parent)) -%}
            {%- do found.append(each) if each not in found -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#-
What a metric's formula names, as pairs (table, column), the column empty where only the table is named. A name in the
formula is a column of a table that the formula names, else of a fact or dimension the model is made of; or such a
table; or another metric of the model, whose sources are then meant.
-#}
{% macro metric_sources(node, column) -%}
    {%- set found = [] -%}
    {%- set formula = modules.re.sub("'[^']*'", '', column.config.meta.formula) -%}
    {%- set words = modules.re.findall('[a-z_0-9]+', formula) -%}
    {%- set parents = published_parents(node) -%}
    {%- set named = parents | selectattr('name', 'in', words) | list -%}
    {%- set facts = parents | rejectattr('schema', 'equalto', 'audit') | list -%}
    {%- for word in words -%}
        {%- set owners = (named + facts) | selectattr('columns.' ~ word, 'defined') | list -%}
        {%- if owners -%}
            {%- do found.append((owners[0].name, word)) -%}
        {%- elif word in named | map(attribute='name') -%}
            {%- do found.append((word, '')) -%}
        {%- elif word in node.columns and word != column.name and node.columns[word].config.meta.formula -%}
            {%- do found.extend(metric_sources(node, node.columns[word])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{%- endmacro %}


{#- The pages that read a model: the exposures `page_..` that depend on it, without the prefix. -#}
{% macro pages_that_read(node) -%}
    {%- set found = [] -%}
    {%- for page in graph.exposures.values() | selectattr('type', 'equalto', 'dashboard') | sort(attribute='name') -%}
        {%- do found.append(page.name | replace('page_', '', 1)) if node.unique_id in page.depends_on.nodes -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- A text as a SQL literal; null where it is empty. -#}
{% macro text_literal(text) -%}
    {%- if text -%} '{{ text | replace("'", "''") | trim }}' {%- else -%} {{ as_text('null') }} {%- endif -%}
{%- endmacro %}
