with

field_counts as (

    select * from {{ source('run', 'field_counts') }}

),

files as (

    select * from {{ source('audit', 'files') }}

),

days as (

    select
        log,
        landed_on,
        sum(lines) as lines
    from files
    group by log, landed_on
    having sum(lines) > 0

),

refused as (

    select
        reasons.log,
        files.landed_on,
        'reason' as measure,
        reasons.reason as name,
        reasons.lines
    from {{ source('audit', 'quarantine_reasons') }} as reasons
    inner join files
        on
            reasons.log = files.log
            and reasons.file_sha256 = files.sha256
            and files.status = 'loaded'

),

unknown as (

    select
        files.log,
        files.landed_on,
        'unknown_field' as measure,
        members.name,
        members.lines
    from files
    cross join {{ members_of('files.drifted_fields') }}

),

counted as (

    select
        log,
        landed_on,
        measure,
        name,
        sum(lines) as found
    from (
        select * from refused
        union all
        select * from unknown
    ) as both_measures
    group by log, landed_on, measure, name

),

names as (

    select distinct
        log,
        measure,
        name
    from counted

)

select
    log,
    landed_on,
    'field' as measure,
    event_type,
    field as name,
    lines,
    found
from field_counts
union all
select
    days.log,
    days.landed_on,
    names.measure,
    'all' as event_type,
    names.name,
    days.lines,
    coalesce(counted.found, 0) as found
from days
inner join names on days.log = names.log
left join counted
    on
        days.log = counted.log
        and days.landed_on = counted.landed_on
        and names.measure = counted.measure
        and names.name = counted.name
