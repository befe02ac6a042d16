with

settings as (

    select * from {{ source('run', 'settings') }}

),

postings as (

    select
        case event_type when 'pay_posted' then 'pay' else 'toll' end as amount_kind,
        file_sha256,
        line_number,
        received_at,
        amount_usd
    from {{ source('lake', 'trips') }}
    where event_type in ('pay_posted', 'toll_charged')

),

set_aside as (

    select
        file_sha256,
        line_number,
        line_class
    from {{ ref('stg_trips_set_aside') }}

),

lines as (

    select
        postings.amount_kind,
        postings.amount_usd,
        case
            when postings.received_at > settings.as_of_limit then 'after_cut'
            else set_aside.line_class
        end as line_class
    from postings
    cross join settings
    left join set_aside
        on postings.line_number = set_aside.line_number and postings.file_sha256 = set_aside.file_sha256

),

accepted as (

    select
        amount_kind,
        sum(amount_usd) as accepted_usd,
        sum(amount_usd) filter (where line_class = 'superseded') as superseded_usd,
        sum(amount_usd) filter (where line_class = 'duplicate') as duplicates_usd,
        sum(amount_usd) filter (where line_class = 'conflict') as conflicts_usd,
        sum(amount_usd) filter (where line_class = 'retracted') as retracted_usd,
        sum(amount_usd) filter (where line_class = 'after_cut') as after_cut_usd
    from lines
    group by amount_kind

),

kinds as (

    select
        'pay' as amount_kind,
        (select sum(gross_usd) from {{ ref('fct_trips') }}) as in_facts_usd,
        (select sum(pay_usd) from {{ ref('orphans') }}) as orphans_usd
    union all
    select
        'toll' as amount_kind,
        (select sum(toll_usd) from {{ ref('fct_trips') }}) as in_facts_usd,
        (select sum(toll_usd) from {{ ref('orphans') }}) as orphans_usd

),

summed as (

    select
        kinds.*,
        accepted.accepted_usd,
        accepted.superseded_usd,
        accepted.duplicates_usd,
        accepted.conflicts_usd,
        accepted.retracted_usd,
        accepted.after_cut_usd
    from kinds
    left join accepted on kinds.amount_kind = accepted.amount_kind

)

select
    amount_kind,
    cast(coalesce(accepted_usd, 0) as decimal(38, 4)) as accepted_usd,
    cast(coalesce(in_facts_usd, 0) as decimal(38, 4)) as in_facts_usd,
    cast(coalesce(superseded_usd, 0) as decimal(38, 4)) as superseded_usd,
    cast(coalesce(duplicates_usd, 0) as decimal(38, 4)) as duplicates_usd,
    cast(coalesce(conflicts_usd, 0) as decimal(38, 4)) as conflicts_usd,
    cast(coalesce(retracted_usd, 0) as decimal(38, 4)) as retracted_usd,
    cast(coalesce(after_cut_usd, 0) as decimal(38, 4)) as after_cut_usd,
    cast(coalesce(orphans_usd, 0) as decimal(38, 4)) as orphans_usd
from summed
