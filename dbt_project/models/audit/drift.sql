{#- How many of the days before a day say what is usual, and how few say nothing. -#}
{%- set most_days, least_days = 28, 7 -%}
{#- One row in so many may lie beyond the range by chance. -#}
{%- set rarity = 'ln(1000000)' -%}
{#- Checks look at this many of a log's latest days. -#}
{%- set latest_days = 7 -%}
with

counts as (

    select * from {{ ref('int_drift_counts') }}

),

histories as (

    select
        *,
        count(*) over previous as previous_days,
        sum(lines) over previous as previous_lines,
        sum(found) over previous as previous_found,
        sum(found * (found / cast(lines as double))) over previous as previous_squares,
        sum(found) over ever as ever_found,
        dense_rank() over (partition by log order by landed_on desc) <= {{ latest_days }} as is_latest
    from counts
    window
        previous as (
            partition by log, measure, event_type, name order by landed_on
            rows between {{ most_days }} preceding and 1 preceding
        ),
        ever as (
            partition by log, measure, event_type, name order by landed_on
            rows between unbounded preceding and 1 preceding
        )

),

usual as (

    select
        *,
        {{ ratio('found', 'lines') }} as found_share,
        {{ ratio('previous_found', 'previous_lines') }} as usual_share
    from histories

),

{# Lines of a day are not independent: a driver without a meter drives all day. The spread of the previous days over
   that of independent lines says how many lines count as one. #}
spread as (

    select
        *,
        greatest(
            coalesce(
                (previous_squares - usual_share * previous_found)
                / nullif((previous_days - 1) * usual_share * (1 - usual_share), 0),
                1
            ),
            1
        ) as seen_as_one
    from usual
    where previous_days >= {{ least_days }}

),

{# What a few days show of the spread beyond one is doubtful: it is taken so many times as Student's t is wider than
   the normal distribution. #}
weighed as (

    select
        *,
        1 + (seen_as_one - 1)
        * (previous_days - 1) * (exp(2 * {{ rarity }} / (previous_days - 1)) - 1) / (2 * {{ rarity }}) as lines_as_one
    from spread

),

{# Bernstein's inequality for the difference of two shares: it holds for any number of lines and any share, so for
   few lines and rare reasons too. #}
bounded as (

    select
        *,
        {{ rarity }} * lines_as_one / least(lines, previous_lines) / 3 as few_lines_part,
        2 * {{ rarity }} * usual_share * (1 - usual_share) * lines_as_one
        * (1 / cast(lines as double) + 1 / cast(previous_lines as double)) as spread_part
    from weighed

),

ranges as (

    select
        log,
        landed_on,
        measure,
        event_type,
        name,
        usual_share,
        greatest(usual_share - few_lines_part - sqrt(power(few_lines_part, 2) + spread_part), 0) as usual_share_low,
        least(usual_share + few_lines_part + sqrt(power(few_lines_part, 2) + spread_part), 1) as usual_share_high
    from bounded

)

select
    usual.log,
    usual.landed_on,
    usual.measure,
    usual.event_type,
    usual.name,
    cast(usual.lines as bigint) as lines,
    cast(usual.found as bigint) as found,
    usual.found_share,
    cast(usual.previous_days as bigint) as previous_days,
    ranges.usual_share,
    ranges.usual_share_low,
    ranges.usual_share_high,
    case
        when ranges.usual_share is null then null
        when usual.measure = 'field' then usual.found_share < ranges.usual_share_low
        when usual.measure = 'reason' then usual.found_share > ranges.usual_share_high
        else usual.found > 0 and usual.ever_found = 0
    end as is_beyond,
    usual.is_latest
from usual
left join ranges
    on
        usual.log = ranges.log
        and usual.landed_on = ranges.landed_on
        and usual.measure = ranges.measure
        and usual.event_type = ranges.event_type
        and usual.name = ranges.name
where usual.found > 0 or usual.previous_found > 0
