with

files as (

    select * from {{ source('audit', 'files') }}

),

summed as (

    select
        log,
        landed_on,
        count(*) filter (where status = 'loaded') as files,
        count(*) filter (where status = 'refused') as refused_files,
        count(*) filter (where status = 'duplicate') as duplicate_files,
        cast(sum(bytes) as bigint) as bytes,
        cast(sum(lines) as bigint) as lines,
        cast(sum(accepted) as bigint) as accepted,
        cast(sum(quarantined) as bigint) as quarantined,
        min(first_ingested_at) as first_ingested_at
    from files
    group by log, landed_on

)

select
    log,
    landed_on,
    files,
    refused_files,
    duplicate_files,
    bytes,
    lines,
    accepted,
    quarantined,
    {{ ratio('quarantined', 'lines') }} as quarantined_share,
    first_ingested_at
from summed
