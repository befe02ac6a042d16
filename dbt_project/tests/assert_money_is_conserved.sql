-- Joining trips to their orders or postings doubles cents; dropping trips without a start, or a class of lines, loses
-- them. Every cent of every accepted line is in fct_trips or is known to be out of it, and why.
select *
from {{ ref('money') }}
where
    accepted_usd
    <> in_facts_usd + superseded_usd + duplicates_usd + conflicts_usd + retracted_usd + after_cut_usd + orphans_usd
