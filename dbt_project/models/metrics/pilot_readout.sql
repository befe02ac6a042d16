with

sums as (

    select
        *,
        coalesce(
            sum(case when is_retail then denominator end) over (partition by metric, market_id) > 0
            and sum(case when not is_retail then denominator end) over (partition by metric, market_id) > 0, false
        ) as is_compared
    from {{ ref('int_pilot_sums') }}

),

-- Overall counts what the overall difference is made of: the markets that have both sides.
counts as (

    select
        sums.metric,
        sums.table_name,
        case when totals.is_total then 'all' else sums.market_id end as market_id,
        count(distinct case when sums.is_compared then sums.market_id end) as markets,
        count(sums.driver_key) > 0 as is_by_driver,
        {%- for side, condition in [('retail', 'sums.is_retail'), ('baseline', 'not sums.is_retail')] %}
            coalesce({{ exact_sum('case when ' ~ condition ~ ' then sums.numerator end') }}, 0) as {{ side }}_numerator,
            coalesce({{ exact_sum('case when ' ~ condition ~ ' then sums.denominator end') }}, 0)
                as {{ side }}_denominator,
            count(distinct case when {{ condition }} then sums.driver_key end) as {{ side }}_drivers,
            count(distinct case when {{ condition }} then sums.site_id || ' ' || sums.week_starting_on end)
                as {{ side }}_site_weeks,
        {%- endfor %}
        count(distinct sums.week_starting_on) as weeks
    from sums
    cross join (
        select true as is_total
        union all
        select false
    ) as totals
    where sums.is_compared or not totals.is_total
    group by all

),

-- Retail against each other offer type alone, weighed as the whole: what a pooled baseline hides.
sides as (

    select
        metric,
        market_id,
        offer_type,
        is_retail,
        {{ exact_sum('numerator') }} as numerator,
        {{ exact_sum('denominator') }} as denominator
    from sums
    group by all
    having sum(denominator) > 0

),

against as (

    select
        retail.metric,
        case when totals.is_total then 'all' else retail.market_id end as market_id,
        baseline.offer_type,
        round({{ ratio(
            'sum(retail.numerator - retail.denominator * baseline.numerator / baseline.denominator)',
            'sum(retail.denominator)'
        ) }}, 9) as difference
    from sides as retail
    inner join sides as baseline
        on retail.metric = baseline.metric and retail.market_id = baseline.market_id and not baseline.is_retail
    cross join (
        select true as is_total
        union all
        select false
    ) as totals
    where retail.is_retail
    group by all

),

extremes as (

    select
        metric,
        market_id,
        min(difference) as least_difference,
        min_by(offer_type, difference) as least_difference_offer_type,
        max(difference) as greatest_difference,
        max_by(offer_type, difference) as greatest_difference_offer_type
    from against
    group by all

),

judged as (

    select
        counts.*,
        extremes.least_difference,
        extremes.least_difference_offer_type,
        extremes.greatest_difference,
        extremes.greatest_difference_offer_type,
        dictionary.unit,
        dictionary.better,
        differences.retail_value,
        differences.baseline_value,
        differences.difference,
        differences.difference_low,
        differences.difference_high,
        case
            when counts.markets = 0 then 'no data'
            when differences.difference_low > 0 and extremes.least_difference > 0
                then case dictionary.better when 'up' then 'better' else 'worse' end
            when differences.difference_high < 0 and extremes.greatest_difference < 0
                then case dictionary.better when 'up' then 'worse' else 'better' end
            else 'undecided'
        end as verdict
    from counts
    inner join {{ ref('int_pilot_differences') }} as differences
        on counts.metric = differences.metric and counts.market_id = differences.market_id
    left join extremes on counts.metric = extremes.metric and counts.market_id = extremes.market_id
    -- Left, so that a name the dictionary does not have ends in a unit that is null and may not be.
    left join {{ ref('metric_dictionary') }} as dictionary
        on counts.metric = dictionary.name and counts.table_name = dictionary.table_name

)

select
    metric,
    table_name,
    market_id,
    unit,
    better,
    retail_value,
    baseline_value,
    retail_numerator,
    retail_denominator,
    baseline_numerator,
    baseline_denominator,
    case when is_by_driver then retail_drivers end as retail_drivers,
    case when is_by_driver then baseline_drivers end as baseline_drivers,
    retail_site_weeks,
    baseline_site_weeks,
    difference,
    difference_low,
    difference_high,
    least_difference,
    least_difference_offer_type,
    greatest_difference,
    greatest_difference_offer_type,
    'observational: retail less the other offer types of the market, ratios of sums over the same days; interval by '
    || case when is_by_driver then 'drivers' else 'weeks' end || ' drawn anew within markets' as method,
    verdict,
    case when market_id = 'all' then {{ readout_note_overall() }} else {{ readout_note_of_market() }} end as note
from judged
