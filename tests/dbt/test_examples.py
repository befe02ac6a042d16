"""The worked examples of the contract from log lines to the published figure, one market each in one world.

The number that a plausible mistake gives stands in the message. Examples 9 (what was known when) and 10 (loading
again) need worlds of their own; 13's read-out and 20 are in `test_readout.py`.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.dbt.lines import after, at, line, offer, order, trip

ZONES = {"tysons": ("VA", "America/New_York"), "chandler": ("AZ", "America/Phoenix")}
MARKETS = [
    *(f"example_{number}" for number in range(1, 20)),
    "example_5_staggered",
    "example_13_east",
    "example_17_most",
    *ZONES,
]
PRICES = {  # USD a gallon by market and Monday; what is not named is of no account
    "example_2": {"2022-05-16": 5.199},
    "example_11": {"2022-06-13": 5.513, "2022-07-11": 4.874},
    "example_12": {"2022-01-10": 3.782, "2022-06-13": 5.456},
}
CARS = {"thirty": (0.0968, 30), "forfeiter": (0.27, 1e9), "unknown": (0, 25)}  # maintenance per mile, mpg
CUT = at("2022-12-01 12:00")
NOON = at("2022-05-21 12:00")


def reference():
    """A mall and a delivery station per market, cars with the rates of the examples."""
    kinds = {"mall": "mall", "station": "delivery_station"}
    prices = {market: PRICES.get(market, {"2022-05-16": 4}) for market in MARKETS}
    years = {"valid_from": "2022-01-01", "valid_to": "2022-12-31"}
    zones = {market: ZONES.get(market, ("NV", "America/Los_Angeles")) for market in MARKETS}
    return {
        "markets": [
            {"market_id": market, "market_name": market, "state": state, "time_zone": zone, "fuel_area": market}
            for market, (state, zone) in zones.items()
        ],
        "sites": [
            {"site_id": f"{market}_{name}", "site_name": name, "market_id": market, "site_kind": kind}
            for market in MARKETS
            for name, kind in kinds.items()
        ],
        "vehicle_classes": [
            {"vehicle_class": name, "fuel_type": "gasoline", "miles_per_gallon": mpg} for name, (_, mpg) in CARS.items()
        ],
        "mileage_rates": [
            {"vehicle_class": name, "maintenance_usd_per_mile": usd, "depreciation_usd_per_mile": 0.26, **years}
            for name, (usd, _) in CARS.items()
        ],
        "fuel_prices": [
            {"fuel_area": market, "fuel_type": "gasoline", "week_starting_on": week, "usd_per_unit": price}
            for market, weeks in prices.items()
            for week, price in weeks.items()
        ],
    }


def mall(number):
    return f"example_{number}_mall"


def minutes(count):
    return timedelta(minutes=count)


def ten_due_orders():
    promise = {"placed": NOON, "promised_at": after(NOON, 3)}
    for number in range(7):
        yield from order(f"timely-{number}", mall(4), **promise, delivered=after(NOON, 3))
    yield from order("late", mall(4), **promise, delivered=after(NOON, 3.5))
    yield from order("never", mall(4), **promise)
    yield from order("lost", mall(4), **promise, lost=after(NOON, 2))


def survivors():
    """Delivered after so many minutes; where negative, still open after them."""
    curves = {
        "5": [90, 120, 150, 180, 240, -300, -300, -300],
        "5_staggered": [60, 90, -100, 120, 150, -180, 200, -240],
    }
    for curve, seen in curves.items():
        for number, count in enumerate(seen):
            placed = NOON if count > 0 else CUT + minutes(count)
            arrived = {"delivered": placed + minutes(count)} if count > 0 else {}
            yield from order(f"curve-{curve}-{number}", mall(curve), placed, **arrived)


def local_days():
    yield from order("evening", mall(7), at("2022-05-21 19:00"), delivered=datetime(2022, 5, 22, 3, 30, tzinfo=UTC))
    spring = [at(f"2022-03-13 {clock}", ZONES["tysons"][1]) for clock in ("01:30", "03:30")]
    yield from order("spring", "tysons_mall", spring[0], delivered=spring[1])
    autumn = [at(f"2021-11-07 {clock}", ZONES["tysons"][1]) for clock in ("00:30", "03:00")]
    yield from order("autumn", "tysons_mall", autumn[0], delivered=autumn[1])
    steady = [at(f"2022-03-13 {clock}", ZONES["chandler"][1]) for clock in ("01:30", "03:30")]
    yield from order("steady", "chandler_mall", steady[0], delivered=steady[1])


def two_sites():
    for number in range(100):
        yield from order(f"slow-{number}", mall(14), NOON, delivered=NOON + minutes(60 if number < 85 else 180))
    for number in range(900):
        yield from order(f"quick-{number}", "example_14_station", NOON, delivered=NOON + minutes(60))


def fanned_out():
    for number in range(3):
        of_trip = {"trip_id": "fan-out"}
        stamps = {"picked_up": (after(NOON, 0.5), of_trip), "delivered": (after(NOON, 1 + number / 10), of_trip)}
        yield from order(f"fanned-{number}", mall(3), NOON, **stamps)


def three_blocks():
    sent, starts, answered = NOON, after(NOON, 4), NOON + minutes(5)
    again, taken = NOON + minutes(30), {"reason": "taken"}
    yield from offer("A1", "A", mall(6), sent, starts, accepted=answered)
    for number in range(2, 7):
        yield from offer(f"A{number}", "A", mall(6), sent, starts, withdrawn=(answered, taken))
    for number in range(1, 7):
        yield from offer(f"B{number}", "B", mall(6), sent, starts, expired=again)
    yield from offer("B7", "B", mall(6), again, starts, wave=2, accepted=again + minutes(5))
    for number in range(8, 13):
        yield from offer(f"B{number}", "B", mall(6), again, starts, wave=2, withdrawn=(again + minutes(5), taken))
    for number in range(1, 3):
        yield from offer(f"C{number}", "C", mall(6), sent, starts, declined=answered)


def blocks_of_trips():
    shared = {"sent": at("2022-05-20 12:00"), "starts": NOON}
    for name, number, driver, hours in [
        ("scheduled", 2, "hours", 3),
        ("over", 16, "over", 3),
        ("under", 16, "under", 3),
    ]:
        accepted = at("2022-05-20 13:00")
        yield from offer(name, name, mall(number), **shared, hours=hours, driver_id=driver, accepted=accepted)
    answers = {"accepted": at("2022-05-20 13:00"), "forfeited": at("2022-05-21 11:00")}
    yield from offer("given-back", "given-back", mall(15), **shared, driver_id="third", **answers)


def answered_at_the_edge():
    for market, accepted, declined in [("17", 0, 8), ("17_most", 18, 2)]:
        for number in range(accepted + declined):
            answer = "accepted" if number < accepted else "declined"
            ids = (f"{market}-{number}", f"block-{market}-{number}", mall(market))
            yield from offer(*ids, NOON, after(NOON, 4), **{answer: after(NOON, 1)})


def runs():
    for number, (usd, hours) in enumerate([(42, 3), (30, 1), (40, 5)]):
        yield from trip(f"ratio-{number}", mall(1), NOON, base_usd=usd, hours=hours)
    which = {"miles": 41, "base_usd": 63, "toll_usd": 3.25, "car": "thirty", "block_id": "scheduled"}
    yield from trip("hours", mall(2), after(NOON, -0.75), on_the_way_hours=0.75, hours=3.75, **which)
    yield from trip("fan-out", mall(3), NOON, miles=18, toll_usd=3.25)
    yield from trip("week", mall(11), at("2022-06-15 12:00"), miles=40, car="thirty")
    for name, day in [("winter", "2022-01-12"), ("june", "2022-06-15")]:
        yield from trip(name, mall(12), at(f"{day} 12:00"), miles=41, hours=3.75, base_usd=63, car="thirty")
    for site, hours, rate in [
        ("13_mall", 100, 15),
        ("13_station", 300, 16),
        ("13_east_mall", 300, 22),
        ("13_east_station", 100, 23),
    ]:
        yield from trip(site, f"example_{site}", NOON, hours=hours, base_usd=hours * rate)
    for number in range(2):
        yield from trip(f"paid-{number}", mall(15), NOON, base_usd=48)
    yield from trip("third", mall(15), NOON, hours=0.5, miles=14, base_usd=None, car="forfeiter", block_id="given-back")
    for name, hours in [("over", 3.75), ("under", 2.5)]:
        yield from trip(name, mall(16), NOON, hours=hours, block_id=name)
    for day in ("2022-06-30", "2022-07-01"):
        yield from trip(f"floor-{day}", mall(18), at(f"{day} 12:00"), hours=1, base_usd=10)
    yield from trip("metered", mall(19), NOON, miles=40, base_usd=60, toll_usd=9)
    yield from trip("unmetered", mall(19), NOON, hours=1, miles=None, base_usd=60, toll_usd=2)


@pytest.fixture(scope="module")
def world(build_world):
    orders = [*ten_due_orders(), *survivors(), *local_days(), *two_sites(), *fanned_out()]
    offers = [*three_blocks(), *blocks_of_trips(), *answered_at_the_edge()]
    return build_world(
        orders=[*orders, line("ready", CUT, order_id="sets-the-cut")],
        offers=[*offers, line("no_show", CUT, offer_id="sets-the-cut")],
        trips=[*runs(), line("toll_charged", CUT, trip_id="sets-the-cut", amount_usd=0)],
        reference=reference(),
        min_drivers=1,
    )


@pytest.fixture(scope="module")
def cell(world):
    """A function: the only row of a metric table for an example's market; other keys are `all`."""

    def find(table, market, **keys):
        market_id = f"example_{market}" if str(market)[0].isdigit() else market
        wanted = {"grain": "all", "market_id": market_id, "offer_type": "all"} | keys
        return world.row(f"from {table} where " + " and ".join(f"{key} = '{value}'" for key, value in wanted.items()))

    return find


def per_hour(row, column="net_per_hour_usd"):
    return round(row[column], 2)


def usd(text):
    return Decimal(text)


def test_example_1_an_hours_net_is_a_ratio_of_sums(cell):
    row = cell("driver_earnings", 1)
    assert per_hour(row) == usd("12.44"), f"{row['net_per_hour_usd']}: 17.33 is the mean of the ratios"


def test_example_2_each_clock_has_its_own_rate_and_the_tax_rate_adds_no_gas(cell):
    row = cell("driver_earnings", 2)
    assert [row[name] for name in ("scheduled_hours", "on_job_hours", "door_to_door_hours")] == [3, 3.75, 4.5]
    assert (row["costed_gas_usd"], row["costed_maintenance_usd"]) == (usd("7.1053"), usd("3.9688"))
    assert row["costed_net_usd"] == usd("48.6759")
    assert per_hour(row, "net_per_scheduled_hour_usd") == usd("16.23")
    assert per_hour(row) == usd("12.98"), "16.23 is per scheduled hour, 10.82 door to door"
    assert per_hour(row, "net_per_door_to_door_hour_usd") == usd("10.82")
    assert per_hour(row, "after_tax_rate_per_hour_usd") == usd("9.54"), "7.64 has gas in it twice"
    assert per_hour(row, "after_depreciation_per_hour_usd") == usd("10.14"), "48.6759 less 41 miles at 0.26"
    assert row["advertised_range_share"] == 1, "63 USD in 3 hours lie in 18 to 25"


def test_example_3_a_trip_with_three_orders_has_its_miles_and_tolls_once(world, cell):
    row = cell("driver_earnings", 3)
    assert row["total_miles"] == 18, f"{row['total_miles']}: 54 is joined to its orders"
    assert row["costed_toll_usd"] == usd("3.25"), f"{row['costed_toll_usd']}: 9.75 is joined to its orders"
    assert world.value("select orders_delivered from fct_trips where trip_id = 'fan-out'") == 3


def test_example_4_a_due_order_that_never_arrived_is_late(cell):
    row = cell("delivery_speed", 4)
    assert (row["due"], row["on_time"], row["delivered"]) == (10, 7, 8)
    assert row["on_time_share"] == 0.7, "0.9 counts the undelivered as on time, 0.875 leaves them out"


def test_example_5_orders_still_open_are_no_survivors_to_leave_out(cell):
    row = cell("delivery_speed", 5)
    median = row["click_to_door_minutes_p50_censored"]
    assert median == 180, f"{median}: 150 is the median of the delivered"
    within = row["within_180_minutes_share_censored"]
    assert within == pytest.approx(0.5, abs=1e-12), f"{within}: 0.8 is of the delivered"
    assert row["click_to_door_minutes_p50"] == 150, "the figure of the survivors has its own name"
    row = cell("delivery_speed", "5_staggered")
    median = row["click_to_door_minutes_p50_censored"]
    assert median == 150, f"{median}: 120 is the median of the delivered"
    assert row["within_180_minutes_share_censored"] == pytest.approx(0.55, abs=1e-12)


def test_example_6_acceptance_is_of_offers_at_risk_and_fill_of_blocks(cell):
    row = cell("offer_acceptance", 6)
    assert (row["offers"], row["at_risk"], row["accepted"]) == (20, 10, 2)
    assert row["acceptance_share"] == 0.2, "0.1 is of all offers, 0.5 of the answered ones"
    assert (round(row["acceptance_share_low"], 3), round(row["acceptance_share_high"], 3)) == (0.057, 0.510)
    assert (row["blocks_due"], row["blocks_filled"], row["fill_share"]) == (3, 2, 2 / 3)
    assert row["first_wave_fill_share"] == 1 / 3, "2/3 counts the second wave"


def test_example_7_a_day_is_a_day_of_the_market(world, cell):
    row = world.row("from fct_deliveries where order_id = 'evening'")
    assert row["placed_date"] == row["delivered_date"] == date(2022, 5, 21), "UTC would say the 22nd"
    assert row["is_same_day"] is True
    day = cell("delivery_speed", 7, grain="day")
    assert (day["period_start"], day["same_day_share"]) == (date(2022, 5, 21), 1), "by UTC on the 22nd, or 0"


def test_example_8_an_hour_that_the_clock_skips_or_repeats_is_still_an_hour(world):
    rows = world.rows("from fct_deliveries where market_id in ('tysons', 'chandler')")
    found = {row["order_id"]: row["click_to_door_minutes"] / 60 for row in rows}
    assert found["spring"] == 1, "local clocks would say 2"
    assert found["autumn"] == 3.5, "local clocks would say 2.5"
    assert found["steady"] == 2, "with the neighbours' daylight saving it would be 1"


def test_example_11_gas_is_priced_as_of_the_trip_not_of_the_build(cell):
    row = cell("driver_earnings", 11)
    assert round(row["costed_gas_usd"], 2) == usd("7.35"), f"{row['costed_gas_usd']}: 6.50 is at the latest price"


def test_example_12_a_dearer_gallon_is_no_change_of_the_work(cell):
    days = [cell("driver_earnings", 12, grain="day", period_start=day) for day in ("2022-01-12", "2022-06-15")]
    assert per_hour(days[0]) - per_hour(days[1]) == usd("0.61"), "what the drivers lost"
    constant = [day["net_at_constant_price_per_hour_usd"] for day in days]
    assert constant[0] - constant[1] == 0, f"{constant}: 0.61 apart at the prices of the day"


def test_example_13_within_every_market_retail_earns_less_though_pooled_it_earns_more(cell):
    kinds = {
        market: [cell("driver_earnings", market, offer_type=kind) for kind in ("retail", "station")]
        for market in ("13", "13_east")
    }
    within = {market: row["net_per_hour_usd"] - base["net_per_hour_usd"] for market, (row, base) in kinds.items()}
    assert within == {"13": -1, "13_east": -1}, f"{within}: 2.50 is the difference of the pooled rates"
    paid, base = zip(*kinds.values(), strict=True)
    pooled = [sum(row["costed_net_usd"] for row in rows) / 400 for rows in (paid, base)]
    assert pooled[0] - pooled[1] == usd("2.5"), "the example is what it says"


def test_example_14_the_total_has_its_own_percentile(cell):
    p90 = {
        kind: cell("delivery_speed", 14, offer_type=kind)["click_to_door_minutes_p90"]
        for kind in ("retail", "station", "all")
    }
    assert (p90["retail"], p90["station"]) == (180, 60)
    assert p90["all"] == 60, f"{p90['all']}: 120 is the average of the sites' percentiles"


def test_example_15_a_trip_without_pay_keeps_its_hours_and_costs(cell):
    row = cell("driver_earnings", 15)
    assert (row["trips"], row["pay_pending_trips"], row["on_job_hours"]) == (3, 0, 6.5)
    assert row["costed_net_usd"] == usd("92.22")
    assert per_hour(row) == usd("14.19"), f"{row['net_per_hour_usd']}: 16.00 leaves the unpaid trip out"


def test_example_16_an_overrun_is_not_made_good_by_an_early_finish(cell):
    row = cell("driver_earnings", 16)
    assert per_hour(row, "gross_per_hour_usd") == usd("19.20"), "20.00 is per scheduled hour"
    assert row["gross_per_scheduled_hour_usd"] == 20
    assert (row["unpaid_overrun_hours"], row["early_finish_hours"]) == (0.75, 0.5), "netted they would be 0.25 and 0"


def test_example_17_wilsons_interval_says_something_at_the_edge(cell):
    found = {}
    for market in ("17", "17_most"):
        row = cell("offer_acceptance", market)
        found[market] = (round(row["acceptance_share_low"], 3), round(row["acceptance_share_high"], 3))
    assert found["17"] == (0, 0.324), "a plain normal interval would be 0 to 0"
    assert found["17_most"] == (0.699, 0.972), "a plain normal interval would pass 1 (0.769 to 1.031)"


def test_example_18_the_wage_floor_is_that_of_the_day(cell):
    days = [cell("driver_earnings", 18, grain="day", period_start=day) for day in ("2022-06-30", "2022-07-01")]
    assert [day["net_per_hour_usd"] for day in days] == [10, 10]
    below = [day["below_minimum_wage_hours_share"] for day in days]
    assert below == [0, 1], f"{below}: by one floor for both days they would be the same"
    assert cell("driver_earnings", 18)["below_minimum_wage_hours_share"] == 0.5, "by hours, over all days"


def test_example_19_a_trip_without_a_meter_is_out_of_the_net_and_in_the_coverage(cell):
    row = cell("driver_earnings", 19)
    net, gas = row["net_per_hour_usd"], usd("6.4")
    assert per_hour(row) == round((60 - 9 - gas) / 3, 2), f"{net}: 25.65 takes missing miles for no miles"
    assert row["miles_coverage_share"] == 0.75
    assert (row["trips"], row["costed_trips"], row["total_miles"]) == (2, 1, 40)
    assert row["gross_per_hour_usd"] == 30, "gross needs no miles"
    waterfall = row["costed_gross_usd"] - row["costed_gas_usd"] - row["costed_toll_usd"] - row["costed_maintenance_usd"]
    assert waterfall == row["costed_net_usd"] == 51 - gas
