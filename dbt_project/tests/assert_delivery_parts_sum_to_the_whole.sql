-- A part measured from the wrong stamp (ready instead of placed, say) leaves a gap or overlaps its neighbour.
select
    order_id,
    preparation_minutes,
    pickup_wait_minutes,
    transit_minutes,
    click_to_door_minutes
from {{ ref('fct_deliveries') }}
where abs(preparation_minutes + pickup_wait_minutes + transit_minutes - click_to_door_minutes) > 0.000001
