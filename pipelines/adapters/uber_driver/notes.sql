select
    count(*) || ' rides. Stamps read as Chicago time: ' || count(*) filter (where is_in_repeated_hour)
    || ' rides touch the hour that November repeats (' || count(*) filter (where is_in_repeated_hour and is_settled)
    || ' of them settled by their duration, the others read as the earlier hour), '
    || count(*) filter (where is_in_missing_hour) || ' the hour that March leaves out.' as note
from prepared
union all
select count(*) - count(distinct ride_id) || ' rows repeat a ride; they count once.'
from prepared
having count(*) > count(distinct ride_id)
