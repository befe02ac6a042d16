"""fct_deliveries: worked examples 4, 7, 8, 10 of the contract and the edges of its definitions."""

import json
from datetime import UTC, date, datetime

import pytest

LAS_VEGAS, TYSONS, CHANDLER = "las_vegas_mall", "tysons_mall", "chandler_mall"


def at(clock):
    """A local time of Las Vegas on May 21st; a whole timestamp as it is."""
    return f"2022-05-21T{clock}:00-07:00" if len(clock) == 5 else clock


def line(order_id, event_type, occurred_at, **fields):
    return {"order_id": order_id, "event_type": event_type, "occurred_at": occurred_at, **fields}


def order(order_id, site_id=LAS_VEGAS, promised_at=None, **events):
    """An order and what became of it, by time."""
    for event_type, clock in events.items():
        occurred_at = at(clock)
        if event_type == "placed":
            promise = {"promised_at": at(promised_at)} if promised_at else {}
            yield line(order_id, "placed", occurred_at, site_id=site_id, **promise)
        else:
            yield line(order_id, event_type, occurred_at)


def ten_due_orders():
    """Example 4: promised for 15:00, 7 delivered in time, 1 late, 2 never."""
    for number in range(7):
        yield from order(f"timely-{number}", placed="12:00", promised_at="15:00", delivered="15:00")
    yield from order("late", placed="12:00", promised_at="15:00", delivered="15:01")
    yield from order("never", placed="12:00", promised_at="15:00")
    yield from order("lost", placed="12:00", promised_at="15:00", lost="14:00")


def exceptions_to_on_time():
    yield from order("unpromised", placed="12:00", delivered="13:00")
    yield from order("not-due", placed="12:00", promised_at="2022-05-23T19:00:00.000001Z", delivered="13:00")
    for reason, clock in [("customer", "15:00"), ("customer", "15:01"), ("store", "14:00")]:
        order_id = f"cancelled-by-{reason}-{clock.replace(':', '')}"
        yield from order(order_id, placed="12:00", promised_at="15:00")
        yield line(order_id, "cancelled", at(clock), reason=reason)
    yield from order("returned-at-last", placed="12:00", promised_at="15:00", returned="14:30")
    yield line("returned-at-last", "cancelled", at("14:00"), reason="customer")


def local_days():
    """Examples 7 and 8: the market's calendar, and hours that clocks skip or repeat."""
    yield from order("evening", placed="19:00", delivered="2022-05-22T03:30:00Z")
    yield from order("midnight", placed="23:50", delivered="2022-05-22T00:10:00-07:00")
    yield from order("two-days", placed="23:50", delivered="2022-05-23T00:10:00-07:00")
    spring = {"placed": "2022-03-13T01:30:00-05:00", "delivered": "2022-03-13T03:30:00-04:00"}
    yield from order("spring", site_id=TYSONS, **spring)
    autumn = {"placed": "2021-11-07T00:30:00-04:00", "delivered": "2021-11-07T03:00:00-05:00"}
    yield from order("autumn", site_id=TYSONS, **autumn)
    never = {"placed": "2022-03-13T01:30:00-07:00", "delivered": "2022-03-13T03:30:00-07:00"}
    yield from order("never-shifts", site_id=CHANDLER, **never)


def attempts_and_trips():
    yield from order("third-time", placed="12:00", ready="12:30", picked_up="13:00", delivered="16:00")
    for clock, trip in [("14:00", "trip-1"), ("15:00", "trip-2")]:
        yield line("third-time", "delivery_failed", at(clock), trip_id=trip)
    yield from order("by-trip", placed="12:00")
    yield line("by-trip", "picked_up", at("13:00"), trip_id="trip-1")
    yield line("by-trip", "delivered", at("14:00"), trip_id="trip-2")
    yield line("by-trip", "returned", at("15:00"), trip_id="trip-3")
    yield from order("disorderly", placed="12:00", ready="11:50", picked_up="13:00", delivered="12:55")
    yield from order("skipping", placed="12:00", delivered="13:00", picked_up="11:00")
    yield line("only-delivered", "delivered", at("12:00"))


def corrected():
    """Example 10: delivered twice, then corrected from 18:05 to 18:35."""
    yield from order("corrected", placed="17:00", promised_at="18:30")
    told = line("corrected", "delivered", at("18:05"), event_id="d")
    yield from (told, told)
    yield told | {"occurred_at": at("18:35"), "received_at": at("19:00")}


def attributes():
    where = {"dropoff_latitude": 36.08912, "dropoff_longitude": -115.20691}
    first = line("described", "placed", at("12:00"), site_id=LAS_VEGAS, package_count=3, **where)
    again = line("described", "placed", at("12:01"), site_id=TYSONS, store_id="second-thought")
    yield from (again, first)


@pytest.fixture(scope="module")
def deliveries(build_world):
    parts = (ten_due_orders, exceptions_to_on_time, local_days, attempts_and_trips, corrected, attributes)
    closing = order("closing", placed="2022-05-23T12:00:00-07:00")
    world = build_world(orders=[*(line for part in parts for line in part()), *closing], select="fct_deliveries")
    return {row["order_id"]: row for row in world.rows("select * from fct_deliveries")}


def test_an_undelivered_due_order_is_not_on_time(deliveries):
    due = [
        row["is_on_time"] for name, row in deliveries.items() if name in {line["order_id"] for line in ten_due_orders()}
    ]
    assert due.count(True) == 7 and due.count(False) == 3, "70 %, not 90 % (else on time) or 87.5 % (delivered only)"


def test_on_time_is_unknown_without_a_promise_that_is_due(deliveries):
    assert deliveries["unpromised"]["is_on_time"] is None
    assert deliveries["unpromised"]["is_promise_due"] is None
    assert deliveries["not-due"]["is_on_time"] is None, "delivered, but the promise has not run out at the cut"
    assert deliveries["not-due"]["is_promise_due"] is False


def test_a_customer_who_cancels_in_time_is_no_failure_of_ours(deliveries):
    assert deliveries["cancelled-by-customer-1500"]["is_on_time"] is None
    assert deliveries["cancelled-by-customer-1501"]["is_on_time"] is False
    assert deliveries["cancelled-by-store-1400"]["is_on_time"] is False
    assert deliveries["returned-at-last"]["is_on_time"] is None
    assert deliveries["returned-at-last"]["status"] == "returned"


def test_a_day_is_a_day_of_the_market(deliveries):
    evening = deliveries["evening"]
    assert evening["placed_date"] == evening["delivered_date"] == date(2022, 5, 21), "UTC would say the 22nd"
    assert evening["is_same_day"] is True
    assert (deliveries["midnight"]["is_same_day"], deliveries["midnight"]["is_next_day"]) == (False, True)
    assert (deliveries["two-days"]["is_same_day"], deliveries["two-days"]["is_next_day"]) == (False, False)
    assert deliveries["never"]["is_same_day"] is None


def test_an_hour_that_the_clock_skips_or_repeats_is_still_an_hour(deliveries):
    assert deliveries["spring"]["click_to_door_minutes"] == 60, "local clocks would say 120"
    assert deliveries["autumn"]["click_to_door_minutes"] == 210, "local clocks would say 150"
    assert deliveries["never-shifts"]["click_to_door_minutes"] == 120


def test_a_correction_replaces_and_a_copy_adds_nothing(deliveries):
    row = deliveries["corrected"]
    assert row["delivered_at"] == datetime(2022, 5, 22, 1, 35, tzinfo=UTC), "18:35 local, not 18:05"
    assert row["is_on_time"] is False


def test_the_parts_of_a_delivery_and_its_attempts(deliveries):
    row = deliveries["third-time"]
    parts = ("preparation_minutes", "pickup_wait_minutes", "transit_minutes", "click_to_door_minutes")
    assert [row[part] for part in parts] == [30, 30, 180, 240]
    assert row["failed_attempts"] == 2
    assert row["first_attempted_at"] == datetime(2022, 5, 21, 21, tzinfo=UTC)
    assert row["status"] == "delivered"


def test_the_trip_is_that_of_the_delivery_else_the_last_one_named(deliveries):
    assert deliveries["by-trip"]["trip_id"] == "trip-2"
    assert deliveries["by-trip"]["status"] == "delivered", "a return after the delivery changes no status"
    assert deliveries["third-time"]["trip_id"] == "trip-2"


def test_a_negative_duration_is_null_and_flags_the_row(deliveries):
    row = deliveries["disorderly"]
    assert row["preparation_minutes"] is None and row["transit_minutes"] is None
    assert row["pickup_wait_minutes"] == 70 and row["click_to_door_minutes"] == 55
    assert row["has_clock_disorder"] is True
    assert deliveries["skipping"]["has_clock_disorder"] is True, "unknown stamps between do not hide disorder"
    assert deliveries["third-time"]["has_clock_disorder"] is False


def test_the_first_placed_gives_all_values_its_blanks_too(deliveries):
    row = deliveries["described"]
    assert (row["site_id"], row["store_id"], row["package_count"]) == (LAS_VEGAS, None, 3)
    assert deliveries["never"]["package_count"] == 1


def test_drop_offs_are_rounded_to_a_hundredth_of_a_degree(deliveries):
    row = deliveries["described"]
    assert (row["dropoff_latitude"], row["dropoff_longitude"]) == (36.09, -115.21)


def test_an_order_that_was_never_placed_makes_no_row(deliveries):
    assert "only-delivered" not in deliveries


def test_example_10_a_correction_replaces_a_copy_adds_nothing_and_loading_again_changes_no_row(build_landed):
    lines = [{"event_id": f"e-{n}", "received_at": each["occurred_at"]} | each for n, each in enumerate(corrected())]
    text = "".join(json.dumps(each) + "\n" for each in lines)
    once = {"orders": [("2022-05-21/a.jsonl", text.encode())]}
    again = {"orders": [("2022-05-22/copy.jsonl", text.encode()), ("2022-05-22/more.jsonl", (text * 2).encode())]}
    first, second = (
        build_landed(deliveries, "fct_deliveries").rows("from fct_deliveries") for deliveries in ([once], [once, again])
    )
    assert [row["delivered_at"] for row in first] == [datetime(2022, 5, 22, 1, 35, tzinfo=UTC)], "18:35, not 18:05"
    assert first[0]["click_to_door_minutes"] == 95, "65 is the time before the correction"
    assert second == first, "6 or 12 orders if lines were counted"
