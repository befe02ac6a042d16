-- One row per row of the input, with the instants of its start and end.
--
-- ride_id names the ride by what a later export of the same log repeats unchanged (a tip may still come), so that
-- importing both exports doubles nothing; a row that stands there twice gives the same events twice.
--
-- The log's clock is Chicago's, without zone. An hour in November is shown twice, one in March never. Of the
-- instants that the clocks can mean, the pair is taken whose distance is nearest to the ride's duration; where that
-- fits both or is unknown, the earlier. Where a clock shows what never was, the other clock and the duration say
-- what was meant; where both do, the clocks were not set forward yet.
with rides as (
    select
        row_number() over () as ride_row,
        'ride-' || left(sha256(concat_ws(
            '|', ride_start, ride_end, ride_type, ride_category, pickup_zip, dropoff_zip, duration, distance
        )), 16) as ride_id,
        status,
        cast(ride_start as timestamp) as local_start,
        cast(ride_end as timestamp) as local_end,
        to_seconds(cast(duration as double)) as lasted,
        cast(distance as double) as miles,
        cast(base_pay as decimal(12, 4)) as base_usd,
        cast(tip as decimal(12, 4)) as tip_usd,
        cast(surge as decimal(12, 4)) as surge_usd,
        cast(earnings as decimal(12, 4)) as earnings_usd
    from input
),

clocks as (
    select
        *,
        instants(local_start, 'America/Chicago') as starts,
        instants(local_end, 'America/Chicago') as ends
    from rides
),

candidates as (
    select
        *,
        unnest(case
            when len(starts) > 0 then starts
            when len(ends) > 0 and lasted is not null then list_transform(ends, lambda ended: ended - lasted)
            else [timezone('America/Chicago', local_start)]
        end) as started_at
    from clocks
),

pairs as (
    select
        *,
        unnest(case
            when len(ends) > 0 then ends
            when lasted is not null then [started_at + lasted]
            else [timezone('America/Chicago', local_end)]
        end) as ended_at,
        len(starts) > 1 or len(ends) > 1 as is_in_repeated_hour,
        (local_start is not null and len(starts) = 0) or (local_end is not null and len(ends) = 0) as is_in_missing_hour
    from candidates
),

fits as (
    select
        *,
        abs(epoch(ended_at) - epoch(started_at) - epoch(lasted)) as misfit_seconds
    from pairs
)

select
    * exclude (starts, ends),
    count(*) filter (where misfit_seconds < 1) over (partition by ride_row) = 1 as is_settled
from fits
qualify row_number() over (
    partition by ride_row
    order by ended_at < started_at, misfit_seconds nulls last, started_at, ended_at
) = 1
