-- A kind of pay that no column takes up is missing from gross, and tips left in make "before tips" a lie.
select
    trip_id,
    base_usd,
    tip_usd,
    incentive_usd,
    adjustment_usd,
    gross_usd,
    gross_before_tips_usd
from {{ ref('fct_trips') }}
where
    base_usd + tip_usd + incentive_usd + adjustment_usd <> gross_usd
    or gross_before_tips_usd <> base_usd + incentive_usd + adjustment_usd
