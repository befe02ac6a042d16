"""The curve of acceptance along pay: laws, what it finds again, and where there is none.

statsmodels' figures for it are in `tests/dbt/test_golden.py`, thousands of small worlds in `tests/coverage`.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit

from pipelines.statistics import acceptance_curves, fit_curve
from tests.coverage.study import pay_needed
from tests.coverage.worlds import Crew

FEW = settings(max_examples=30, deadline=None)
seeds = st.integers(min_value=0, max_value=10**6)
SLOPE, EVEN_ODDS_USD = 0.35, 21.0


def cell_of(seed: int, drivers: int = 12, offers: int = 300) -> list[np.ndarray]:
    """Pay, asked, accepted, driver: offers to drivers who differ in keenness, one row each."""
    rng = np.random.default_rng(seed)
    driver, pay = rng.integers(drivers, size=offers), np.round(rng.normal(20, 2.5, offers) * 4) / 4
    chance = expit(SLOPE * (pay - EVEN_ODDS_USD) + rng.normal(0, 0.5, drivers)[driver])
    return [pay, np.ones(offers), (rng.random(offers) < chance).astype(float), driver.astype(float)]


def figures(cell: list[np.ndarray]) -> np.ndarray:
    """Slope and its ends, the pay at which 80 % accept and its ends."""
    curve = fit_curve(*cell)
    assert curve is not None
    return np.array([*curve.slope(), *curve.pay_at(0.8)])


def answered(*pays: tuple[float, int, int], drivers: int = 6) -> list[np.ndarray]:
    """The same answers of each driver, as (pay, asked, accepted)."""
    pay, asked, accepted = (np.tile(np.array(column, dtype=float), drivers) for column in zip(*pays, strict=True))
    return [pay, asked, accepted, np.repeat(np.arange(float(drivers)), len(pays))]


def test_answers_on_a_curve_give_that_curve():
    pay, driver = np.tile(np.arange(14.0, 28), 6), np.repeat(np.arange(6.0), 14)
    curve = fit_curve(pay, np.full(84, 10.0), 10 * expit(SLOPE * (pay - EVEN_ODDS_USD)), driver)
    assert curve is not None
    assert curve.slope() == pytest.approx((SLOPE,) * 3, abs=1e-9), "drivers who are alike leave no doubt"
    assert curve.pay_at(0.8) == pytest.approx((EVEN_ODDS_USD + logit(0.8) / SLOPE,) * 3, abs=1e-9)


def test_planted_coefficients_are_found_again():
    rng = np.random.default_rng(3)
    pay, driver = rng.normal(20, 2.5, 60_000), rng.integers(400, size=60_000).astype(float)
    accepted = (rng.random(pay.size) < expit(SLOPE * (pay - EVEN_ODDS_USD))).astype(float)
    found = figures([pay, np.ones(pay.size), accepted, driver])
    assert found[1] < SLOPE < found[2] and found[2] - found[1] < 0.02
    assert found[4] < EVEN_ODDS_USD + logit(0.8) / SLOPE < found[5] and found[5] - found[4] < 0.4


@FEW
@given(seeds)
def test_at_both_ends_of_the_pay_needed_the_curve_is_just_not_clearly_off_80_percent(seed: int):
    curve = fit_curve(*cell_of(seed))
    assert curve is not None
    pay, *ends = curve.pay_at(0.8)
    for end, sign in [(pay, 0), *zip(ends, (1, -1), strict=True)]:
        at = np.array([1, end - curve.mean_pay])
        reach = stats.t.ppf(0.975, 11) * np.sqrt(at @ curve.covariance @ at)
        assert at @ curve.coefficients + sign * reach == pytest.approx(logit(0.8), abs=1e-8)


def test_the_pay_needed_holds_the_truth_in_about_95_of_100_worlds_of_drivers_who_differ():
    sums, truth = Crew(12, trips=20).answers_by_pay(np.random.default_rng(8), 400, keenness_sd=0.7)
    low, high = pay_needed(sums)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.03)


@FEW
@given(seeds, st.floats(-50, 1000), st.floats(0.01, 100))
def test_other_units_and_another_zero_of_pay_change_the_unit_and_the_zero_of_the_answer(seed, shift, factor):
    pay, *others = cell_of(seed)
    found, moved = figures([pay, *others]), figures([pay * factor + shift, *others])
    assert moved[:3] == pytest.approx(found[:3] / factor, rel=1e-6)
    assert (moved[3:] - shift) / factor == pytest.approx(found[3:], rel=1e-6)


@FEW
@given(seeds)
def test_neither_the_order_of_rows_nor_the_drivers_names_change_anything(seed: int):
    rng = np.random.default_rng(seed)
    pay, asked, accepted, driver = cell_of(seed)
    renamed = [pay, asked, accepted, rng.permutation(12)[driver.astype(int)] * 7.0]
    order = rng.permutation(pay.size)
    assert figures([column[order] for column in renamed]) == pytest.approx(
        figures([pay, asked, accepted, driver]), rel=1e-9
    )


def test_a_driver_who_says_the_same_ten_times_is_one_drivers_evidence():
    pay, asked, accepted, driver = cell_of(5)
    assert figures([pay, 10 * asked, 10 * accepted, driver]) == pytest.approx(figures(cell_of(5)), rel=1e-9)


NO_CURVE = {
    "none accepted": [(18, 2, 0), (22, 2, 0)],
    "all accepted": [(18, 2, 2), (22, 2, 2)],
    "all of one pay": [(20, 2, 1)],
    "only the dearer accepted": [(18, 2, 0), (22, 2, 2)],
    "only the cheaper accepted": [(18, 2, 2), (22, 2, 0)],
    "parted at one pay": [(18, 2, 0), (20, 2, 1), (22, 2, 2)],
    "some of the dearest": [(18, 2, 0), (20, 2, 0), (22, 2, 1)],
}


@pytest.mark.parametrize("pays", NO_CURVE.values(), ids=NO_CURVE)
def test_there_is_no_curve_where_the_steepest_one_fits_best(pays):
    assert fit_curve(*answered(*pays)) is None


def test_one_answer_out_of_line_is_enough_for_a_curve():
    assert fit_curve(*answered((18, 20, 1), (20, 20, 0), (22, 20, 20))) is not None
    steep = fit_curve(*answered((18, 10**6, 0), (20, 10**6, 1), (20.01, 10**6, 10**6 - 1), (22, 10**6, 10**6)))
    assert steep is not None and steep.slope()[0] == pytest.approx(2 * logit(1 - 1e-6) / 0.01)


@pytest.mark.parametrize(("drivers", "has_curve"), [(4, False), (5, True)])
def test_a_curve_takes_five_drivers(drivers: int, has_curve: bool):
    assert (fit_curve(*cell_of(1, drivers)) is not None) == has_curve


@pytest.mark.parametrize("turn", [0, -1])
def test_where_acceptance_does_not_clearly_rise_with_pay_no_pay_is_named(turn: int):
    pay, asked, accepted, driver = cell_of(2)
    curve = fit_curve(turn * pay + (turn + 1) * np.random.default_rng(1).permutation(pay), asked, accepted, driver)
    assert curve is not None and curve.slope()[1] <= 0
    assert np.isnan(curve.pay_at(0.8)).all()


def test_pays_too_far_apart_for_sixteen_digits_give_no_curve_and_no_error():
    assert fit_curve(*answered((20, 3, 1), (20.0001, 3, 2), (99_999_999, 30, 30))) is None


def test_every_cell_has_the_curve_of_its_own_rows_and_no_cell_has_none():
    cells = [cell_of(1), cell_of(2, drivers=3), cell_of(3)]
    names = ("pay_per_hour_usd", "at_risk", "accepted", "driver_number")
    columns = {name: np.concatenate([cell[at] for cell in cells]) for at, name in enumerate(names)}
    columns["cell_number"] = np.repeat([7, 8, 9], [cell[0].size for cell in cells])
    result = acceptance_curves(columns)
    assert result["cell_number"].tolist() == [7, 8, 9]
    ends = [result[f"{name}{end}"] for name in ("log_odds_per_usd", "pay_needed_usd") for end in ("", "_low", "_high")]
    found = np.column_stack(ends)
    assert found[0] == pytest.approx(figures(cells[0]), abs=1e-9) and np.isnan(found[1]).all()
    assert found[2] == pytest.approx(figures(cells[2]), abs=1e-9)
    empty = acceptance_curves({name: column[:0] for name, column in columns.items()})
    assert {name: column.size for name, column in empty.items()} == dict.fromkeys(result, 0)
