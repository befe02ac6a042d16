-- On which measures does retail do better or worse than the other offer types, and where can nobody tell?
select
    verdict,
    metric,
    market_id,
    unit,
    retail_value,
    retail_denominator,
    baseline_value,
    baseline_denominator,
    difference,
    difference_low,
    difference_high,
    note
from pilot_readout
order by verdict, metric, market_id;
