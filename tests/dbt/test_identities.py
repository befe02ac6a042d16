"""The accounting identities of dbt_project/tests hold on a small world and catch the mistakes they are there for."""

import duckdb
import pytest

DAY = "2022-05-21T{}:00-07:00"
SITE = "las_vegas_mall"


def told(thing, name, event_type, clock, **fields):
    return {thing: name, "event_type": event_type, "occurred_at": DAY.format(clock), **fields}


BLOCK = {"block_id": "b", "block_starts_at": DAY.format("13:00"), "block_ends_at": DAY.format("16:00")}
OFFERS = [
    told("offer_id", "f", "sent", "10:00", driver_id="d", site_id=SITE, pay_usd=60, **BLOCK),
    told("offer_id", "f", "accepted", "10:05"),
]
TRIPS = [
    told("trip_id", "t", "started", "12:30", driver_id="d", site_id=SITE, block_id="b", vehicle_class="hybrid"),
    told("trip_id", "t", "arrived_at_pickup", "13:00", trip_miles=5),
    told("trip_id", "t", "ended", "16:45", trip_miles=41),
    told("trip_id", "t", "pay_posted", "17:00", pay_kind="base", amount_usd=60),
    told("trip_id", "t", "pay_posted", "17:00", pay_kind="tip", amount_usd=8),
    told("trip_id", "t", "toll_charged", "14:00", amount_usd=3.25),
]
ORDERS = [
    told("order_id", "o", "placed", "12:00", site_id=SITE),
    told("order_id", "o", "ready", "12:30"),
    told("order_id", "o", "picked_up", "13:10", trip_id="t"),
    told("order_id", "o", "delivered", "14:00", trip_id="t"),
]
MISTAKES = {
    "assert_lines_are_conserved": "update audit.logs set superseded = superseded + 1 where log = 'orders'",
    "assert_events_reach_a_fact_or_the_orphans": "delete from fct_deliveries",
    "assert_money_is_conserved": "update audit.money set in_facts_usd = 3 * in_facts_usd where amount_kind = 'toll'",
    "assert_miles_and_hours_are_counted_once": "update fct_trips set total_miles = 3 * total_miles",
    "assert_delivery_parts_sum_to_the_whole": "update fct_deliveries set transit_minutes = click_to_door_minutes",
    "assert_pay_parts_sum_to_gross": "update fct_trips set gross_before_tips_usd = gross_usd",
    "assert_net_is_gross_less_costs": "update fct_trips set net_usd = net_usd - depreciation_usd",
    "assert_overrun_and_early_finish_explain_the_schedule": "update fct_trips set unpaid_overrun_hours = 0",
    "assert_clocks_nest": "update fct_trips set on_job_hours = door_to_door_hours + 1",
    "assert_deliveries_are_credited_once": "update fct_trips set orders_delivered = 2",
    "assert_offers_add_up_to_blocks": "update fct_blocks set is_filled = false",
    "assert_earnings_close_to_the_cent": "update driver_earnings set costed_gas_usd = costed_gas_usd + 0.0001",
    "assert_net_pay_parts_close": "update net_pay_parts set tip_per_hour_usd = tip_per_hour_usd + 0.001",
    "assert_no_distribution_of_what_is_withheld": "insert into driver_pay_distribution "
    "select grain, period_start, market_id, offer_type, 50, 1, 20 from driver_earnings where grain = 'all'",
    "assert_intervals_hold_their_value": "update offer_acceptance set acceptance_share_low = 1.1",
    "assert_every_way_to_add_up_gives_the_facts": "update delivery_speed set orders = 2 * orders where grain = 'week'",
}


@pytest.fixture(scope="module")
def world(build_world):
    return build_world(orders=ORDERS, offers=OFFERS, trips=TRIPS)


@pytest.mark.parametrize("identity", MISTAKES)
def test_the_identity_catches_its_mistake(world, identity):
    sql = (world.path.parent / "dbt" / "compiled" / "doorstep" / "tests" / f"{identity}.sql").read_text()
    with duckdb.connect(str(world.path)) as connection:
        assert connection.execute(sql).fetchall() == []
        connection.execute("begin")
        connection.execute(MISTAKES[identity])
        assert connection.execute(sql).fetchall() != [], MISTAKES[identity]
        connection.execute("rollback")
