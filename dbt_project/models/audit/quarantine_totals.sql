with

reasons as (

    select * from {{ source('audit', 'quarantine_reasons') }}

),

{# A file that was loaded, and refused when it was read again, is there twice. -#}
files as (

    select
        log,
        path,
        sha256,
        min(landed_on) as landed_on
    from {{ source('audit', 'files') }}
    where status <> 'duplicate'
    group by log, path, sha256

)

select
    reasons.log,
    reasons.reason,
    reasons.field,
    count(*) as files,
    cast(sum(reasons.lines) as bigint) as lines,
    min(files.landed_on) as first_landed_on,
    max(files.landed_on) as last_landed_on
from reasons
inner join files
    on
        reasons.log = files.log
        and reasons.file = files.path
        and reasons.file_sha256 = files.sha256
group by reasons.log, reasons.reason, reasons.field
