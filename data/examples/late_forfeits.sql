-- How often is an accepted block given back within 45 minutes of its start, or nobody comes, and is it filled again?
select
    offers.market_id,
    offers.offer_type,
    count(*) as accepted,
    count(*) filter (where offers.is_late_forfeit) as late_forfeits,
    count(*) filter (where offers.is_late_forfeit) / count(*) as late_forfeit_share,
    count(*) filter (where offers.is_no_show) as no_shows,
    count(*) filter (where offers.is_no_show) / count(*) as no_show_share,
    count(*) filter (where blocks.is_filled and (offers.is_late_forfeit or offers.is_no_show)) as filled_again
from fct_offers as offers
inner join fct_blocks as blocks on offers.block_id = blocks.block_id
where offers.is_accepted
group by offers.market_id, offers.offer_type
order by late_forfeit_share desc, offers.market_id asc, offers.offer_type asc;
