{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'logs'}}}) }}
-- A line that no class claims is lost in silence; one that two classes claim counts twice; one that is in no file of
-- the ledger came in by no door.
with

files as (

    select
        log,
        sum(accepted) as accepted_in_files
    from {{ source('audit', 'files') }}
    group by log

),

logs as (

    select
        logs.*,
        coalesce(files.accepted_in_files, 0) as accepted_in_files
    from {{ ref('logs') }} as logs
    left join files on logs.log = files.log

)

select *
from logs
where
    accepted <> current + superseded + duplicates + conflicts + retracted + after_cut
    or accepted <> accepted_in_files
