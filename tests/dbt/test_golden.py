"""Intervals and curves of the metric tables against those of statsmodels and lifelines (`tests/golden`)."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.dbt.metric_tables import MetricTables, metric_models, order

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
    return metric_models().over(fct_deliveries=shares + curves, cut=CUT)


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
