"""How fast orders arrive, from a few orders each: stages that add up, promises, the interval of the censored median."""

from datetime import UTC, datetime, timedelta

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
