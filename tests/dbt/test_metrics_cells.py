"""Cells of the metric tables that the worked examples leave open, and the curve behind one that they do not."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.dbt.metric_tables import metric_models, offer, order, trip

NOON = datetime(2022, 5, 21, 12, tzinfo=UTC)
CUT = NOON + timedelta(minutes=1000)


def earnings(trips, min_drivers=5, **keys):
    return metric_models().over(fct_trips=trips, min_drivers=min_drivers).cell("driver_earnings", **keys)


CURVES = [
    ([90, 120, 150, 180, 240, -300, -300, -300], {90: 0.875, 120: 0.75, 150: 0.625, 180: 0.5, 240: 0.375, 300: 0.375}),
    (
        [60, 90, -100, 120, 150, -180, 200, -240],
        {60: 0.875, 90: 0.75, 100: 0.75, 120: 0.6, 150: 0.45, 180: 0.45, 200: 0.225, 240: 0.225},
    ),
]


@pytest.mark.parametrize(("seen", "curve"), CURVES)
def test_example_5_the_whole_curve_stands_behind_the_share_within_180_minutes(seen, curve):
    """Negative minutes: still open after them. Time is stretched until the time asked for lies at 180 minutes."""
    orders = [
        seen_for(f"{moment}-{n}", minutes * 180 / moment, market_id=f"at-{moment}")
        for moment in curve
        for n, minutes in enumerate(seen)
    ]
    tables = metric_models().over(fct_deliveries=orders, cut=CUT)
    shares = {
        moment: tables.cell("delivery_speed", market_id=f"at-{moment}")["within_180_minutes_share_censored"]
        for moment in curve
    }
    left = {moment: 1 - share for moment, share in shares.items()}
    assert left == pytest.approx(curve, abs=1e-12), f"{left}: among the delivered only, it would end at 0"


def seen_for(name, minutes, **fields):
    """An order that arrived after so many minutes or, negative, was still open after them at the cut."""
    fields |= {"placed_date": NOON.date()}
    if minutes > 0:
        return order(name, minutes=minutes, **fields)
    return order(name, minutes=None, placed_at=CUT + timedelta(minutes=minutes), **fields)


def test_an_order_that_is_not_due_is_in_no_on_time_share():
    due = [order(1, is_on_time=True), order(2, is_on_time=False, minutes=None)]
    row = metric_models().over(fct_deliveries=[*due, order(3, is_on_time=None, minutes=None)]).cell("delivery_speed")
    assert (row["due"], row["on_time"], row["orders"], row["open_orders"]) == (2, 1, 3, 2)
    assert row["on_time_share"] == 0.5


def test_unknown_miles_of_every_trip_are_unknown_and_not_0():
    row = earnings([trip(1, is_cost_known=False)])
    assert row["total_miles"] is None
    assert row["net_per_hour_usd"] is None
    assert row["miles_coverage_share"] == 0


def test_a_trip_whose_pay_is_to_come_is_counted_and_in_no_sum():
    later = NOON + timedelta(days=1)
    tables = metric_models().over(
        fct_trips=[trip(1), trip(2, base_usd=0, is_pay_pending=True), trip(3, is_pay_pending=True, started_at=later)]
    )
    row = tables.cell("driver_earnings")
    assert (row["trips"], row["drivers"], row["pay_pending_trips"], row["on_job_hours"]) == (1, 1, 2, 3)
    assert row["gross_per_hour_usd"] == 20, "10 counts the hours of pay that is still to come"
    lonely = tables.cell("driver_earnings", grain="day", period_start="2022-05-22")
    assert (lonely["trips"], lonely["drivers"], lonely["pay_pending_trips"], lonely["gross_usd"]) == (0, 0, 1, 0)
    assert lonely["net_per_hour_usd"] is None


def test_two_jobs_at_once_are_seen_as_overlapping_hours():
    jobs = [(0, 4), (1, 2), (3, 6), (8, 1)]
    trips = [
        trip(n, driver_key="d", started_at=NOON + timedelta(hours=start), on_job_hours=hours)
        for n, (start, hours) in enumerate(jobs)
    ]
    row = earnings([*trips, trip(9, driver_key="e", started_at=NOON, on_job_hours=4)])
    assert row["on_job_hours"] == 17
    assert row["overlapping_hours"] == 4, "the union of 12-16, 13-15, 15-21 and 20-21 is 9 of 13 hours"


def test_where_every_offer_is_accepted_the_interval_by_driver_is_no_surer_than_wilsons():
    offers = [offer(n, "accepted", driver_key=f"driver-{n % 6}") for n in range(18)]
    row = metric_models().over(fct_offers=offers).cell("offer_acceptance")
    assert row["acceptance_share_by_driver_low"] == row["acceptance_share_low"] < 0.9, "1: no draw differs from another"
    assert row["acceptance_share_by_driver_high"] == row["acceptance_share_high"] == 1
