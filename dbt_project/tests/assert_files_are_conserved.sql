{# Dagster shows it as a check of this model, which it therefore has to name. #}
-- depends_on: {{ ref('logs') }}
{{ config(meta={'dagster': {'ref': {'name': 'logs'}}}) }}
-- Of every file ever taken in: its lines are those accepted and those quarantined, the accepted ones are in the lake
-- and the quarantined ones in quarantine. A part that was changed, lost or put there by hand does not add up.
with

counted as (

    select
        log,
        sha256 as file_sha256,
        case when status = 'loaded' then path end as path,
        lines,
        accepted,
        quarantined,
        0 as lines_in_lake,
        0 as lines_in_quarantine
    from {{ source('audit', 'files') }}
    union all
    select
        log,
        file_sha256,
        null as path,
        0 as lines,
        0 as accepted,
        0 as quarantined,
        0 as lines_in_lake,
        lines as lines_in_quarantine
    from {{ source('audit', 'quarantine_reasons') }}
    {% for log in ['orders', 'offers', 'trips'] %}
        union all
        select
            '{{ log }}' as log,
            file_sha256,
            null as path,
            0 as lines,
            0 as accepted,
            0 as quarantined,
            count(*) as lines_in_lake,
            0 as lines_in_quarantine
        from {{ source('lake', log) }}
        group by file_sha256
    {%- endfor %}

),

files as (

    select
        log,
        file_sha256,
        max(path) as path,
        sum(lines) as lines,
        sum(accepted) as accepted,
        sum(quarantined) as quarantined,
        sum(lines_in_lake) as lines_in_lake,
        sum(lines_in_quarantine) as lines_in_quarantine
    from counted
    group by log, file_sha256

)

select *
from files
where
    lines <> accepted + quarantined
    or accepted <> lines_in_lake
    or quarantined <> lines_in_quarantine
order by log, path
