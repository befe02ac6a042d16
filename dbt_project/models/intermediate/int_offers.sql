with

events as (

    select
        *,
        case
            when event_type in ('accepted', 'declined', 'expired', 'withdrawn') then 'answer' else event_type
        end as kind
    from {{ ref('stg_offers') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by offer_id, kind order by occurred_at, received_at, event_id
        ) as nth_of_kind
    from events

),

firsts as (

    select
        *,
        kind = 'sent' and nth_of_kind = 1 as is_sending,
        kind = 'answer' and nth_of_kind = 1 as is_answer
    from numbered

),

offers as (

    select
        offer_id,
        count(*) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        max(occurred_at) filter (where is_sending) as sent_at,
        max(received_at) filter (where is_sending) as sent_received_at,
        max(event_id) filter (where is_sending) as sent_event_id,
        max(block_id) filter (where is_sending) as block_id,
        max(driver_key) filter (where is_sending) as driver_key,
        max(site_id) filter (where is_sending) as site_id,
        max(wave) filter (where is_sending) as wave,
        max(expires_at) filter (where is_sending) as expires_at,
        max(block_starts_at) filter (where is_sending) as block_starts_at,
        max(block_ends_at) filter (where is_sending) as block_ends_at,
        max(pay_usd) filter (where is_sending) as pay_usd,
        max(event_type) filter (where is_answer) as answer,
        max(occurred_at) filter (where is_answer) as answered_at,
        max(received_at) filter (where is_answer) as answer_received_at,
        max(event_id) filter (where is_answer) as answer_event_id,
        max(reason) filter (where is_answer and event_type = 'withdrawn') as withdrawn_reason,
        min(occurred_at) filter (where event_type = 'forfeited') as forfeited_at,
        count(*) filter (where event_type = 'no_show') > 0 as is_no_show,
        count(*) filter (where event_type = 'withdrawn' and reason = 'cancelled') > 0 as is_called_off
    from firsts
    group by offer_id

)

select * from offers
