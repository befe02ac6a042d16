with

driven as (

    select distinct offer_id from {{ ref('fct_trips') }}

),

offers_and_trips as (

    select
        offers.*,
        offers.is_accepted and driven.offer_id is not null as is_driven
    from {{ ref('fct_offers') }} as offers
    left join driven on offers.offer_id = driven.offer_id

),

offer_cells as (

    {{ cells(
        'offers_and_trips', ref('fct_offers'), 'sent_date',
        columns=[
            'outcome', 'is_at_risk', 'is_accepted', 'is_driven', 'seconds_to_answer', 'pay_usd', 'block_hours',
            'is_late_forfeit', 'is_no_show',
        ]
    ) }}

),

offers as (

    select
        {{ cell_keys() }},
        count(*) as offers,
        count(*) filter (where is_at_risk) as at_risk,
        {%- for outcome in ['accepted', 'declined', 'expired', 'withdrawn', 'pending'] %}
            count(*) filter (where outcome = '{{ outcome }}') as {{ outcome }},
        {%- endfor %}
        count(*) filter (where is_driven) as driven,
        {{ percentiles('seconds_to_answer', [0.5]) }} as seconds_to_answer,
        {{ usd_per_hour('pay_usd', 'block_hours') }} as pay_per_hour_sent_usd,
        {{ usd_per_hour('case when is_accepted then pay_usd end', 'block_hours') }} as pay_per_hour_accepted_usd,
        count(*) filter (where is_late_forfeit) as late_forfeits,
        count(*) filter (where is_no_show) as no_shows
    from offer_cells
    group by all

),

block_cells as (

    {{ cells(
        ref('int_blocks_due'), ref('fct_offers'), 'sent_date',
        columns=['is_filled', 'is_first_wave_fill', 'minutes_to_fill', 'price_to_fill_usd']
    ) }}

),

blocks as (

    select
        {{ cell_keys() }},
        count(*) as blocks_due,
        count(*) filter (where is_filled) as blocks_filled,
        count(*) filter (where is_first_wave_fill) as blocks_filled_in_first_wave,
        {{ percentiles('minutes_to_fill', [0.5]) }} as minutes_to_fill,
        {{ usd(ratio('sum(price_to_fill_usd)', 'count(price_to_fill_usd)')) }} as price_to_fill_usd_mean
    from block_cells
    group by all

)

select
    {{ cell_keys('offers') }},
    offers.offers,
    offers.at_risk,
    offers.accepted,
    offers.declined,
    offers.expired,
    offers.withdrawn,
    offers.pending,
    offers.driven,
    {{ share_with_interval('acceptance_share', 'offers.accepted', 'offers.at_risk') }},
    -- Where all or none accept, no draw differs from another; Wilson's interval still says something there.
    case
        when intervals.acceptance_share_by_driver_low is not null
            then least(intervals.acceptance_share_by_driver_low, acceptance_share_low)
    end as acceptance_share_by_driver_low,
    case
        when intervals.acceptance_share_by_driver_high is not null
            then greatest(intervals.acceptance_share_by_driver_high, acceptance_share_high)
    end as acceptance_share_by_driver_high,
    {{ percentile_columns('seconds_to_answer', 'offers.seconds_to_answer', ['p50']) }},
    offers.pay_per_hour_sent_usd,
    offers.pay_per_hour_accepted_usd,
    coalesce(blocks.blocks_due, 0) as blocks_due,
    coalesce(blocks.blocks_filled, 0) as blocks_filled,
    {{ share_with_interval('fill_share', 'blocks.blocks_filled', 'blocks.blocks_due') }},
    {{ ratio('blocks.blocks_filled_in_first_wave', 'blocks.blocks_due') }} as first_wave_fill_share,
    {{ percentile_columns('minutes_to_fill', 'blocks.minutes_to_fill', ['p50']) }},
    blocks.price_to_fill_usd_mean,
    offers.late_forfeits,
    offers.no_shows
from offers
left join blocks on {{ same_cell('offers', 'blocks') }}
left join {{ ref('int_acceptance_intervals') }} as intervals on {{ same_cell('offers', 'intervals') }}
