-- The time on the job lies within the time door to door. It does not where the arrival was taken from another trip.
select
    trip_id,
    door_to_door_hours,
    on_job_hours
from {{ ref('fct_trips') }}
where on_job_hours > door_to_door_hours + 0.000001 and not has_clock_disorder
