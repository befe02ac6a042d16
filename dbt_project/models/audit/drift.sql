{#- How many days back what is usual reaches by weight (each day counts so much less than the next), how few days say
    nothing, and after how many days beyond in a row the new state is the usual one. -#}
{%- set memory_days, least_days, patience_days = 28, 7, 28 -%}
{#- One row in so many may lie beyond the range by chance. -#}
{%- set rarity = 'ln(1000000)' -%}
{#- Checks look at this many of a log's latest days. -#}
{%- set latest_days = 7 -%}
with recursive

counts as (

    select
        *,
        row_number() over (partition by log, measure, event_type, name order by landed_on) as day_number,
        sum(found) over (
            partition by log, measure, event_type, name order by landed_on
            rows between unbounded preceding and 1 preceding
        ) as ever_found,
        dense_rank() over (partition by log order by landed_on desc) <= {{ latest_days }} as is_latest
    from {{ ref('int_drift_counts') }}

),

{# Day after day: what was learned of the days before judges the day, and a day that lies beyond teaches nothing,
   because a bad day would else widen the range until the next bad day is usual. #}
judged as (

    select
        log,
        measure,
        event_type,
        name,
        day_number,
        landed_on,
        cast(lines as double) as lines,
        cast(found as double) as found,
        cast(0 as bigint) as learned_days,
        cast(0 as double) as learned_weight,
        cast(0 as double) as learned_lines,
        cast(0 as double) as learned_found,
        cast(0 as double) as learned_squares,
        cast(null as double) as usual_share,
        cast(null as double) as usual_share_low,
        cast(null as double) as usual_share_high,
        cast(null as boolean) as is_off,
        cast(0 as bigint) as days_off,
        cast(null as date) as off_since
    from counts
    where day_number = 1

    union all

    select
        log,
        measure,
        event_type,
        name,
        day_number,
        landed_on,
        lines,
        found,
        learned_days,
        learned_weight,
        learned_lines,
        learned_found,
        learned_squares,
        usual_share,
        usual_share_low,
        usual_share_high,
        is_off,
        case when is_off then days_off_before + 1 else 0 end as days_off,
        case when is_off then coalesce(off_since_before, landed_on) end as off_since
    from (
        select
            *,
            case
                when learned_days < {{ least_days }} then null
                when measure = 'field' then {{ ratio('found', 'lines') }} < usual_share_low
                when measure = 'reason' then {{ ratio('found', 'lines') }} > usual_share_high
            end as is_off
        from ({{ usual_range(next_days(memory_days, patience_days), rarity, least_days) }}) as ranges
    ) as compared

)

select
    judged.log,
    judged.landed_on,
    judged.measure,
    judged.event_type,
    judged.name,
    cast(judged.lines as bigint) as lines,
    cast(judged.found as bigint) as found,
    {{ ratio('judged.found', 'judged.lines') }} as found_share,
    judged.learned_days as previous_days,
    judged.usual_share,
    judged.usual_share_low,
    judged.usual_share_high,
    case
        when judged.usual_share is null then null
        when judged.measure = 'unknown_field' then judged.found > 0 and counts.ever_found = 0
        else judged.is_off
    end as is_beyond,
    judged.off_since as beyond_since,
    counts.is_latest
from judged
inner join counts
    on
        judged.log = counts.log
        and judged.measure = counts.measure
        and judged.event_type = counts.event_type
        and judged.name = counts.name
        and judged.day_number = counts.day_number
where judged.found > 0 or judged.learned_found > 0
