{# Dagster shows it as a check of this model. #}
{{ config(meta={'dagster': {'ref': {'name': 'landed_days'}}}) }}
-- Totals that people look at hold every file, line, event and cent of the tables they are made of: a join that misses
-- a file or a market that is in no table would make the data look better than it is.
{%- set measures = [
    ('landed_days', 'files + refused_files + duplicate_files', source('audit', 'files'), '1'),
    ('landed_days', 'bytes', source('audit', 'files'), 'bytes'),
    ('landed_days', 'lines', source('audit', 'files'), 'lines'),
    ('landed_days', 'accepted', source('audit', 'files'), 'accepted'),
    ('landed_days', 'quarantined', source('audit', 'files'), 'quarantined'),
    ('quarantine_totals', 'lines', source('audit', 'files'), 'quarantined'),
    ('quarantine_totals', 'files', source('audit', 'quarantine_reasons'), '1'),
    ('orphan_totals', 'things', ref('orphans'), '1'),
    ('orphan_totals', 'events', ref('orphans'), 'events'),
    ('orphan_totals', 'pay_usd', ref('orphans'), 'pay_usd'),
    ('orphan_totals', 'toll_usd', ref('orphans'), 'toll_usd'),
    ('freshness', 'events', ref('logs'), 'current'),
] %}
with

counted as (
    {% for table, total, parts, part in measures %}
        select
            '{{ table }}: {{ total }}' as measure,
            log,
            {{ total }} as in_total,
            0 as in_parts
        from {{ ref(table) }}
        union all
        select
            '{{ table }}: {{ total }}' as measure,
            log,
            0 as in_total,
            {{ part }} as in_parts
        from {{ parts }}
        union all
    {%- endfor %}
    -- Of the events that count, those of things without a beginning belong to no market.
    select
        'freshness: events' as measure,
        log,
        events as in_total,
        0 as in_parts
    from {{ ref('orphans') }}
    where problem in ('order_without_placed', 'offer_without_sent', 'trip_without_started')

)

select
    measure,
    log,
    sum(in_total) as in_total,
    sum(in_parts) as in_parts
from counted
group by measure, log
having sum(in_total) <> sum(in_parts)
