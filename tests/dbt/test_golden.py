"""Intervals and curves of the metric tables against those of statsmodels and lifelines (`tests/golden`)."""

import json
import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from tests.dbt.metric_tables import MetricTables, metric_models, offer, order

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/intervals.json").read_text(encoding="utf-8"))
CUT = datetime(2022, 5, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables() -> MetricTables:
    """One market per golden case."""
    shares = [
        order(f"{case}-{n}", market_id=f"share-{case}", is_on_time=n < kept)
        for case, (kept, due, *_) in enumerate(GOLDEN["wilson"])
        for n in range(due)
    ]
    curves = [
        seen(f"{case}-{n}", f"curve-{case}", minutes, is_open=is_open)
        for case, golden in enumerate(GOLDEN["kaplan_meier"])
        for n, (minutes, is_open) in enumerate(zip(golden["minutes"], golden["is_open"], strict=True))
    ]
    offers = [
        offer(
            f"{case}-{n}",
            "accepted" if taken else "declined",
            driver_key=f"{who}",
            pay_per_hour_usd=pay,
            market_id=f"pay-{case}",
        )
        for case, golden in enumerate(GOLDEN["acceptance"])
        for n, (who, pay, taken) in enumerate(zip(golden["driver"], golden["pay"], golden["is_accepted"], strict=True))
    ]
    return metric_models().over(fct_deliveries=shares + curves, fct_offers=offers, cut=CUT)


def seen(name, market_id, minutes, *, is_open):
    """An order that arrived after so many minutes, is open since, or (None) will never arrive."""
    fields = {"market_id": market_id, "placed_date": CUT.date()}
    if minutes is None:
        return order(name, minutes=None, status="lost", **fields)
    placed_at = CUT - timedelta(minutes=minutes)
    return order(name, minutes=None if is_open else minutes, placed_at=placed_at, **fields)


@pytest.mark.parametrize("case", range(len(GOLDEN["wilson"])))
def test_a_shares_interval_is_statsmodels_wilson(tables, case):
    kept, due, low, high = GOLDEN["wilson"][case]
    row = tables.cell("delivery_speed", market_id=f"share-{case}")
    assert (row["on_time"], row["due"]) == (kept, due)
    found = (row["on_time_share_low"], row["on_time_share_high"])
    assert found == pytest.approx((low, high), rel=1e-12, abs=1e-12), f"{kept} of {due}"


@pytest.mark.parametrize("case", range(len(GOLDEN["kaplan_meier"])))
def test_the_censored_figures_are_those_of_lifelines(tables, case):
    golden = GOLDEN["kaplan_meier"][case]
    row = tables.cell("delivery_speed", market_id=f"curve-{case}")
    assert row["click_to_door_minutes_p50_censored"] == golden["median"]
    ends = [row[f"click_to_door_minutes_p50_censored_{end}"] for end in ("low", "high")]
    assert ends == golden["median_interval"]
    is_anybody_left = any(minutes is None or minutes >= 180 for minutes in golden["minutes"])
    expected = pytest.approx(golden["within_180"], rel=1e-12) if is_anybody_left else None
    assert row["within_180_minutes_share_censored"] == expected


@pytest.mark.parametrize("case", range(len(GOLDEN["kaplan_meier"])))
def test_the_curve_and_its_band_are_those_of_lifelines(tables, case):
    for edge, at_risk, *figures in GOLDEN["kaplan_meier"][case]["curve"]:
        row = tables.cell("delivery_curve", market_id=f"curve-{case}", within_minutes=edge)
        assert row["at_risk"] == at_risk
        found = [row[f"delivered_share_censored{end}"] for end in ("", "_low", "_high")]
        assert _or_nan(found) == pytest.approx(
            _or_nan(figures if at_risk else [None] * 3), rel=1e-12, abs=1e-12, nan_ok=True
        ), f"by {edge} minutes"


def _or_nan(values):
    return [math.nan if value is None else value for value in values]


def of_statsmodels(golden, *at):
    """Figure and ends of 95 % of a sum of the curve's coefficients, each times `at`."""
    drivers = len(set(golden["driver"]))
    figure = np.dot(golden["coefficients"], at)
    reach = stats.t.ppf(0.975, drivers - 1) * np.sqrt(at @ np.array(golden["covariance"]) @ at)
    return np.array([figure, figure - reach, figure + reach])


@pytest.mark.parametrize("case", range(len(GOLDEN["acceptance"])))
def test_the_slope_of_acceptance_and_the_pay_needed_are_of_statsmodels_curve_by_drivers(tables, case):
    golden = GOLDEN["acceptance"][case]
    row = tables.cell("acceptance_pay_needed", market_id=f"pay-{case}")
    counted = (row["at_risk"], row["accepted"], row["drivers"])
    assert counted == (len(golden["pay"]), sum(golden["is_accepted"]), len(set(golden["driver"])))
    found = [row[f"log_odds_per_usd{end}"] for end in ("", "_low", "_high")]
    assert found == pytest.approx(of_statsmodels(golden, 0, 1), abs=2e-9)
    level, slope = golden["coefficients"]
    needed = [row[f"pay_per_hour_for_80_percent_usd{end}"] for end in ("", "_low", "_high")]
    if of_statsmodels(golden, 0, 1)[1] <= 0:
        assert needed == [None] * 3
        return
    pay, *ends = map(float, needed)
    assert pay == pytest.approx((logit(0.8) - level) / slope, abs=1e-4)
    for end, of_interval in zip(ends, (2, 1), strict=True):
        assert of_statsmodels(golden, 1, end)[of_interval] == pytest.approx(logit(0.8), abs=1e-4)


@pytest.mark.parametrize("case", range(len(GOLDEN["acceptance"])))
def test_the_curve_is_statsmodels_at_the_middle_of_every_dollar_and_its_band_is_by_drivers(tables, case):
    golden = GOLDEN["acceptance"][case]
    rows = tables.rows("acceptance_by_pay", f"grain = 'all' and market_id = 'pay-{case}' and offer_type = 'all'")
    assert {row["pay_per_hour_from_usd"]: row["at_risk"] for row in rows} == Counter(np.floor(golden["pay"]))
    for row in rows:
        found = [row[f"fitted_share{end}"] for end in ("", "_low", "_high")]
        expected = expit(of_statsmodels(golden, 1, float(row["pay_per_hour_from_usd"]) + 0.5))
        assert found == pytest.approx(expected, abs=2e-9)
