{#- How many of the days before a day say what is usual, and how few say nothing. -#}
{%- set most_days, least_days = 28, 7 -%}
{#- One row in so many may lie beyond the range by chance. -#}
{%- set one_in = 1000000 -%}
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
        usual_share * (1 - usual_share) as variance,
        greatest(
            coalesce(
                (previous_squares - usual_share * previous_found)
                / nullif((previous_days - 1) * usual_share * (1 - usual_share), 0),
                1
            ),
            1
        ) as lines_as_one
    from usual

),

{# Bernstein's inequality for the difference of two shares: it holds for any number of lines and any share, so for
   few lines and rare reasons too. #}
bounded as (

    select
        *,
        case
            when previous_days >= {{ least_days }}
                then
                    ln({{ one_in }}) * lines_as_one / least(lines, previous_lines) / 3
                    + sqrt(
                        power(ln({{ one_in }}) * lines_as_one / least(lines, previous_lines) / 3, 2)
                        + 2 * ln({{ one_in }}) * variance * lines_as_one
                        * (1 / cast(lines as double) + 1 / cast(previous_lines as double))
                    )
        end as margin
    from spread

)

select
    log,
    landed_on,
    measure,
    event_type,
    name,
    cast(lines as bigint) as lines,
    cast(found as bigint) as found,
    found_share,
    cast(previous_days as bigint) as previous_days,
    case when margin is not null then usual_share end as usual_share,
    greatest(usual_share - margin, 0) as usual_share_low,
    least(usual_share + margin, 1) as usual_share_high,
    case
        when margin is null then null
        when measure = 'field' then found_share < usual_share - margin
        when measure = 'reason' then found_share > usual_share + margin
        else found > 0 and ever_found = 0
    end as is_beyond,
    is_latest
from bounded
where found > 0 or previous_found > 0
