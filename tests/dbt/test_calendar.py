"""The edges of the calendar, from log lines to metric cells, all in one world.

Days are days of the market, hours are real hours, and a day without data has no row in any metric table.
"""

from datetime import date
from math import isfinite

import pytest

from tests.dbt.lines import LAS_VEGAS, after, at, line, offer, order, trip

TYSONS, FRIENDSWOOD, CHANDLER = "America/New_York", "America/Chicago", "America/Phoenix"
SPRING, AUTUMN = "2022-03-13", "2022-11-06"  # clocks go forward at 02:00, back at 02:00
MALLS = {"tysons": TYSONS, "las_vegas": LAS_VEGAS, "friendswood": FRIENDSWOOD, "chandler": CHANDLER}
CUT = at("2024-03-10 12:00")
METRICS = (
    "delivery_speed",
    "delivery_curve",
    "delivery_hours",
    "offer_acceptance",
    "driver_earnings",
    "net_pay_parts",
    "store_performance",
)


def changing_clocks():
    """Orders from 00:30 to 23:30 local on the days the clocks change, one in each market."""
    for market, zone in MALLS.items():
        for name, day in (("spring", SPRING), ("autumn", AUTUMN)):
            first, last = at(f"{day} 00:30", zone), at(f"{day} 23:30", zone)
            yield from order(f"{name}-{market}", f"{market}_mall", first, delivered=last)


def trips_over_the_change():
    """From 00:30 to 03:30 by the clock on the wall."""
    for market, zone in MALLS.items():
        for name, day in (("spring", SPRING), ("autumn", AUTUMN)):
            start, end = at(f"{day} 00:30", zone), at(f"{day} 03:30", zone)
            yield line("started", start, trip_id=f"{name}-{market}", driver_id=market, site_id=f"{market}_mall")
            yield line("ended", end, trip_id=f"{name}-{market}", trip_miles=0)
            yield line("pay_posted", end, trip_id=f"{name}-{market}", pay_kind="base", amount_usd=60)


def ambiguous_hour():
    """01:30 comes twice in Tysons on the day the clocks go back; the offset says which."""
    early, late = (at(f"{AUTUMN} 01:30", TYSONS, fold) for fold in (0, 1))
    yield from order("twice-told", "tysons_station", early, delivered=late)
    yield from order("before-its-time", "tysons_grocery", late, delivered=early)


def dates_of_note():
    """Leap day and year end; the last minute of the one and the first of the next day."""
    for name, day, following in [("leap", "2024-02-29", "2024-03-01"), ("year", "2022-12-31", "2023-01-01")]:
        evening, morning = at(f"{day} 23:59"), at(f"{following} 00:01")
        promise = {"promised_at": evening}
        yield from order(f"{name}-same", "las_vegas_mall", after(evening, -2), **promise, delivered=evening)
        yield from order(f"{name}-next", "las_vegas_mall", after(evening, -2), **promise, delivered=morning)
    yield from order("leap-february", "las_vegas_mall", at("2024-02-28 23:59"), delivered=at("2024-03-01 00:01"))
    yield from order(
        "leap-new-york", "tysons_mall", at("2024-03-01 00:30", TYSONS), delivered=at("2024-03-01 01:30", TYSONS)
    )
    yield line("placed", at("2022-12-31 12:00"), order_id="in-a-store", site_id="las_vegas_mall", store_id="s")


def blocks():
    """Of one night, one withdrawn by all, one nobody was asked for at once, one across the change of clocks."""
    sent = at("2022-06-01 23:50", FRIENDSWOOD)
    starts = at("2022-06-02 23:00", FRIENDSWOOD)
    yield from offer("night", "night", "friendswood_mall", sent, starts, driver_id="n", accepted=after(sent, 1 / 3))
    withdrawn = {"withdrawn": (at("2022-07-01 13:00", CHANDLER), {"reason": "cancelled"})}
    for number in range(3):
        sent = at("2022-07-01 12:00", CHANDLER)
        yield from offer(f"off-{number}", "off", "chandler_mall", sent, after(sent, 5), **withdrawn)
    starts = at(f"{SPRING} 01:00", TYSONS)
    yield from offer(
        "short-night", "short", "tysons_mall", after(starts, -24), starts, hours=3, declined=after(starts, -23)
    )


def runs():
    night = {"driver_id": "n", "block_id": "night"}
    yield from trip("night", "friendswood_mall", at("2022-06-02 23:00", FRIENDSWOOD), **night)
    yield from trip("new-year", "las_vegas_mall", at("2022-12-31 22:30"), hours=4, driver_id="one")
    yield from trip("january", "las_vegas_mall", at("2023-01-01 12:00"), hours=2, driver_id="one")
    yield from trip("leap", "chandler_mall", at("2024-02-29 23:00", CHANDLER), hours=2, driver_id="l")
    yield from trip("no-time", "chandler_station", at("2022-08-01 12:00", CHANDLER), hours=0, miles=5, driver_id="z")


@pytest.fixture(scope="module")
def world(build_world):
    return build_world(
        orders=[*changing_clocks(), *ambiguous_hour(), *dates_of_note(), line("ready", CUT, order_id="cut")],
        offers=[*blocks(), line("no_show", CUT, offer_id="cut")],
        trips=[*trips_over_the_change(), *runs(), line("toll_charged", CUT, trip_id="cut", amount_usd=0)],
    )


@pytest.fixture(scope="module")
def deliveries(world):
    return {row["order_id"]: row for row in world.rows("from fct_deliveries")}


@pytest.fixture(scope="module")
def trips(world):
    return {row["trip_id"]: row for row in world.rows("from fct_trips")}


def cells(world, table, **keys):
    """Rows of a metric table by period_start; `offer_type` is `all` if not given."""
    wanted = {"offer_type": "all"} | keys
    conditions = " and ".join(f"{key} = '{value}'" for key, value in wanted.items())
    return {row["period_start"]: row for row in world.rows(f"from {table} where {conditions}")}


@pytest.mark.parametrize(
    ("market", "spring", "autumn"),
    [("tysons", 22, 24), ("las_vegas", 22, 24), ("friendswood", 22, 24), ("chandler", 23, 23)],
)
def test_the_day_of_the_change_has_23_or_25_hours_but_in_arizona(world, deliveries, market, spring, autumn):
    for name, day, hours in (("spring", SPRING, spring), ("autumn", AUTUMN, autumn)):
        row = deliveries[f"{name}-{market}"]
        assert row["click_to_door_minutes"] == hours * 60, f"{name}: 23 hours by the clock on the wall"
        assert row["placed_date"] == row["delivered_date"] == date.fromisoformat(day)
        assert row["is_same_day"] is True, "also where the UTC days differ"
        cell = cells(world, "delivery_speed", grain="day", market_id=market, offer_type="retail")[row["placed_date"]]
        assert (cell["orders"], cell["same_day_share"]) == (1, 1)
        assert cell["click_to_door_minutes_p50"] == hours * 60


def test_an_hour_is_the_one_on_the_wall_also_where_it_comes_twice(world):
    """Placed at 00:30, 01:30 and 01:30 again in Tysons on the Sunday on which the clocks go back."""
    rows = world.rows("from delivery_hours where grain = 'week' and market_id = 'tysons' and offer_type = 'all'")
    week = {(row["weekday"], row["hour"]): row for row in rows if row["period_start"] == date(2022, 10, 31)}
    assert {hour: row["orders"] for hour, row in week.items()} == {(7, 0): 1, (7, 1): 2}
    assert (week[7, 1]["delivered"], week[7, 1]["click_to_door_minutes_p50"]) == (2, 60), "the negative one is unknown"


def test_over_all_markets_an_hour_is_each_markets_own(world):
    rows = world.rows("from delivery_hours where grain = 'week' and market_id = 'all' and offer_type = 'retail'")
    week = {(row["weekday"], row["hour"]): row["orders"] for row in rows if row["period_start"] == date(2022, 3, 7)}
    assert week == {(7, 0): 4}, "at 00:30 in each of four markets, which is four times of the day in UTC or three"


@pytest.mark.parametrize(
    ("market", "spring", "autumn"), [("tysons", 2, 4), ("las_vegas", 2, 4), ("friendswood", 2, 4), ("chandler", 3, 3)]
)
def test_a_trip_over_the_change_is_paid_by_real_hours(world, trips, market, spring, autumn):
    for name, day, hours in (("spring", SPRING, spring), ("autumn", AUTUMN, autumn)):
        row = trips[f"{name}-{market}"]
        assert (row["door_to_door_hours"], row["on_job_hours"]) == (hours, hours), f"{name}: 3 by the clock on the wall"
        assert row["trip_date"] == date.fromisoformat(day)
        cell = cells(world, "driver_earnings", grain="day", market_id=market)[row["trip_date"]]
        assert (cell["on_job_hours"], cell["gross_per_hour_usd"]) == (hours, 60 / hours)


def test_of_an_hour_that_comes_twice_the_offset_says_which(deliveries):
    told, early = deliveries["twice-told"], deliveries["before-its-time"]
    assert told["click_to_door_minutes"] == 60, "0 by the clock on the wall"
    assert (told["placed_date"], told["has_clock_disorder"]) == (date.fromisoformat(AUTUMN), False)
    assert (early["click_to_door_minutes"], early["has_clock_disorder"]) == (None, True), (
        "an hour too early, not at once"
    )


def test_leap_day_is_a_day_like_any_other(world, deliveries, trips):
    leap = date(2024, 2, 29)
    assert deliveries["leap-same"]["placed_date"] == deliveries["leap-same"]["delivered_date"] == leap
    assert deliveries["leap-next"]["delivered_date"] == date(2024, 3, 1)
    assert deliveries["leap-next"]["is_next_day"] is True
    over = deliveries["leap-february"]
    assert (over["is_next_day"], over["click_to_door_minutes"]) == (False, 24 * 60 + 2), "two days later in a leap year"
    assert deliveries["leap-new-york"]["placed_date"] == date(2024, 3, 1), "while it is the 29th in Las Vegas"
    speed = cells(world, "delivery_speed", grain="day", market_id="las_vegas")[leap]
    assert (speed["orders"], speed["due"], speed["on_time_share"], speed["same_day_share"]) == (2, 2, 0.5, 0.5)
    assert trips["leap"]["trip_date"] == leap
    assert cells(world, "driver_earnings", grain="day", market_id="chandler")[leap]["on_job_hours"] == 2
    row = world.row("from dim_date where calendar_date = '2024-02-29' and market_id = 'las_vegas'")
    assert (row["week_start_date"], row["month_start_date"], row["weekday"]) == (date(2024, 2, 26), date(2024, 2, 1), 4)


def test_the_year_ends_at_the_markets_midnight(world, deliveries, trips):
    assert [deliveries[f"year-{name}"]["delivered_date"] for name in ("same", "next")] == [
        date(2022, 12, 31),
        date(2023, 1, 1),
    ]
    assert [deliveries[f"year-{name}"]["is_same_day"] for name in ("same", "next")] == [True, False]
    assert trips["new-year"]["trip_date"] == date(2022, 12, 31), "UTC would say January 1st"
    assert trips["new-year"]["tax_rate_cost_usd"] == 0
    days = cells(world, "driver_earnings", grain="day", market_id="las_vegas")
    assert days[date(2022, 12, 31)]["on_job_hours"] == 4, "a trip belongs to the day it started on, whole"
    assert days[date(2023, 1, 1)]["on_job_hours"] == 2


def test_a_week_across_new_year_is_one_week_from_its_monday(world):
    monday = date(2022, 12, 26)
    week = cells(world, "driver_earnings", grain="week", market_id="las_vegas")[monday]
    assert (week["trips"], week["on_job_hours"], week["gross_per_hour_usd"]) == (2, 6, 20)
    assert date(2023, 1, 1) not in cells(world, "driver_earnings", grain="week", market_id="las_vegas")
    assert cells(world, "delivery_speed", grain="week", market_id="las_vegas")[monday]["orders"] == 3
    stores = world.rows("from store_performance where grain = 'week'")
    assert [(row["period_start"], row["orders"]) for row in stores] == [(monday, 1)]
    for table in METRICS:
        weekdays = world.rows(f"select distinct dayofweek(period_start) as day from {table} where grain = 'week'")
        assert [row["day"] for row in weekdays] == [1], f"{table}: a week starts on a Monday"


def test_a_block_across_midnight_is_of_the_day_it_was_offered_and_its_trip_of_the_day_it_started(world, trips):
    block = world.row("from fct_blocks where block_id = 'night'")
    assert (block["block_hours"], block["minutes_to_fill"]) == (3, 20)
    cell = cells(world, "offer_acceptance", grain="day", market_id="friendswood")
    assert set(cell) == {date(2022, 6, 1)}, "sent at 23:50 local, answered on the 2nd, driven into the 3rd"
    assert (cell[date(2022, 6, 1)]["blocks_due"], cell[date(2022, 6, 1)]["fill_share"]) == (1, 1)
    row = trips["night"]
    assert (row["trip_date"], row["scheduled_hours"], row["unpaid_overrun_hours"]) == (date(2022, 6, 2), 3, 0)


def test_a_block_over_the_change_has_its_real_length(world):
    row = world.row("from fct_blocks where block_id = 'short'")
    assert (row["block_hours"], row["first_pay_usd"]) == (3, 60), "from 01:00 to 05:00 by the clock on the wall"


def test_when_all_offers_are_withdrawn_nobody_could_accept_and_no_share_is_0(world):
    cell = cells(world, "offer_acceptance", grain="all", market_id="chandler")
    (row,) = cell.values()
    assert (row["offers"], row["withdrawn"], row["at_risk"], row["blocks_due"]) == (3, 3, 0, 0)
    unknown = ("acceptance_share", "acceptance_share_low", "acceptance_share_high", "fill_share", "fill_share_low")
    assert [row[name] for name in unknown] == [None] * 5, "0 would say that all refused"
    assert (row["seconds_to_answer_p50"], row["pay_per_hour_accepted_usd"], row["pay_per_hour_sent_usd"]) == (
        None,
        None,
        20,
    )


def test_a_market_without_offers_has_no_row_of_offers_and_keeps_its_other_rows(world):
    assert cells(world, "offer_acceptance", market_id="las_vegas") == {}
    assert cells(world, "driver_earnings", market_id="las_vegas", grain="all")


def test_a_day_without_data_has_no_row_in_any_metric_table(world):
    empty = "period_start = '2022-12-30'"
    for table in METRICS:
        assert world.rows(f"from {table} where grain = 'day' and {empty}") == [], f"{table}: a row of 0 of nothing"
    facts = {"delivery_speed": ("fct_deliveries", "placed_date"), "offer_acceptance": ("fct_offers", "sent_date")}
    facts["driver_earnings"] = ("fct_trips", "trip_date")
    for table, (fact, day) in facts.items():
        expected = world.rows(f"select distinct market_id, {day} as day from {fact} order by all")
        found = world.rows(
            f"select distinct market_id, period_start as day from {table} "
            "where grain = 'day' and market_id <> 'all' order by all"
        )
        assert found == expected, table
    assert world.value("select count(*) from dim_date where calendar_date = '2022-12-30' and market_id = 'las_vegas'")


def test_a_cell_of_one_driver_shows_his_pay_and_nothing_of_a_distribution(world):
    row = cells(world, "driver_earnings", grain="week", market_id="friendswood")[date(2022, 5, 30)]
    assert (row["drivers"], row["trips"], row["net_per_hour_usd"]) == (1, 1, 20)
    assert (row["net_per_hour_usd_low"], row["net_per_hour_usd_high"]) == (None, None)
    hidden = ("rated_drivers", "driver_net_per_hour_usd_p50", "below_minimum_wage_hours_share")
    assert row["is_suppressed"] is True and [row[name] for name in hidden] == [None] * 3


def test_a_trip_of_no_hours_has_pay_and_costs_and_no_rate(world, trips):
    row = trips["no-time"]
    assert (row["on_job_hours"], row["gross_usd"], row["net_per_hour_usd"]) == (0, 60, None)
    assert row["has_clock_disorder"] is False
    cell = cells(world, "driver_earnings", grain="all", market_id="chandler", offer_type="station")
    (cell,) = cell.values()
    assert (cell["trips"], cell["costed_trips"], cell["on_job_hours"], cell["gross_usd"]) == (1, 1, 0, 60)
    rates = [name for name in cell if "per_hour" in name or "_hour_usd" in name]
    assert len(rates) > 10 and [cell[name] for name in rates] == [None] * len(rates), "a rate over 0 hours"
    assert (cell["miles_coverage_share"], cell["overlapping_hours"]) == (None, 0)


def test_no_figure_of_any_table_is_infinite_or_no_number(world):
    tables = [
        *METRICS,
        "pilot_readout",
        "fct_deliveries",
        "fct_offers",
        "fct_blocks",
        "fct_trips",
        "audit.drift",
        "audit.landed_days",
        "audit.freshness",
    ]
    odd = [
        f"{table}.{name}: {value}"
        for table in tables
        for row in world.rows(f"from {table}")
        for name, value in row.items()
        if isinstance(value, float) and not isfinite(value)
    ]
    assert odd == []
