with stamps as (
    select unnest([local_start, local_arrival, local_departure, local_dropoff]) as stamp
    from prepared
)

select
    (select count(*) from input) || ' lines, one per item, are ' || count(*) || ' deliveries of '
    || count(distinct jumpman_id) || ' couriers; ' || count(*) filter (where arrived_at_pickup_at is null)
    || ' have no scan at the store.' as note
from prepared
union all
select
    'Stamps read as New York time: '
    || count(*) filter (where len(instants(stamp, 'America/New_York')) > 1)
    || ' fall into the hour that November repeats (read as the earlier one), '
    || count(*) filter (where stamp is not null and len(instants(stamp, 'America/New_York')) = 0)
    || ' into the hour that March leaves out (read as an hour later).'
from stamps
