"""audit.orphans and the dimensions: what refers to nothing, and who and where the facts are about."""

from datetime import date
from decimal import Decimal

import pytest

NOON = "2022-05-21T12:00:00-07:00"
SITES = {"las_vegas": "las_vegas_mall", "tysons": "tysons_mall"}


def order(order_id, event_type, occurred_at=NOON, **fields):
    return {"event_type": event_type, "occurred_at": occurred_at, "order_id": order_id, **fields}


def trip(trip_id, event_type, occurred_at=NOON, **fields):
    return {"event_type": event_type, "occurred_at": occurred_at, "trip_id": trip_id, **fields}


def start(trip_id, driver, market, *, day=21, **fields):
    began = f"2022-05-{day}T12:00:00-07:00"
    return trip(trip_id, "started", began, driver_id=driver, site_id=SITES[market], **fields)


ORDERS = [
    order("kept", "placed", site_id="las_vegas_mall", store_id="shoes"),
    order("kept", "delivered", "2022-05-24T12:00:00-07:00", trip_id="nowhere"),
    order("also-kept", "placed", site_id="las_vegas_mall", store_id="shoes"),
    order("elsewhere", "placed", site_id="tysons_mall", store_id="shoes"),
    order("headless", "ready"),
    order("headless", "delivered", trip_id="nowhere"),
]
OFFERS = [{"event_type": "declined", "occurred_at": NOON, "offer_id": "unsent"}]
TRIPS = [
    start("t1", "ann", "las_vegas", vehicle_class="hybrid", block_id="no-such-block"),
    trip("t1", "arrived_at_dropoff", order_id="headless"),
    start("t2", "ann", "tysons", day=22, vehicle_class="pickup"),
    start("t2", "ann", "tysons", day=23, block_id="named-later"),
    start("t3", "ann", "tysons", day=23, vehicle_class="hybrid"),
    trip("unstarted", "pay_posted", pay_kind="tip", amount_usd=2.5),
    trip("unstarted", "pay_posted", pay_kind="adjustment", amount_usd=-1),
    trip("unstarted", "toll_charged", amount_usd=4),
]


@pytest.fixture(scope="module")
def world(build_world):
    return build_world(orders=ORDERS, offers=OFFERS, trips=TRIPS, select="orphans dim_store dim_date dim_driver")


def test_what_refers_to_nothing_is_listed_once_per_problem(world):
    found = world.rows("select log, problem, missing_id, events from audit.orphans order by all")
    assert [tuple(row.values()) for row in found] == [
        ("offers", "offer_without_sent", "unsent", 1),
        ("orders", "order_without_placed", "headless", 2),
        ("orders", "unknown_trip", "nowhere", 2),
        ("trips", "trip_without_started", "unstarted", 3),
        ("trips", "unknown_block", "named-later", 1),
        ("trips", "unknown_block", "no-such-block", 1),
        ("trips", "unknown_order", "headless", 1),
    ]


def test_a_block_that_only_a_second_start_of_a_trip_names_is_missing_too(world):
    row = world.row(
        "select events, cast(first_event_at as date) as day from audit.orphans where missing_id = 'named-later'"
    )
    assert row == {"events": 1, "day": date(2022, 5, 23)}


def test_money_of_a_trip_without_start_is_in_the_orphans(world):
    row = world.row("select pay_usd, toll_usd from audit.orphans where missing_id = 'unstarted'")
    assert row == {"pay_usd": Decimal("1.5"), "toll_usd": 4}


def test_one_store_id_at_two_sites_is_two_stores(world):
    found = world.rows("select site_id, orders from dim_store where store_id = 'shoes' order by 1")
    assert [tuple(row.values()) for row in found] == [("las_vegas_mall", 2), ("tysons_mall", 1)]


def test_a_driver_is_at_home_where_most_trips_are(world):
    row = world.row("select * from dim_driver")
    assert (row["home_market_id"], row["usual_vehicle_class"], row["trips"], row["offers"]) == (
        "tysons",
        "hybrid",
        3,
        0,
    )
    assert len(row["driver_key"]) == 16 and "ann" not in row["driver_key"]


def test_the_calendar_has_no_gap_and_weeks_start_on_monday(world):
    days = world.rows("select * from dim_date where market_id = 'las_vegas' order by calendar_date")
    assert [row["calendar_date"] for row in days] == [date(2022, 5, day) for day in (21, 22, 23, 24)]
    assert [row["weekday"] for row in days] == [6, 7, 1, 2]
    assert {row["week_start_date"] for row in days[:2]} == {date(2022, 5, 16)}
    assert days[2]["week_start_date"] == date(2022, 5, 23)
