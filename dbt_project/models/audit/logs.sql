with

settings as (

    select * from {{ source('run', 'settings') }}

),

lines as (
    {% for log in ['orders', 'offers', 'trips'] %}
        select
            '{{ log }}' as log,
            received_at
        from {{ source('lake', log) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

events as (
    {% for log in ['orders', 'offers', 'trips'] %}
        select
            '{{ log }}' as log,
            count(*) as current_lines
        from {{ ref('stg_' ~ log) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

set_aside as (
    {% for log in ['orders', 'offers', 'trips'] %}
        select
            '{{ log }}' as log,
            line_class
        from {{ ref('stg_' ~ log ~ '_set_aside') }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

accepted as (

    select
        lines.log,
        count(*) as accepted,
        count(*) filter (where lines.received_at > settings.as_of_limit) as after_cut,
        max(lines.received_at) filter (
            where settings.as_of_limit is null or lines.received_at <= settings.as_of_limit
        ) as cut
    from lines
    cross join settings
    group by lines.log

),

counted as (

    select
        log,
        count(*) filter (where line_class = 'superseded') as superseded,
        count(*) filter (where line_class = 'duplicate') as duplicates,
        count(*) filter (where line_class = 'conflict') as conflicts,
        count(*) filter (where line_class = 'retracted') as retracted
    from set_aside
    group by log

)

select
    events.log,
    coalesce(accepted.accepted, 0) as accepted,
    events.current_lines as current,
    coalesce(counted.superseded, 0) as superseded,
    coalesce(counted.duplicates, 0) as duplicates,
    coalesce(counted.conflicts, 0) as conflicts,
    coalesce(counted.retracted, 0) as retracted,
    coalesce(accepted.after_cut, 0) as after_cut,
    accepted.cut
from events
left join accepted on events.log = accepted.log
left join counted on events.log = counted.log
