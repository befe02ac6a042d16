with

logs as (

    select * from {{ ref('logs') }}

),

heard as (
    {% for log, thing, fact in [
        ('orders', 'order_id', 'fct_deliveries'),
        ('offers', 'offer_id', 'fct_offers'),
        ('trips', 'trip_id', 'fct_trips'),
    ] %}
        select
            logs.log,
            facts.market_id,
            count(*) as events,
            max(events.occurred_at) filter (where events.occurred_at <= logs.cut) as last_occurred_at
        from {{ ref('stg_' ~ log) }} as events
        inner join {{ ref(fact) }} as facts on events.{{ thing }} = facts.{{ thing }}
        inner join logs on logs.log = '{{ log }}'
        group by logs.log, facts.market_id
        {{ 'union all' if not loop.last }}
    {%- endfor %}

)

{# A market that was never heard of is the most silent, so every market has its rows. -#}
select
    markets.market_id,
    logs.log,
    coalesce(heard.events, 0) as events,
    heard.last_occurred_at,
    logs.cut,
    {{ hours_between('heard.last_occurred_at', 'logs.cut') }} as hours_behind_cut
from {{ ref('dim_market') }} as markets
cross join logs
left join heard on markets.market_id = heard.market_id and logs.log = heard.log
