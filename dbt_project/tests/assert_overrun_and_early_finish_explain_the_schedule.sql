-- Hours over and hours under the schedule belong to different drivers; where both are set on one trip, or neither
-- explains the difference, they were netted or measured on another clock.
select
    trip_id,
    on_job_hours,
    scheduled_hours,
    unpaid_overrun_hours,
    early_finish_hours
from {{ ref('fct_trips') }}
where
    abs(unpaid_overrun_hours - early_finish_hours - (on_job_hours - scheduled_hours)) > 0.000001
    or (unpaid_overrun_hours > 0 and early_finish_hours > 0)
