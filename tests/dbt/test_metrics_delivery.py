"""How fast orders arrive, from a few orders each: stages that add up, promises, the interval of the censored median,
the curve."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.dbt.metric_tables import metric_models, order

NOON = datetime(2022, 5, 21, 12, tzinfo=UTC)
STAGES = ("preparation_minutes", "pickup_wait_minutes", "transit_minutes")


def speed(orders, **keys):
    return metric_models().over(fct_deliveries=orders).cell("delivery_speed", **keys)


def staged(number, *stages, **fields):
    """A delivered order with the minutes of its three stages."""
    return order(number, minutes=sum(stages), **dict(zip(STAGES, stages, strict=True)), **fields)


def promised(number, within, **fields):
    return order(number, promised_at=NOON + timedelta(minutes=within), **fields)


def test_the_means_of_the_stages_add_up_to_the_mean_of_the_whole():
    row = speed([staged(1, 10, 20, 30), staged(2, 30, 0, 60), staged(3, 20, 100, 0)])
    assert row["staged_orders"] == 3
    means = [row[f"staged_{stage}_mean"] for stage in STAGES]
    assert means == [20, 40, 30]
    assert row["staged_click_to_door_minutes_mean"] == sum(means)
    assert sum(row[f"{stage}_p50"] for stage in STAGES) < row["click_to_door_minutes_p50"], "medians do not add up"


def test_an_order_with_an_unknown_stage_or_not_delivered_is_in_no_staged_mean():
    gap = order(2, minutes=500, preparation_minutes=100, transit_minutes=300)
    returned = staged(3, 100, 100, 100, status="returned")
    row = speed([staged(1, 10, 20, 30), gap, returned])
    assert (row["staged_orders"], row["delivered"]) == (1, 2)
    assert row["staged_preparation_minutes_mean"] == 10
    assert row["staged_click_to_door_minutes_mean"] == 60


def test_without_staged_orders_and_promises_there_is_no_mean_and_no_median():
    row = speed([order(1)])
    assert (row["staged_orders"], row["staged_transit_minutes_mean"]) == (0, None)
    assert (row["promised_orders"], row["promise_minutes_p50"]) == (0, None)


def test_what_was_promised_counts_whatever_became_of_the_order():
    lost = promised(2, 240, minutes=None, status="lost")
    row = speed([promised(1, 60), lost, promised(3, 120, minutes=None), promised(4, -5), order(5)])
    assert (row["promised_orders"], row["promise_minutes_p50"]) == (3, 120), "a promise before the order is none"


def test_the_censored_median_of_ten_orders_lies_between_the_first_and_the_eighth():
    """Greenwood's sum after the first of ten is 1/90: 0.9 to the power of exp(1.96 sqrt(1/90) / -ln 0.9) is 0.473."""
    row = speed([order(n, minutes=10 * n) for n in range(1, 11)])
    ends = [row[f"click_to_door_minutes_p50_censored{end}"] for end in ("_low", "", "_high")]
    assert ends == [10, 50, 80]


def test_a_median_that_too_few_orders_bear_out_has_no_upper_end():
    lost = [order(n, minutes=None, status="lost") for n in range(10, 14)]
    for orders in ([order(1, minutes=10)], [*(order(n, minutes=10 * n) for n in range(1, 6)), *lost]):
        row = speed(orders)
        assert row["click_to_door_minutes_p50_censored"] == max(each["click_to_door_minutes"] or 0 for each in orders)
        assert row["click_to_door_minutes_p50_censored_high"] is None


def test_where_fewer_than_half_arrive_it_is_still_known_what_the_median_exceeds():
    lost = [order(n, minutes=None, status="lost") for n in range(10, 16)]
    row = speed([*(order(n, minutes=10 * n) for n in range(1, 6)), *lost])
    assert row["click_to_door_minutes_p50_censored"] is None
    assert row["click_to_door_minutes_p50_censored_low"] == 20


def curve(orders, cut=NOON + timedelta(days=7), **keys):
    """The curve of a cell, by edge."""
    tables = metric_models().over(fct_deliveries=orders, cut=cut)
    wanted = {"grain": "all", "market_id": "all", "offer_type": "all"} | keys
    rows = tables.rows("delivery_curve", " and ".join(f"{key} = '{value}'" for key, value in wanted.items()))
    return {row["within_minutes"]: row for row in rows}


def test_an_order_counts_at_the_edge_it_arrives_by_and_beyond_the_last_at_none():
    """A microsecond after an edge is the next one's."""
    minutes = [0, 10, 10 + 1 / 60e6, 20, 2880, 2881]
    by_edge = curve([order(n, minutes=each) for n, each in enumerate(minutes)])
    assert {edge: row["delivered"] for edge, row in by_edge.items() if row["delivered"]} == {10: 2, 20: 2, 2880: 1}
    assert [by_edge[edge]["delivered_per_hour"] for edge in (10, 20, 30, 2880)] == [12, 12, 0, pytest.approx(1 / 3)]
    assert [by_edge[edge]["at_risk"] for edge in (10, 20, 30, 2880)] == [5, 3, 2, 2]
    assert {row["orders"] for row in by_edge.values()} == {6}


def test_the_edges_are_close_together_at_first_and_reach_two_days():
    steps = (range(10, 121, 10), range(150, 361, 30), range(420, 1441, 60), range(1620, 2881, 180))
    assert list(curve([order(1)])) == [edge for step in steps for edge in step]


def test_orders_that_never_arrive_hold_the_curve_down_and_open_ones_only_as_long_as_they_were_seen():
    lost = order(1, minutes=None, status="lost")
    seen_for_an_hour = order(2, minutes=None, placed_at=NOON - timedelta(minutes=60))
    by_edge = curve([lost, seen_for_an_hour, order(3, minutes=30), order(4, minutes=90)], cut=NOON)
    assert [by_edge[edge]["at_risk"] for edge in (30, 60, 90, 120, 2880)] == [4, 3, 2, 1, 1]
    shares = [by_edge[edge]["delivered_share_censored"] for edge in (20, 30, 60, 90, 2880)]
    assert shares == pytest.approx([0, 0.25, 0.25, 0.625, 0.625]), "1 - 3/4 x 1/2"


def test_the_curve_ends_where_nobody_was_seen_for_so_long():
    by_edge = curve([order(1, minutes=30), order(2, minutes=None, placed_at=NOON - timedelta(minutes=60))], cut=NOON)
    assert [by_edge[edge]["delivered_share_censored"] for edge in (60, 70)] == [pytest.approx(0.5), None]
    assert by_edge[60]["delivered_share_censored_low"] < 0.5 < by_edge[60]["delivered_share_censored_high"]
    assert by_edge[70]["delivered_share_censored_high"] is None


def test_the_curve_agrees_with_the_share_within_180_minutes():
    orders = [
        order(n, minutes=None if n % 5 == 0 else 20 * n, placed_at=NOON - timedelta(minutes=30 * n))
        for n in range(1, 20)
    ]
    tables = metric_models().over(fct_deliveries=orders, cut=NOON)
    share = tables.cell("delivery_curve", within_minutes=180)["delivered_share_censored"]
    assert share == tables.cell("delivery_speed")["within_180_minutes_share_censored"] > 0


def test_promises_have_a_curve_of_their_own():
    by_edge = curve([promised(1, 60), promised(2, 90, minutes=None), promised(3, 3000), order(4)])
    assert {row["promised_orders"] for row in by_edge.values()} == {3}
    assert [by_edge[edge]["promised_share"] for edge in (50, 60, 90, 2880)] == [0, 1 / 3, 2 / 3, 2 / 3]


def test_an_order_whose_time_is_unknown_is_not_in_the_curve_and_has_its_row():
    by_edge = curve([order(1, minutes=10, click_to_door_minutes=None)])
    assert len(by_edge) == 46
    row = by_edge[2880]
    assert (row["orders"], row["at_risk"], row["delivered_share_censored"], row["promised_share"]) == (0, 0, None, None)


def test_an_hour_of_the_week_counts_what_was_placed_in_it_and_how_that_went():
    """Noon UTC on Saturday 2022-05-21 is 05:00 in Las Vegas; 05:00 UTC is 22:00 on the Friday before."""
    friday_night = NOON - timedelta(hours=7)
    orders = [
        order(1, minutes=30, is_on_time=True),
        order(2, minutes=60, is_on_time=False, placed_at=NOON + timedelta(minutes=59)),
        order(3, minutes=None, is_on_time=False),
        order(4, minutes=90, placed_at=friday_night, placed_date=(NOON - timedelta(days=1)).date()),
    ]
    tables = metric_models().over(fct_deliveries=orders)
    saturday = tables.cell("delivery_hours", weekday=6, hour=5)
    assert (saturday["orders"], saturday["delivered"], saturday["due"], saturday["on_time"]) == (3, 2, 3, 1)
    assert (saturday["on_time_share"], saturday["click_to_door_minutes_p50"]) == (1 / 3, 45)
    assert saturday["on_time_share_low"] < 1 / 3 < saturday["on_time_share_high"]
    friday = tables.cell("delivery_hours", weekday=5, hour=22)
    assert (friday["orders"], friday["due"], friday["on_time_share"]) == (1, 0, None)
    assert len(tables.rows("delivery_hours", "grain = 'all' and market_id = 'all' and offer_type = 'all'")) == 2
