{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'driver_pay_distribution'}}}) }}
-- Percentiles of a cell whose percentiles driver_earnings withholds, or that differ from those it shows.
select distribution.*
from {{ ref('driver_pay_distribution') }} as distribution
left join {{ ref('driver_earnings') }} as earnings on {{ same_cell('distribution', 'earnings') }}
where
    coalesce(earnings.is_suppressed, true)
    or distribution.rated_drivers is distinct from earnings.rated_drivers
    or distribution.net_per_hour_usd is distinct from case distribution.percentile
        {%- for percent in [10, 25, 50, 75, 90] %}
            when {{ percent }} then earnings.driver_net_per_hour_usd_p{{ percent }}
        {%- endfor %}
        else distribution.net_per_hour_usd
    end
