select
    log,
    problem,
    count(*) as things,
    cast(sum(events) as bigint) as events,
    cast(sum(pay_usd) as decimal(38, 4)) as pay_usd,
    cast(sum(toll_usd) as decimal(38, 4)) as toll_usd,
    min(first_event_at) as first_event_at,
    max(last_event_at) as last_event_at
from {{ ref('orphans') }}
group by log, problem
