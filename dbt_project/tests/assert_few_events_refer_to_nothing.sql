{# Dagster shows it as a check of this model. #}
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'orphan_totals'}}}) }}
-- Files are missing, or ids are written in two ways: events belong to an order, offer or trip of which the beginning is
-- not known, and are in no fact. Some always come before what they belong to; more than 1 of 100 current events of a
-- log is no chance (the simulated pilot, which loses and delays lines on purpose, has up to 0.4). Not asked where the
-- log that should know of them has no line at all. A warning: what has its beginning is good.
{%- set told_by = {
    'order_without_placed': 'orders',
    'offer_without_sent': 'offers',
    'trip_without_started': 'trips',
    'unknown_order': 'orders',
    'unknown_block': 'offers',
    'unknown_trip': 'trips',
} %}
with

told_by as (

    {% for problem, log in told_by.items() -%}
        select '{{ problem }}' as problem, '{{ log }}' as log
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    orphans.log,
    orphans.problem,
    orphans.things,
    orphans.events,
    logs.current as current_events,
    {{ ratio('orphans.events', 'logs.current') }} as orphan_share
from {{ ref('orphan_totals') }} as orphans
inner join {{ ref('logs') }} as logs on orphans.log = logs.log
inner join told_by on orphans.problem = told_by.problem
inner join {{ ref('logs') }} as tellers on told_by.log = tellers.log
where tellers.current > 0 and {{ ratio('orphans.events', 'logs.current') }} > 0.01
order by orphan_share desc, orphans.problem asc
