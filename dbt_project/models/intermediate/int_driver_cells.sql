with

-- On-job time as an interval, so that a driver's two jobs at once can be told from two hours of work.
trips as (

    select
        *,
        case when on_job_hours is not null then coalesce(arrived_at_pickup_at, started_at) end as on_job_from,
        case when on_job_hours is not null then ended_at end as on_job_until,
        case when net_usd is not null then on_job_hours end as net_hours,
        case when on_job_hours is not null then net_usd end as net_usd_of_hours,
        case when on_job_hours is not null then gross_usd end as gross_usd_of_hours,
        case when minimum_wage_usd is not null and net_per_hour_usd is not null then on_job_hours end as wage_hours,
        case when net_per_hour_usd < minimum_wage_usd then on_job_hours end as below_wage_hours
    from {{ ref('fct_trips') }}
    where status = 'ended' and not is_pay_pending

),

cells as (

    {{ cells(
        'trips', ref('fct_trips'), 'trip_date',
        columns=[
            'trip_id', 'driver_key', 'on_job_from', 'on_job_until', 'on_job_hours', 'gross_usd_of_hours', 'net_hours',
            'net_usd_of_hours', 'wage_hours', 'below_wage_hours',
        ]
    ) }}

),

-- The latest end of the driver's earlier jobs in the cell: what of a job lies before it was worked twice.
ordered as (

    select
        *,
        max(on_job_until) over (
            partition by {{ cell_keys() }}, driver_key
            order by on_job_from, trip_id
            rows between unbounded preceding and 1 preceding
        ) as busy_until
    from cells

),

overlapped as (

    select
        *,
        case
            when busy_until >= on_job_until then {{ hours_between('on_job_from', 'on_job_until') }}
            when busy_until > on_job_from then {{ hours_between('on_job_from', 'busy_until') }}
            else 0
        end as overlapping_hours
    from ordered

)

select
    {{ cell_keys() }},
    driver_key,
    count(*) as trips,
    {{ exact_sum('overlapping_hours') }} as overlapping_hours,
    sum(gross_usd_of_hours) as gross_usd,
    {{ exact_sum('on_job_hours') }} as gross_hours,
    sum(net_usd_of_hours) as net_usd,
    {{ exact_sum('net_hours') }} as net_hours,
    {{ exact_sum('wage_hours') }} as wage_hours,
    {{ exact_sum('below_wage_hours') }} as below_wage_hours
from overlapped
group by all
