with

set_aside as (
    {% for log in ['orders', 'offers', 'trips'] %}
        select
            '{{ log }}' as log,
            event_id,
            received_at,
            file_sha256,
            line_number,
            content_sha256,
            line_class
        from {{ ref('stg_' ~ log ~ '_set_aside') }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    log,
    event_id,
    received_at,
    file_sha256,
    line_number,
    content_sha256
from set_aside
where line_class = 'conflict'
