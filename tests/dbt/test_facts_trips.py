"""fct_trips: worked examples 2, 3, 9, 11, 15, 16, 18, 19 of the contract and the edges of its definitions."""

import math
from datetime import date
from decimal import Decimal

import pytest

SITE = "las_vegas_mall"
REFERENCE = {
    "vehicle_classes": [
        {"vehicle_class": "thirty", "fuel_type": "gasoline", "miles_per_gallon": 30},
        {"vehicle_class": "volts", "fuel_type": "electric", "kwh_per_100_miles": 32},
        {"vehicle_class": "pedals", "fuel_type": "electric", "kwh_per_100_miles": 0},
        {"vehicle_class": "unrated", "fuel_type": "gasoline", "miles_per_gallon": 20},
        {"vehicle_class": "unknown", "fuel_type": "gasoline", "miles_per_gallon": 25},
    ],
    "mileage_rates": [
        {
            "vehicle_class": name,
            "valid_from": "2022-01-01",
            "valid_to": "2022-12-31",
            "maintenance_usd_per_mile": 0.0968,
            "depreciation_usd_per_mile": 0.26,
        }
        for name in ("thirty", "volts", "pedals", "unknown")
    ],
    "tax_mileage_rates": [{"valid_from": "2022-01-01", "valid_to": "2022-06-30", "usd_per_mile": 0.585}],
    "fuel_prices": [
        {"fuel_area": area, "fuel_type": fuel_type, "week_starting_on": week, "usd_per_unit": price}
        for area, fuel_type, week, price in [
            ("las_vegas", "gasoline", "2022-05-02", 4.9),
            ("las_vegas", "gasoline", "2022-05-16", 5.199),
            ("las_vegas", "gasoline", "2022-06-20", 5.513),
            ("las_vegas", "gasoline", "2022-07-18", 4.874),
            ("las_vegas", "gasoline", "2022-08-29", 4.7),
            ("las_vegas", "electric", "2021-05-03", 0.1318),
        ]
    ],
}


def at(clock, day="2022-05-21"):
    return f"{day}T{clock}:00-07:00"


def trip(trip_id, *, day="2022-05-21", miles=None, pay=(("base", 63),), car="thirty", driver="d", **stamps):
    """A trip with its meter read at the end, paid at 23:00; `stamps` are local times by event type."""
    started = {"driver_id": driver, "site_id": SITE, "block_id": f"block-{trip_id}", "vehicle_class": car}
    times = {"started": "12:15", "arrived_at_pickup": "13:00", "ended": "16:45"} | stamps
    for event_type, clock in times.items():
        extra = started if event_type == "started" else {}
        if event_type == "ended" and miles is not None:
            extra = {"trip_miles": miles}
        yield {"event_type": event_type, "occurred_at": at(clock, day), "trip_id": trip_id, **extra}
    for kind, amount in pay:
        yield event(trip_id, "pay_posted", "23:00", day=day, pay_kind=kind, amount_usd=amount)


def event(trip_id, event_type, clock, *, day="2022-05-21", **fields):
    return {"event_type": event_type, "occurred_at": at(clock, day), "trip_id": trip_id, **fields}


def block(trip_id, hours, driver="d"):
    """The block of a trip, offered to two drivers who both accept; the trip's driver is the second."""
    for number, who in enumerate(("somebody-else", driver)):
        offer_id = f"offer-{number}-{trip_id}"
        yield {
            "event_type": "sent",
            "occurred_at": at("10:00"),
            "offer_id": offer_id,
            "block_id": f"block-{trip_id}",
            "driver_id": who,
            "site_id": SITE,
            "block_starts_at": at("13:00"),
            "block_ends_at": at(f"{13 + int(hours)}:00"),
            "pay_usd": 63,
        }
        yield {"event_type": "accepted", "occurred_at": at(f"10:0{number + 1}"), "offer_id": offer_id}


def clocks_and_costs():
    yield from trip("which-hours", miles=41)
    yield event("which-hours", "toll_charged", "14:00", amount_usd=3.25)
    yield from trip("overrun", miles=10, pay=(("base", 60),))
    yield from trip("early", miles=10, pay=(("base", 60),), ended="15:30")
    yield from trip("fan-out", miles=18, departed_pickup="13:20")
    yield event("fan-out", "toll_charged", "14:00", amount_usd=3.25)


def prices():
    yield from trip("june", day="2022-06-22", miles=40)
    yield from trip("two-weeks", day="2022-05-30", miles=40)
    yield from trip("stale", day="2022-05-31", miles=40)
    yield from trip("between", day="2022-08-08", miles=40)
    yield from trip("volts-400", day="2022-06-07", miles=40, car="volts")
    yield from trip("volts-401", day="2022-06-08", miles=40, car="volts")
    yield from trip("before-all", day="2022-04-01", miles=40)
    yield from trip("near-next", day="2022-06-15", miles=40)
    yield from trip("last-floor", day="2022-06-30", miles=40)
    yield from trip("next-floor", day="2022-07-01", miles=40)
    yield from trip("volts", miles=100, car="volts")
    for name, car in (("pedalled", "pedals"), ("priceless", "volts")):
        for line in trip(name, miles=10, car=car):
            yield line | ({"site_id": "tysons_mall"} if line["event_type"] == "started" else {})
    yield from trip("stranger", miles=50, car="hovercraft")
    yield from trip("unrated", miles=50, car="unrated")


def miles():
    yield from trip("no-meter")
    yield event("no-meter", "toll_charged", "14:00", amount_usd=1.5)
    yield from trip("only-at-start")
    yield event("only-at-start", "started", "12:10", driver_id="d", site_id=SITE, trip_miles=7)
    yield from trip("meter", miles=41)
    yield event("meter", "arrived_at_pickup", "12:59", trip_miles=9.4)
    yield event("meter", "position", "14:00", trip_miles=43.5, latitude=36, longitude=-115)
    yield from trip("pinged")
    points = [("13:00", 36.0), ("13:10", 36.1), ("13:21", 37.0), ("13:25", 37.01)]
    for clock, latitude in reversed(points):
        yield event("pinged", "position", clock, latitude=latitude, longitude=-115)
    yield event("pinged", "arrived_at_dropoff", "13:26", latitude=38, longitude=-115)
    yield from trip("far-apart")
    for clock in ("13:00", "13:11"):
        yield event("far-apart", "position", clock, latitude=36, longitude=-115)


def pay():
    parts = (("base", 54), ("tip", 8), ("incentive", 5), ("adjustment", -2.5), ("base", 0.0001))
    yield from trip("parts", miles=1, pay=parts)
    yield from trip("unpaid", miles=14, pay=(), ended="13:30")
    yield from trip("pending", day="2022-08-20", miles=14, pay=())
    yield from trip("still-out", miles=14, pay=())
    yield {"event_type": "ended", "event_id": "x", "occurred_at": at("17:00"), "trip_id": "ends-twice"}
    yield from trip("ends-twice", miles=14, ended="16:00")
    yield from trip("disorderly", miles=14, arrived_at_pickup="17:00")
    yield event("no-start", "toll_charged", "14:00", amount_usd=2)


def orders():
    for number in range(3):
        order = {"order_id": f"order-{number}", "trip_id": "fan-out"}
        yield {"event_type": "placed", "occurred_at": at("11:00"), "order_id": order["order_id"], "site_id": SITE}
        yield {"event_type": "picked_up", "occurred_at": at("13:20"), **order}
        yield {"event_type": "picked_up", "occurred_at": at("13:21"), **order}
    yield {"event_type": "delivered", "occurred_at": at("14:00"), "order_id": "order-0", "trip_id": "fan-out"}
    yield {"event_type": "delivered", "occurred_at": at("14:20"), "order_id": "order-1"}
    yield {"event_type": "delivery_failed", "occurred_at": at("14:50"), "order_id": "order-2", "trip_id": "fan-out"}


@pytest.fixture(scope="module")
def trips(build_world):
    parts = (clocks_and_costs, prices, miles, pay)
    lines = [line for part in parts for line in part()]
    lines = [line for line in lines if (line["trip_id"], line["event_type"]) != ("still-out", "ended")]
    offers = [line for name in ("which-hours", "overrun", "early") for line in block(name, 3)]
    world = build_world(
        orders=orders(),
        offers=offers,
        trips=lines,
        reference=REFERENCE,
        select="fct_trips",
    )
    return {row["trip_id"]: row for row in world.rows("select * from fct_trips")}


def usd(text):
    return Decimal(text)


def test_three_clocks_and_net_pay_on_the_job(trips):
    row = trips["which-hours"]
    hours = ("scheduled_hours", "on_job_hours", "door_to_door_hours")
    assert [row[name] for name in hours] == [3.0, 3.75, 4.5]
    costs = ("gas_usd", "maintenance_usd", "toll_usd", "net_usd")
    assert [row[name] for name in costs] == [usd("7.1053"), usd("3.9688"), usd("3.25"), usd("48.6759")]
    assert row["net_per_hour_usd"] == usd("12.9802"), "on the job; 16.23 is scheduled, 10.82 door to door"
    assert row["tax_rate_cost_usd"] == usd("27.235"), "41 x 0.585 + 3.25; gas is in the rate"
    assert row["depreciation_usd"] == usd("10.66")


def test_overrun_and_early_finish_are_never_netted(trips):
    over, early = trips["overrun"], trips["early"]
    assert (over["unpaid_overrun_hours"], over["early_finish_hours"]) == (0.75, 0)
    assert (early["unpaid_overrun_hours"], early["early_finish_hours"]) == (0, 0.5)
    assert trips["meter"]["unpaid_overrun_hours"] is None, "no block, no schedule"


def test_the_offer_is_the_drivers_own(trips):
    assert trips["which-hours"]["offer_id"] == "offer-1-which-hours"
    assert trips["meter"]["offer_id"] is None


def test_a_trip_with_three_orders_has_its_miles_and_tolls_once(trips):
    row = trips["fan-out"]
    assert (row["total_miles"], row["toll_usd"]) == (18, usd("3.25")), "54 miles and 9.75 if joined to its orders"
    assert (row["orders_picked_up"], row["orders_delivered"]) == (3, 2)
    assert row["engaged_hours"] == 1.5, "13:20 to the failed delivery at 14:50"


def test_gas_is_priced_as_of_the_trip_not_of_the_build(trips):
    assert trips["june"]["gas_usd"] == usd("7.3507"), "6.4987 at the price of the build"
    assert trips["june"]["is_fuel_price_imputed"] is False
    assert trips["june"]["constant_price_gas_usd"] == usd("6.5333"), "4.9, on the market's first day"


def test_a_price_that_is_too_old_or_too_late_is_the_nearest_one_and_flagged(trips):
    found = {
        name: (trips[name]["gas_price_usd"], trips[name]["is_fuel_price_imputed"])
        for name in (
            *("which-hours", "two-weeks", "stale", "before-all", "near-next", "between"),
            *("volts", "volts-400", "volts-401"),
        )
    }
    assert found == {
        "which-hours": (usd("5.199"), False),
        "two-weeks": (usd("5.199"), False),
        "stale": (usd("5.199"), True),
        "between": (usd("4.874"), True),  # 21 days after one, 21 before the next: the earlier
        "before-all": (usd("4.9"), True),
        "near-next": (usd("5.513"), True),
        "volts": (usd("0.1318"), False),
        "volts-400": (usd("0.1318"), False),
        "volts-401": (usd("0.1318"), True),
    }


def test_electric_miles_cost_kilowatt_hours(trips):
    assert trips["volts"]["gas_usd"] == usd("4.2176"), "100 miles x 0.32 kWh x 0.1318"


def test_what_needs_no_fuel_costs_none_also_where_no_price_is_known(trips):
    row = trips["pedalled"]
    assert (row["gas_price_usd"], row["gas_usd"], row["constant_price_gas_usd"]) == (None, 0, 0)
    assert (row["cost_usd"], row["is_cost_known"]) == (usd("0.968"), True)
    assert (trips["priceless"]["gas_usd"], trips["priceless"]["is_cost_known"]) == (None, False)


def test_a_class_that_nobody_knows_is_unknown_and_one_without_rate_has_no_cost(trips):
    assert trips["stranger"]["vehicle_class"] == "unknown"
    assert trips["stranger"]["gas_usd"] == usd("10.398")
    row = trips["unrated"]
    assert (row["maintenance_usd"], row["cost_usd"], row["net_usd"]) == (None, None, None)
    assert row["is_cost_known"] is False


def test_the_wage_floor_is_that_of_the_day(trips):
    assert trips["last-floor"]["minimum_wage_usd"] == usd("9.75")
    assert trips["next-floor"]["minimum_wage_usd"] == usd("10.5")
    assert trips["next-floor"]["tax_rate_cost_usd"] is None, "no tax rate is valid after June in this reference"


def test_missing_miles_are_not_zero_miles(trips):
    for name in ("no-meter", "only-at-start", "far-apart"):
        row = trips[name]
        assert (row["total_miles"], row["miles_source"]) == (None, "missing"), name
        assert (row["gas_usd"], row["net_usd"], row["is_cost_known"]) == (None, None, False), (
            "its cost is unknown, not 0"
        )
    assert trips["no-meter"]["toll_usd"] == usd("1.5")


def test_the_meter_is_its_greatest_reading_and_deadhead_its_first_at_the_pick_up(trips):
    row = trips["meter"]
    assert (row["total_miles"], row["miles_source"]) == (43.5, "meter")
    assert (row["deadhead_miles"], row["job_miles"]) == (9.4, 43.5 - 9.4)


def test_positions_are_bridged_in_order_of_time_up_to_ten_minutes(trips):
    row = trips["pinged"]
    bridged = 3958.7613 * math.radians(0.1 + 0.01)
    assert row["miles_source"] == "positions"
    assert row["total_miles"] == pytest.approx(bridged, rel=1e-9), "69.8 with the gap of 11 minutes"


def test_the_parts_of_pay_are_the_gross(trips):
    row = trips["parts"]
    kinds = ("base_usd", "tip_usd", "incentive_usd", "adjustment_usd", "gross_usd", "gross_before_tips_usd")
    assert [row[kind] for kind in kinds] == [usd(text) for text in ("54.0001", "8", "5", "-2.5", "64.5001", "56.5001")]


def test_an_unpaid_trip_keeps_its_hours_and_costs(trips):
    row = trips["unpaid"]
    assert (row["gross_usd"], row["on_job_hours"], row["is_pay_pending"]) == (0, 0.5, False)
    assert row["net_usd"] < 0
    assert trips["pending"]["is_pay_pending"] is True, "ended less than 72 h before the trips log's cut"


def test_an_open_trip_has_no_hours_yet_and_the_last_end_counts(trips):
    row = trips["still-out"]
    assert (row["status"], row["ended_at"], row["on_job_hours"], row["is_pay_pending"]) == ("open", None, None, False)
    assert trips["ends-twice"]["on_job_hours"] == 4.0


def test_clock_disorder_gives_no_hours(trips):
    row = trips["disorderly"]
    assert (row["on_job_hours"], row["has_clock_disorder"]) == (None, True)
    assert row["net_per_hour_usd"] is None
    assert trips["which-hours"]["has_clock_disorder"] is False


def test_a_trip_that_never_started_makes_no_row_and_local_dates_are_the_markets(trips):
    assert "no-start" not in trips
    assert trips["june"]["trip_date"] == date(2022, 6, 22)


@pytest.mark.parametrize(("as_of", "gross"), [("2022-05-22T00:00:00Z", 62), ("2022-05-23T00:00:00Z", 56), (None, 60)])
def test_example_9_tips_change_and_the_past_is_what_was_known_then(build_world, as_of, gross):
    told = event("tipped", "pay_posted", "16:00", pay_kind="tip", event_id="T1")
    lines = [
        *trip("tipped", miles=1, pay=()),
        event("tipped", "pay_posted", "16:00", pay_kind="base", amount_usd=54),
        told | {"amount_usd": 8},
        told | {"amount_usd": 2, "received_at": "2022-05-22T19:00:00Z"},
        event("tipped", "pay_posted", "18:00", day="2022-05-23", pay_kind="tip", amount_usd=4, event_id="T2"),
    ]
    world = build_world(trips=lines, as_of=as_of, select="fct_trips")
    found = world.value("select gross_usd from fct_trips")
    assert found == gross, f"{found}: 66 adds the corrected tip to both, 62 and 56 are what was known on days 0 and 1"
