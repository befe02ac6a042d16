"""The two warnings about what does not come: a market that falls silent, events that refer to nothing."""

from datetime import UTC, datetime, timedelta

import pytest

SILENCE, ORPHANS = "assert_markets_are_heard_of", "assert_few_events_refer_to_nothing"
FIRST = datetime(2022, 5, 1, 12, tzinfo=UTC)
SITES = {"las_vegas": "las_vegas_mall", "chandler": "chandler_mall"}


def order(market, day, number=0):
    occurred = (FIRST + timedelta(days=day)).isoformat()
    name = f"{market}-{day}-{number}"
    return {"event_type": "placed", "occurred_at": occurred, "order_id": name, "site_id": SITES[market]}


def trip(market, day):
    occurred = (FIRST + timedelta(days=day)).isoformat()
    fields = {"trip_id": f"{market}-{day}", "driver_id": "d", "site_id": SITES[market]}
    return {"event_type": "started", "occurred_at": occurred, **fields}


@pytest.fixture(scope="module")
def silent(build_world):
    """A function: markets and logs that the check of silence finds in a world of such lines."""

    def found(orders=(), trips=()):
        rows = build_world(orders=orders, trips=trips, select=f"freshness {SILENCE}").results[SILENCE].failing_rows
        return [(row["log"], row["market_id"], row["days_behind"]) for row in rows]

    return found


def test_a_market_that_is_silent_for_more_than_three_days_warns(silent):
    others = [order("chandler", day) for day in range(6)]
    assert silent([order("las_vegas", 0), order("las_vegas", 1.5), *others]) == [("orders", "las_vegas", "3.5")]
    assert silent([order("las_vegas", 2), *others]) == [], "three days are not more than three"


def test_a_log_that_stops_warns_in_every_market_while_another_goes_on(silent):
    orders = [order(market, day) for market in SITES for day in range(11)]
    trips = [trip(market, day) for market in SITES for day in range(6)]
    assert silent(orders, trips) == [("trips", "chandler", "5"), ("trips", "las_vegas", "5")]


def test_a_market_that_has_not_begun_or_closed_a_month_ago_does_not_warn(silent):
    assert silent([order("las_vegas", 0), order("chandler", 31)]) == [("orders", "las_vegas", "31")]
    assert silent([order("las_vegas", 0), order("chandler", 31.5)]) == []
    assert silent([order("las_vegas", 5)], [trip("las_vegas", 5)]) == [], "no word of chandler, ever"


@pytest.fixture(scope="module")
def astray(build_world):
    """A function: problems and shares that the check of orphans finds in a world of such lines."""

    def found(orders=(), trips=()):
        select = f"orphan_totals logs {ORPHANS}"
        rows = build_world(orders=orders, trips=trips, select=select).results[ORPHANS].failing_rows
        return [(row["log"], row["problem"], row["events"], row["orphan_share"]) for row in rows]

    return found


def orders_of_which_one_has_no_beginning(count):
    lines = [order("las_vegas", 0, number) for number in range(count)]
    return [*lines[1:], lines[0] | {"event_type": "ready"}]


def test_more_than_one_event_of_a_hundred_without_a_beginning_warns(astray):
    assert astray(orders_of_which_one_has_no_beginning(50)) == [("orders", "order_without_placed", "1", "0.02")]
    assert astray(orders_of_which_one_has_no_beginning(100)) == [], "one of a hundred is not more"


def test_events_that_name_an_unknown_trip_warn_only_where_trips_are_told_of_at_all(astray):
    orders = [order("las_vegas", 0), order("las_vegas", 0) | {"event_type": "picked_up", "trip_id": "elsewhere"}]
    assert astray(orders) == []
    assert astray(orders, [trip("las_vegas", 0)]) == [("orders", "unknown_trip", "1", "0.5")]
