"""What holds for the metric tables whatever the facts: totals, order, suppression, empty cells."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from tests.dbt.metric_tables import metric_models, offer, order, trip
from tests.dbt.random_facts import FEW, START, by_cell, is_total, random_trips, seeds, sums_between


@FEW
@given(seed=seeds)
def test_every_total_is_the_sum_of_its_parts(seed):
    cells = by_cell(metric_models().over(fct_trips=random_trips(seed)).rows("driver_earnings"))
    for members in sums_between(cells):
        (total,) = (cell for cell in members if is_total(cell, members))
        parts = [cell for cell in members if cell != total]
        for column in ("trips", "pay_pending_trips", "gross_usd", "costed_net_usd", "on_job_hours"):
            added = sum(cells[part][column] or 0 for part in parts)
            assert float(added) == pytest.approx(float(cells[total][column] or 0), abs=1e-7), (column, total, parts)


@FEW
@given(seed=seeds)
def test_the_total_of_totals_is_the_fact(seed):
    trips = random_trips(seed)
    row = metric_models().over(fct_trips=trips).cell("driver_earnings")
    earning = [each for each in trips if not each["is_pay_pending"]]
    assert row["trips"] == len(earning)
    assert row["drivers"] == len({each["driver_key"] for each in earning})
    assert row["gross_usd"] == sum(each["gross_usd"] for each in earning)
    assert row["period_start"] == min(each["trip_date"] for each in trips), "the least date of the whole fact"


@FEW
@given(seed=seeds)
def test_no_figure_depends_on_the_order_of_the_rows(seed):
    trips = random_trips(seed)
    tables = metric_models().over(fct_trips=trips)
    shuffled = metric_models().over(fct_trips=random.Random(seed).sample(trips, len(trips)))
    assert tables.rows("driver_earnings") == shuffled.rows("driver_earnings")


def test_a_rate_that_ends_in_a_five_is_rounded_up_whatever_the_minutes():
    row = metric_models().over(fct_trips=[trip(1, base_usd=13.5697, on_job_hours=2 / 3)]).cell("driver_earnings")
    assert row["gross_per_hour_usd"] == Decimal("20.3546"), "13.5697 x 60 / 40 = 20.35455"


def test_shares_without_a_denominator_are_null_and_days_without_data_have_no_row():
    tables = metric_models().over(
        fct_offers=[offer(1, "pending", seconds_to_answer=None)], fct_deliveries=[order(1, minutes=None)]
    )
    acceptance = tables.cell("offer_acceptance")
    assert [acceptance[f"acceptance_share{end}"] for end in ("", "_low", "_high")] == [None] * 3
    assert (acceptance["blocks_due"], acceptance["fill_share"]) == (0, None)
    speed = tables.cell("delivery_speed")
    assert [speed[name] for name in ("on_time_share", "same_day_share", "first_attempt_share")] == [None] * 3
    assert len(tables.rows("delivery_speed")) == 12
    assert tables.rows("driver_earnings") == []


def test_a_block_counts_from_its_start_by_the_offers_cut_and_on_the_date_of_its_first_offer():
    cut = datetime(2022, 5, 22, 6, tzinfo=UTC)
    sent = {"first_sent_at": datetime(2022, 5, 22, 5, tzinfo=UTC), "market_id": "las_vegas", "offer_type": "retail"}
    starts = {"begun": cut, "to_come": cut + timedelta(minutes=1), "cancelled": cut}
    blocks = [
        sent | {"block_id": name, "block_starts_at": start, "is_cancelled": name == "cancelled", "is_filled": False}
        for name, start in starts.items()
    ]
    offers = [offer(n, "expired", block_id=name, sent_date="2022-05-21") for n, name in enumerate(starts)]
    tables = metric_models().over(fct_offers=offers, fct_blocks=blocks, cut=cut)
    row = tables.cell("offer_acceptance", grain="day", period_start="2022-05-21")
    assert (row["blocks_due"], row["fill_share"]) == (1, 0), "22:00 on the 21st in Las Vegas"


def test_first_attempts_are_deliveries_without_a_failure_before():
    failed_at = datetime(2022, 5, 21, 12, 30, tzinfo=UTC)
    orders = [
        order(1),
        order(2, failed_attempts=1, first_attempted_at=failed_at),
        order(3, minutes=None, failed_attempts=1, first_attempted_at=failed_at),
        order(4, minutes=None),
    ]
    row = metric_models().over(fct_deliveries=orders).cell("delivery_speed")
    assert (row["attempted"], row["first_attempt_share"]) == (3, 1 / 3)


def test_orders_that_never_arrive_keep_the_censored_median_away():
    lost = [order(n, minutes=None, status=status) for n, status in enumerate(("cancelled", "returned", "lost"))]
    row = (
        metric_models()
        .over(fct_deliveries=[*lost, order(3, minutes=30), order(4, minutes=None)])
        .cell("delivery_speed")
    )
    assert row["click_to_door_minutes_p50_censored"] is None, "one of five arrived"
    assert row["within_180_minutes_share_censored"] == pytest.approx(0.2)


@FEW
@given(seed=seeds)
def test_the_censored_median_agrees_with_kaplan_meier_by_hand(seed):
    dice = random.Random(seed)
    seen = [(dice.randrange(1, 30) * 10, dice.random() < 0.7) for _ in range(dice.randrange(1, 40))]
    cut = START + timedelta(minutes=300)
    orders = [
        order(
            n,
            minutes=minutes if arrived else None,
            placed_at=cut - timedelta(minutes=minutes),
            placed_date=START.date(),
        )
        for n, (minutes, arrived) in enumerate(seen)
    ]
    share, median, at_180 = 1.0, None, 1.0
    for now in sorted({minutes for minutes, arrived in seen if arrived}):
        at_risk = sum(minutes >= now for minutes, _ in seen)
        share *= 1 - seen.count((now, True)) / at_risk
        median = now if median is None and share <= 0.5 + 1e-12 else median
        at_180 = share if now <= 180 else at_180
    row = metric_models().over(fct_deliveries=orders, cut=cut).cell("delivery_speed")
    assert row["click_to_door_minutes_p50_censored"] == median
    expected = pytest.approx(1 - at_180) if any(minutes >= 180 for minutes, _ in seen) else None
    assert row["within_180_minutes_share_censored"] == expected


def waited(number, minutes):
    """A trip that left the store after some minutes there."""
    left = START + timedelta(minutes=minutes)
    return trip(number, started_at=START, arrived_at_pickup_at=START, departed_pickup_at=left)


def test_a_stores_dwell_counts_a_trip_once_and_only_where_it_served_one_store():
    def served(number, store, trip_number):
        return order(number, store_id=store, trip_id=f"trip-{trip_number}", cancel_reason=None)

    orders = [served(1, "a", 1), served(2, "a", 1), served(3, "a", 2), served(4, "a", 3), served(5, "b", 3)]
    refused = order(6, store_id="a", status="cancelled", cancel_reason="store", minutes=None)
    tables = metric_models().over(
        fct_deliveries=[*orders, refused | {"status": "cancelled"}, order(7)],
        fct_trips=[waited(1, 10), waited(2, 40), waited(3, 300)],
    )
    a, b = tables.rows("store_performance", "grain = 'all'")
    assert (a["store_id"], a["orders"], a["dwell_trips"], a["dwell_minutes_p50"]) == ("a", 5, 2, 25)
    assert a["cancelled_by_store_share"] == 0.2
    assert (b["store_id"], b["dwell_trips"], b["dwell_minutes_p50"]) == ("b", 0, None), "300 belongs to two stores"
    assert {row["grain"] for row in tables.rows("store_performance")} == {"week", "all"}


def test_a_trip_whose_order_another_took_over_was_at_the_store_all_the_same():
    tables = metric_models().over(
        fct_deliveries=[order(1, store_id="a", trip_id="trip-2"), order(2, store_id="a"), order(3, store_id="b")],
        fct_trips=[waited(1, 10), waited(2, 40), waited(3, 300)],
        handed_over=[("trip-1", "order-1"), ("trip-3", "order-2"), ("trip-3", "order-3")],
    )
    a, b = tables.rows("store_performance", "grain = 'all'")
    assert (a["dwell_trips"], a["dwell_minutes_p50"]) == (2, 25)
    assert a["orders"] == 2, "the order that two trips had is one"
    assert b["dwell_trips"] == 0, "trip 3 was at two stores"
