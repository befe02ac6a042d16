-- A block is judged once it has begun by the offers' own cut: before that, empty only means not yet filled.
select
    fct_blocks.*,
    {{ local_date('fct_blocks.first_sent_at', 'dim_market.time_zone') }} as sent_date
from {{ ref('fct_blocks') }} as fct_blocks
inner join {{ ref('dim_market') }} as dim_market on fct_blocks.market_id = dim_market.market_id
inner join {{ ref('logs') }} as logs on logs.log = 'offers' and fct_blocks.block_starts_at <= logs.cut
where not fct_blocks.is_cancelled
