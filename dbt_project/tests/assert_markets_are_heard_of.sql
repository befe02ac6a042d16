{{ config(severity='warn') }}
-- The files of one market stop coming, or a whole log does, while the others go on. No total is wrong, and the market's
-- latest days look as if nothing happened there. More than 3 days behind the latest line of any log is silence: the
-- pilot's markets deliver every day, and a long weekend without a file is no fault. After 31
-- days it is the usual state of a market that has closed. A market that has no event yet in a log has not begun to send
-- it. A warning: what came is good.
with

heard as (

    select
        market_id,
        log,
        events,
        last_occurred_at,
        max(cut) over () as data_cut
    from {{ ref('freshness') }}

)

select
    market_id,
    log,
    events,
    last_occurred_at,
    data_cut,
    {{ hours_between('last_occurred_at', 'data_cut') }} / 24 as days_behind
from heard
where
    {{ hours_between('last_occurred_at', 'data_cut') }} > 3 * 24
    and {{ hours_between('last_occurred_at', 'data_cut') }} <= 31 * 24
order by last_occurred_at asc, market_id asc, log asc
