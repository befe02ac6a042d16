{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'fct_blocks'}}}) }}
-- A block joined to its offers twice has more offers than were sent; one that is filled without an acceptance that
-- stands, or the other way round, was filled by somebody who gave it back.
with

sent as (

    select
        block_id,
        count(*) as offers,
        count(*) filter (where is_accepted and forfeited_at is null and not is_no_show) as standing
    from {{ ref('fct_offers') }}
    group by block_id

)

select
    sent.block_id,
    sent.offers,
    blocks.offers_sent,
    sent.standing,
    blocks.is_filled
from sent
full join {{ ref('fct_blocks') }} as blocks on sent.block_id = blocks.block_id
where sent.offers is distinct from blocks.offers_sent or (sent.standing > 0) is distinct from blocks.is_filled
