{#-
The lines of a log that do not stand as they are, with the reason in `line_class`; every other line received by
the limit of `run.settings` is current. Of an event's lines

1. copies of the same content at the same received_at go first: all but one are a `duplicate`;
2. then other contents at the same received_at: all but the one of least SHA-256 are a `conflict`;
3. of what is left the latest is current (or `retracted`), the rest is `superseded`.

The content is looked at only where an event has two lines of one received_at: hashing every line would cost more
than all the rest of the build. Which of several equal copies stays is decided by file and line number; it makes
no difference to any fact.
-#}
{% macro set_aside_lines(log) -%}
    {%- set lake = source('lake', log) -%}

with

settings as (

    select * from {{ source('run', 'settings') }}

),

lines as (

    select lake.*
    from {{ lake }} as lake
    cross join settings
    where settings.as_of_limit is null or lake.received_at <= settings.as_of_limit

),

troubled as (

    select event_id
    from lines
    group by event_id
    having count(*) > 1 or bool_or(retracted)

),

candidates as (

    select
        lines.*,
        count(*) over (partition by lines.event_id, lines.received_at) as lines_at_once
    from lines
    inner join troubled on lines.event_id = troubled.event_id

),

fingerprinted as (

    select
        event_id,
        received_at,
        retracted,
        file_sha256,
        line_number,
        case when lines_at_once > 1 then {{ sha256(canonical_json(content_columns(lake))) }} end as content_sha256
    from candidates

),

ranked as (

    select
        *,
        row_number() over (
            partition by event_id, received_at, content_sha256 order by file_sha256, line_number
        ) as nth_copy,
        dense_rank() over (partition by event_id, received_at order by content_sha256) as nth_content,
        dense_rank() over (partition by event_id order by received_at desc) as nth_latest
    from fingerprinted

),

classified as (

    select
        event_id,
        received_at,
        file_sha256,
        line_number,
        content_sha256,
        case
            when nth_copy > 1 then 'duplicate'
            when nth_content > 1 then 'conflict'
            when nth_latest > 1 then 'superseded'
            when retracted then 'retracted'
            else 'current'
        end as line_class
    from ranked

)

select * from classified
where line_class <> 'current'
{%- endmacro %}


{#- The (name, type) pairs of a lake table's contract fields: all columns but where the line came from. -#}
{% macro content_columns(lake) -%}
    {%- set pairs = [['event_id', 'VARCHAR']] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(lake)
            if column.name not in ('event_id', 'file_sha256', 'line_number', 'landed_on') -%}
            {%- do pairs.append([column.name, column.dtype | upper]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(pairs) }}
{%- endmacro %}


{#- The lines of a log that stand: received by the limit and not set aside. -#}
{% macro current_lines(log) -%}
    select lines.*
    from {{ source('lake', log) }} as lines
    cross join {{ source('run', 'settings') }} as settings
    left join {{ ref('stg_' ~ log ~ '_set_aside') }} as set_aside
        on lines.line_number = set_aside.line_number and lines.file_sha256 = set_aside.file_sha256
    where
        set_aside.line_number is null
        and (settings.as_of_limit is null or lines.received_at <= settings.as_of_limit)
{%- endmacro %}
