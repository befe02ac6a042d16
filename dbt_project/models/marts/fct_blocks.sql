with

offers as (

    select * from {{ ref('int_offers') }}
    where sent_at is not null

),

sites as (

    select * from {{ ref('dim_site') }}

),

marked as (

    select
        *,
        answer = 'accepted' and forfeited_at is null and not is_no_show as is_standing
    from offers

),

ranked as (

    select
        *,
        row_number() over (
            partition by block_id order by sent_at, sent_received_at, sent_event_id
        ) as nth_sent,
        case when is_standing then row_number() over (
            partition by block_id, is_standing order by answered_at, answer_received_at, answer_event_id
        ) end as nth_standing
    from marked

),

blocks as (

    select
        block_id,
        max(site_id) filter (where nth_sent = 1) as site_id,
        max(block_starts_at) filter (where nth_sent = 1) as block_starts_at,
        max(block_ends_at) filter (where nth_sent = 1) as block_ends_at,
        min(sent_at) as first_sent_at,
        count(*) as offers_sent,
        count(distinct driver_key) as drivers_offered,
        max(pay_usd) filter (where nth_sent = 1) as first_pay_usd,
        max(answered_at) filter (where nth_standing = 1) as filled_at,
        max(pay_usd) filter (where nth_standing = 1) as filled_pay_usd,
        max(wave) filter (where nth_standing = 1) as filled_wave,
        bool_or(is_called_off) as is_called_off
    from ranked
    group by block_id

)

select
    blocks.block_id,
    sites.market_id,
    blocks.site_id,
    sites.offer_type,
    blocks.block_starts_at,
    blocks.block_ends_at,
    {{ hours_between('blocks.block_starts_at', 'blocks.block_ends_at') }} as block_hours,
    blocks.first_sent_at,
    blocks.offers_sent,
    blocks.drivers_offered,
    blocks.first_pay_usd,
    blocks.filled_at,
    blocks.filled_pay_usd,
    blocks.filled_at is not null as is_filled,
    coalesce(blocks.filled_wave = 1, false) as is_first_wave_fill,
    blocks.filled_at is null and blocks.is_called_off as is_cancelled,
    {{ duration_minutes('blocks.first_sent_at', 'blocks.filled_at') }} as minutes_to_fill,
    {{ usd('blocks.filled_pay_usd - blocks.first_pay_usd') }} as price_to_fill_usd
from blocks
left join sites on blocks.site_id = sites.site_id
