{#-
The select `days` with `usual_share` and the range in which chance leaves a day's share.

Lines of a day are not independent: a driver without a meter drives all day. The spread of the days learned over that
of independent lines says how many lines count as one (`seen_as_one`). What a few days show of it is doubtful: it is
taken so many times as Student's t is wider than the normal distribution. Bernstein's inequality for the difference of
two shares then holds for any number of lines and any share, so for few lines and rare reasons too.
-#}
{% macro usual_range(days, rarity, least_days) -%}
    select
        *,
        case
            when usual_share is not null
                then greatest(usual_share - few_lines_part - sqrt(power(few_lines_part, 2) + spread_part), 0)
        end as usual_share_low,
        case
            when usual_share is not null
                then least(usual_share + few_lines_part + sqrt(power(few_lines_part, 2) + spread_part), 1)
        end as usual_share_high
    from (
        select
            *,
            {{ rarity }} * lines_as_one / least(lines, learned_lines) / 3 as few_lines_part,
            2 * {{ rarity }} * usual_share * (1 - usual_share) * lines_as_one
            * (1 / lines + 1 / nullif(learned_lines, 0)) as spread_part
        from (
            select
                *,
                1 + (seen_as_one - 1) * (learned_weight - 1)
                * (exp(2 * {{ rarity }} / nullif(learned_weight - 1, 0)) - 1) / (2 * {{ rarity }}) as lines_as_one
            from (
                select
                    *,
                    greatest(
                        coalesce(
                            (learned_squares - usual_share * learned_found)
                            / nullif((learned_weight - 1) * usual_share * (1 - usual_share), 0),
                            1
                        ),
                        1
                    ) as seen_as_one
                from (
                    select
                        *,
                        case
                            when learned_days >= {{ least_days }} then {{ ratio('learned_found', 'learned_lines') }}
                        end as usual_share
                    from ({{ days }}) as days
                ) as shares
            ) as spreads
        ) as weighed
    ) as parts
{%- endmacro %}


{#-
The day after each of `judged`, with what was learned up to it. Each day learned weighs so much less than the next that
all of them weigh `memory_days` at most; a day beyond the range teaches nothing, until `patience_days` of them in a row
are the new state of things, of which the last is the first that is learned.
-#}
{% macro next_days(memory_days, patience_days) -%}
    {%- set learned = {
        'days': ('1', 1),
        'weight': ('1', (memory_days - 1) / memory_days),
        'lines': ('judged.lines', (memory_days - 1) / memory_days),
        'found': ('judged.found', (memory_days - 1) / memory_days),
        'squares': ('judged.found * judged.found / judged.lines', (memory_days - 1) / memory_days),
    } -%}
    select
        counts.log,
        counts.measure,
        counts.event_type,
        counts.name,
        counts.day_number,
        counts.landed_on,
        cast(counts.lines as double) as lines,
        cast(counts.found as double) as found,
        {% for name, (of_day, kept) in learned.items() -%}
        case
            when judged.days_off >= {{ patience_days }} then {{ of_day }}
            when judged.days_off > 0 then judged.learned_{{ name }}
            else judged.learned_{{ name }} * {{ kept }} + {{ of_day }}
        end as learned_{{ name }},
        {% endfor -%}
    case when judged.days_off < {{ patience_days }} then judged.days_off else 0 end as days_off_before,
        case when judged.days_off < {{ patience_days }} then judged.off_since end as off_since_before
    from judged
    inner join counts
        on
            judged.log = counts.log
            and judged.measure = counts.measure
            and judged.event_type = counts.event_type
            and judged.name = counts.name
            and judged.day_number + 1 = counts.day_number
{%- endmacro %}


{#- What the warnings tell: of each thing that was off lately the latest day, the widest gap first. -#}
{% macro off_lately(condition) -%}
    select
        log,
        landed_on,
        beyond_since,
        measure,
        event_type,
        name,
        lines,
        found,
        found_share,
        usual_share,
        usual_share_low,
        usual_share_high
    from {{ ref('drift') }}
    where is_beyond and is_latest and {{ condition }}
    qualify row_number() over (partition by log, measure, event_type, name order by landed_on desc) = 1
    order by abs(found_share - usual_share) desc, log asc, event_type asc, name asc
{%- endmacro %}
