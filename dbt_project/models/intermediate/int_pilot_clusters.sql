-- Drivers where a row has one, else the weeks of a market, in which all its sites share weather and demand.
select
    metric,
    market_id,
    coalesce(driver_key, {{ as_text('week_starting_on') }}) as cluster_id,
    coalesce({{ exact_sum('case when is_retail then numerator end') }}, 0) as retail_numerator,
    coalesce({{ exact_sum('case when is_retail then denominator end') }}, 0) as retail_denominator,
    coalesce({{ exact_sum('case when not is_retail then numerator end') }}, 0) as baseline_numerator,
    coalesce({{ exact_sum('case when not is_retail then denominator end') }}, 0) as baseline_denominator
from {{ ref('int_pilot_sums') }}
group by all
