-- noqa: disable=references.consistent

-- Which cell: whether the id of a row (a market_id, an offer_type) is the one asked for; `each` means all ids but the
-- total, `all`.
create macro is_meant(id, wanted) as
(id = wanted or (wanted = 'each' and id <> 'all'));

-- What is left for drivers per hour, with its interval and the trips and hours behind it, from driver_earnings. market
-- and offer: an id, `all` (the total) or `each`; grain: `day`, `week`, `all`.
create macro net_hourly(market := 'all', offer := 'all', grain := 'week') as table
    select
        period_start,
        market_id,
        offer_type,
        trips,
        drivers,
        on_job_hours,
        costed_trips,
        costed_on_job_hours,
        gross_per_hour_usd,
        net_per_hour_usd,
        net_per_hour_usd_low,
        net_per_hour_usd_high,
        net_before_tips_per_hour_usd,
        net_at_constant_price_per_hour_usd,
        below_minimum_wage_hours_share,
        is_suppressed
    from driver_earnings
    where driver_earnings.grain = grain and is_meant(market_id, market) and is_meant(offer_type, offer)
    order by period_start, market_id, offer_type;

-- How fast and how reliably orders arrive, from delivery_speed; the censored figures count orders still on their way.
-- market and offer: an id, `all` (the total) or `each`; grain: `day`, `week`, `all`.
create macro delivery_times(market := 'all', offer := 'all', grain := 'week') as table
    select
        period_start,
        market_id,
        offer_type,
        orders,
        delivered,
        due,
        on_time,
        on_time_share,
        on_time_share_low,
        on_time_share_high,
        same_day_share,
        next_day_share,
        click_to_door_minutes_p50,
        click_to_door_minutes_p90,
        click_to_door_minutes_p50_censored,
        click_to_door_minutes_p50_censored_low,
        click_to_door_minutes_p50_censored_high
    from delivery_speed
    where delivery_speed.grain = grain and is_meant(market_id, market) and is_meant(offer_type, offer)
    order by period_start, market_id, offer_type;

-- Whether drivers take the offers and blocks get filled, from offer_acceptance; the interval by_driver also counts that
-- the offers of one driver hang together. market and offer: an id, `all` (the total) or `each`; grain: `day`, `week`,
-- `all`.
create macro acceptance(market := 'all', offer := 'all', grain := 'week') as table
    select
        period_start,
        market_id,
        offer_type,
        offers,
        at_risk,
        accepted,
        acceptance_share,
        acceptance_share_by_driver_low,
        acceptance_share_by_driver_high,
        pay_per_hour_sent_usd,
        pay_per_hour_accepted_usd,
        blocks_due,
        blocks_filled,
        fill_share,
        fill_share_low,
        fill_share_high,
        minutes_to_fill_p50,
        late_forfeits,
        no_shows
    from offer_acceptance
    where offer_acceptance.grain = grain and is_meant(market_id, market) and is_meant(offer_type, offer)
    order by period_start, market_id, offer_type;

-- How many accept at which pay per hour, by dollar, from acceptance_by_pay: what was seen, not what a raise would do.
-- market and offer: an id, `all` (the total) or `each`; grain: `week`, `all`.
create macro acceptance_at_pay(market := 'all', offer := 'all', grain := 'all') as table
    select
        period_start,
        market_id,
        offer_type,
        pay_per_hour_from_usd,
        at_risk,
        accepted,
        acceptance_share,
        acceptance_share_low,
        acceptance_share_high,
        fitted_share
    from acceptance_by_pay
    where acceptance_by_pay.grain = grain and is_meant(market_id, market) and is_meant(offer_type, offer)
    order by period_start, market_id, offer_type, pay_per_hour_from_usd;

-- When orders are placed on the market's clock, and whether they arrive on time, from delivery_hours. market and offer:
-- an id, `all` (the total) or `each`; grain: `week`, `all`.
create macro hours_of_day(market := 'all', offer := 'all', grain := 'all') as table
    select
        period_start,
        market_id,
        offer_type,
        weekday,
        hour,
        orders,
        delivered,
        due,
        on_time,
        on_time_share,
        on_time_share_low,
        on_time_share_high,
        click_to_door_minutes_p50
    from delivery_hours
    where delivery_hours.grain = grain and is_meant(market_id, market) and is_meant(offer_type, offer)
    order by period_start, market_id, offer_type, weekday, hour;

-- Which stores make drivers wait, the longest wait first, from store_performance. market and offer: an id or `all` (no
-- filter); grain: `week`, `all`; min_orders: fewer orders than that are too few to say.
create macro store_waits(market := 'all', offer := 'all', grain := 'all', min_orders := 30) as table
    select
        period_start,
        market_id,
        site_id,
        store_id,
        orders,
        preparation_minutes_p50,
        preparation_minutes_p90,
        pickup_wait_minutes_p50,
        pickup_wait_minutes_p90,
        dwell_trips,
        dwell_minutes_p50,
        dwell_minutes_p90,
        cancelled_by_store,
        cancelled_by_store_share,
        due,
        on_time,
        on_time_share
    from store_performance
    where
        store_performance.grain = grain
        and market in ('all', market_id)
        and offer in ('all', offer_type)
        and orders >= min_orders
    order by period_start asc, dwell_minutes_p90 desc nulls last, site_id asc, store_id asc;

-- The trips behind a cell of driver_earnings: rows of fct_trips that net_per_hour_usd divides over. market and offer:
-- an id or `all` (no filter); since and until: trip_date, both included.
create macro earning_trips(
    market := 'all', offer := 'all', since := date '0001-01-01', until := date '9999-12-31'
) as table
    select *
    from fct_trips
    where
        status = 'ended'
        and not is_pay_pending
        and net_usd is not null
        and on_job_hours is not null
        and market in ('all', market_id)
        and offer in ('all', offer_type)
        and trip_date between since and until
    order by trip_date, trip_id;

-- What each driver earned in each week (from Monday), over the trips with known cost, from fct_trips: pseudonymous
-- rows, no metric, nothing is withheld. market and offer: an id or `all` (no filter); min_trips: fewer in the week are
-- left out.
create macro driver_weeks(market := 'all', offer := 'all', min_trips := 1) as table
    select
        *,
        cast(round(cast(net_usd as double) / nullif(on_job_hours, 0), 4) as decimal(12, 4)) as net_per_hour_usd
    from (
        select
            driver_key,
            cast(date_trunc('week', trip_date) as date) as period_start,
            count(*) as trips,
            sum(on_job_hours) as on_job_hours,
            sum(gross_usd) as gross_usd,
            sum(net_usd) as net_usd
        from earning_trips(market := market, offer := offer)
        group by all
    ) as weeks
    where trips >= min_trips
    order by driver_key, period_start;

-- Why lines were refused, the most first, from audit.quarantine_totals, beside all lines of that log. of_log: orders,
-- offers, trips or `all`.
create macro refused_lines(of_log := 'all') as table
    select
        refused.log,
        refused.reason,
        refused.field,
        refused.files,
        refused.lines,
        landed.log_lines,
        refused.lines / nullif(landed.log_lines, 0) as quarantined_share
    from audit.quarantine_totals as refused
    inner join (
        select
            log,
            cast(sum(lines) as bigint) as log_lines
        from audit.files
        group by log
    ) as landed
        on refused.log = landed.log
    where of_log in ('all', refused.log)
    order by refused.lines desc, refused.log asc, refused.reason asc, refused.field asc;

-- What may be asked by name: the macros of the file, with their arguments and defaults.
create macro macro_dictionary() as table
    select
        function_name as name,
        parameters,
        comment as meaning
    from duckdb_functions()
    where database_name = current_database() and schema_name = 'main' and not internal
    order by name;
