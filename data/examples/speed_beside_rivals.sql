-- How fast are we at the door, and how often the same day, beside what others publish? Theirs are other goods, other
-- places and other ways to count: a scale to read ours by, no contest.
select
    market_id as who,
    offer_type || ' orders of the pilot' as population,
    delivered as n,
    click_to_door_minutes_p50,
    click_to_door_minutes_p90,
    same_day_share
from delivery_times(market := 'each', offer := 'retail', grain := 'all')
union all
select
    rival as who,
    population,
    null as n, -- in words in population, where it is published
    max(value) filter (where measure = 'click_to_door_p50') as click_to_door_minutes_p50,
    max(value) filter (where measure = 'click_to_door_p90') as click_to_door_minutes_p90,
    max(value) filter (where measure = 'same_day_share') as same_day_share
from reference.rivals
where measure in ('click_to_door_p50', 'click_to_door_p90', 'same_day_share')
group by rival, population
order by n desc nulls last, who asc;
