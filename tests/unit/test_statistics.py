"""Intervals by clusters drawn anew: laws, an independent program, and what the read-out makes of them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.statistics import bootstrap, cell_intervals, expanded_interval, readout_differences, resampled_sums

FEW = settings(max_examples=30, deadline=None)
seeds = st.integers(min_value=0, max_value=10**6)


def clusters_of(seed: int, size: int = 12) -> np.ndarray:
    """USD and hours of drivers who earn about 18 an hour."""
    rng = np.random.default_rng(seed)
    hours = rng.gamma(2, 4, size) + 0.5
    return np.column_stack([hours * rng.normal(18, 3, size), hours])


def ratio_interval(values: np.ndarray) -> tuple[float, float]:
    sums, drawn = values.sum(axis=0), resampled_sums(values)
    figure = np.array([sums[0] / sums[1]])
    low, high = expanded_interval((drawn[:, 0] / drawn[:, 1])[None, :], figure, len(values))
    return low.item(), high.item()


@FEW
@given(seeds)
def test_the_order_of_the_clusters_changes_nothing(seed: int):
    values = clusters_of(seed)
    shuffled = np.random.default_rng(seed).permutation(values)
    assert np.array_equal(resampled_sums(values), resampled_sums(shuffled))


def test_hours_that_are_equal_on_paper_keep_their_places_whatever_their_last_digit():
    hours = 2.3464231825  # of which a ninth digit would be a tie
    values = np.array([[11.82, hours], [-2.7564, hours], [139.26, 0.5], [0, 1.5], [73.0275, 2 / 3]])
    noisy = values.copy()
    noisy[0, 1], noisy[1, 1] = hours - 1e-15, hours + 1e-15
    assert noisy[0, 1] < noisy[1, 1]
    assert np.allclose(resampled_sums(noisy), resampled_sums(values), rtol=1e-12)


@FEW
@given(seeds)
def test_the_draws_of_one_cell_do_not_depend_on_the_cells_beside_it(seed: int):
    one, other = clusters_of(seed), clusters_of(seed + 1)
    assert np.allclose(resampled_sums(np.stack([one, other]))[0], resampled_sums(one), rtol=1e-12)


@FEW
@given(seeds, st.floats(0.1, 100))
def test_an_interval_scales_with_the_unit_and_holds_its_figure(seed: int, factor: float):
    values = clusters_of(seed)
    low, high = ratio_interval(values)
    assert low <= values[:, 0].sum() / values[:, 1].sum() <= high
    assert ratio_interval(values * [factor, 1]) == pytest.approx((low * factor, high * factor))


def test_drivers_who_earn_alike_leave_no_doubt():
    hours = np.arange(1.0, 11)
    assert ratio_interval(np.column_stack([18 * hours, hours])) == pytest.approx((18, 18))


def test_the_plain_percentiles_are_those_of_scipys_bootstrap(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bootstrap, "stdtrit", lambda df, p: stats.norm.ppf(p) * np.sqrt(df / (df + 1)))
    values = clusters_of(3, size=40)
    theirs = stats.bootstrap(
        values.T,
        lambda usd, hours, axis: usd.sum(axis) / hours.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    # Both are random: of 2,000 draws the 2.5 % quantile is known to some hundredths of a dollar.
    assert ratio_interval(values) == pytest.approx((theirs.low, theirs.high), abs=0.06)


def test_few_clusters_widen_the_interval_as_students_quantile_does():
    values = clusters_of(5, size=6)
    drawn = resampled_sums(values)
    ratios = drawn[:, 0] / drawn[:, 1]
    share = stats.norm.cdf(-np.sqrt(6 / 5) * stats.t.ppf(0.975, 5))
    assert ratio_interval(values) == pytest.approx(tuple(np.quantile(ratios, [share, 1 - share])))
    assert ratio_interval(values)[0] < np.quantile(ratios, 0.025)


def test_many_clusters_dealt_into_hands_are_as_sure_as_each_on_its_own(monkeypatch: pytest.MonkeyPatch):
    values = clusters_of(7, size=2_000)
    dealt = ratio_interval(values)
    monkeypatch.setattr(bootstrap, "MOST_CLUSTERS", 10_000)
    each = ratio_interval(values)
    assert dealt[1] - dealt[0] == pytest.approx(each[1] - each[0], rel=0.15)
    assert np.allclose(resampled_sums(values).mean(axis=0), values.sum(axis=0), rtol=0.01)


RATIOS = {f"{kind}_per_hour_usd": (f"{kind}_usd", f"{kind}_hours") for kind in ("gross", "net")}


def driver_cells(*cells: list[tuple[float, float]]) -> dict[str, np.ndarray]:
    """Rows of int_driver_cells, one per driver of each cell, with the same gross and net."""
    rows = [(number, usd, hours) for number, cell in enumerate(cells) for usd, hours in cell]
    keys = {
        key: np.array([f"{key}-{number}" for number, _, _ in rows], dtype=object)
        for key in ("grain", "period_start", "market_id", "offer_type")
    }
    usd, hours = (np.array([row[at] for row in rows], dtype=float) for at in (1, 2))
    return keys | {"gross_usd": usd + 1, "gross_hours": hours, "net_usd": usd, "net_hours": hours}


def test_every_cell_of_earnings_has_the_interval_of_its_own_drivers():
    cells = [clusters_of(seed, size) for seed, size in enumerate((6, 30, 6, 1, 9))]
    result = cell_intervals(driver_cells(*(list(map(tuple, cell)) for cell in cells)), **RATIOS)
    assert result["grain"].tolist() == [f"grain-{number}" for number in range(5)]
    found = np.column_stack([result["net_per_hour_usd_low"], result["net_per_hour_usd_high"]])
    for number, cell in enumerate(cells):
        expected = (np.nan, np.nan) if len(cell) == 1 else ratio_interval(cell)
        assert found[number] == pytest.approx(expected, nan_ok=True), number


def test_any_number_of_cells_of_one_size_gets_its_intervals():
    result = cell_intervals(driver_cells(*[list(map(tuple, clusters_of(seed, 5))) for seed in range(150)]), **RATIOS)
    assert not np.isnan(result["net_per_hour_usd_low"]).any()


@pytest.mark.parametrize("drivers", [0, 1, 4])
def test_fewer_than_five_drivers_give_no_interval(drivers: int):
    rows = driver_cells([(60.0, 3.0)] * drivers) if drivers else driver_cells()
    result = cell_intervals(rows, **RATIOS)
    assert np.isnan(result["net_per_hour_usd_low"]).all() and len(result["net_per_hour_usd_low"]) == min(drivers, 1)


def test_a_driver_without_a_known_net_is_no_evidence_of_it():
    rows = driver_cells([(60.0, 3.0 + extra) for extra in range(6)])
    rows["net_usd"][:2] = np.nan
    rows["net_hours"] = np.ma.masked_invalid(np.where(np.arange(6) < 2, np.nan, rows["net_hours"]))
    result = cell_intervals(rows, **RATIOS)
    assert np.isnan(result["net_per_hour_usd_low"]).all(), "four drivers are left"
    assert not np.isnan(result["gross_per_hour_usd_low"]).any()


def test_drivers_without_hours_are_no_evidence_of_a_rate():
    result = cell_intervals(driver_cells([(60.0, 3.0)], [(60.0, 3.0), *[(0.0, 0.0)] * 9]), **RATIOS)
    assert np.isnan(result["net_per_hour_usd_low"]).all(), "one driver has a rate"


def test_drivers_without_hours_have_no_rate():
    result = cell_intervals(driver_cells([(0.0, 0.0)] * 6), **RATIOS)
    assert np.isnan(result["net_per_hour_usd_low"]).all() and np.isnan(result["net_per_hour_usd_high"]).all()


def compared(*rows: tuple[str, float, float, float, float]) -> dict[str, dict[str, float]]:
    """The read-out of one metric: market -> column -> value, from (market, both numerators and denominators)."""
    columns = dict(zip(("market_id", *SUMS), map(np.array, zip(*sorted(rows), strict=True)), strict=True))
    result = readout_differences(columns | {"metric": np.array(["m"] * len(rows), dtype=object)})
    names = [name for name in result if name not in ("metric", "market_id")]
    return {
        market: {name: result[name][at] for name in names} for at, market in enumerate(result["market_id"].tolist())
    }


SUMS = ("retail_numerator", "retail_denominator", "baseline_numerator", "baseline_denominator")


def test_example_13_overall_is_what_holds_within_every_market():
    result = compared(("las_vegas", 1500, 100, 4800, 300), ("tysons", 6600, 300, 2300, 100))
    assert result["las_vegas"]["difference"] == result["tysons"]["difference"] == -1
    assert result["all"]["difference"] == pytest.approx(-1), "+2.50 pools the markets"
    assert result["all"]["retail_value"] == 20.25, "all retail pay over all retail hours"


def test_a_market_with_one_side_only_is_left_out_of_the_whole():
    result = compared(("a", 100, 10, 90, 10), ("b", 300, 10, 0, 0))
    assert result["all"]["difference"] == result["a"]["difference"] == 1
    assert np.isnan(result["b"]["difference"]) and result["b"]["retail_value"] == 30
    alone = compared(("b", 300, 10, 0, 0))["all"]
    assert np.isnan(alone["difference"])


def test_an_interval_needs_five_clusters_on_the_poorer_side():
    rng = np.random.default_rng(2)
    both = [("a", *(rng.normal(20, 2, 4) * [10, 0, 10, 0] + [0, 10, 0, 10])) for _ in range(5)]
    assert not np.isnan(compared(*both)["a"]["difference_low"])
    one_side = [*both[:4], *[("a", 0, 0, 200, 10)] * 20]
    assert np.isnan(compared(*one_side)["a"]["difference_low"])


def test_equal_sides_do_not_differ_in_their_last_digit():
    alike = [("a", 54, 3.1, 5 * 54, 5 * 3.1)] * 6
    row = compared(*alike)["all"]
    assert row["difference"] == row["difference_low"] == row["difference_high"] == 0


def test_over_markets_the_poorer_sides_are_added_up_and_each_market_beyond_the_first_costs_one():
    def crew(market, drivers):
        return [(market, 200 + number, 10, 190 - number, 10) for number in range(drivers)]

    assert not np.isnan(compared(*crew("a", 3), *crew("b", 3))["all"]["difference_low"]), "3 + 3 - 1 are 5"
    assert np.isnan(compared(*crew("a", 3), *crew("b", 2))["all"]["difference_low"])


def test_one_markets_luck_is_not_anothers():
    rng = np.random.default_rng(5)
    one = [("a", each, 10, 0, 0) for each in rng.normal(200, 30, 12)] + [("a", 0, 0, 190, 10)] * 12
    other = [("b", numerator, denominator, *baseline) for _, numerator, denominator, *baseline in one]
    widths = {market: row["difference_high"] - row["difference_low"] for market, row in compared(*one, *other).items()}
    assert widths["all"] < 0.8 * widths["a"], "as wide as one market alone: drawn in step"


def test_a_driver_on_both_sides_is_one_cluster_so_that_what_is_the_drivers_own_cancels():
    rng = np.random.default_rng(4)
    skill = rng.normal(20, 4, 30)
    paired = [("a", 10 * each - 5, 10, 10 * each, 10) for each in skill]
    apart = [("a", 10 * each - 5, 10, 0, 0) for each in skill] + [("a", 0, 0, 10 * each, 10) for each in skill]
    widths = [row["difference_high"] - row["difference_low"] for row in (compared(*paired)["a"], compared(*apart)["a"])]
    assert widths[0] == pytest.approx(0, abs=1e-9) and widths[1] > 1


def test_example_20_four_markets_can_never_give_p_below_an_eighth():
    effects = np.array([1.0, 1.1, 0.9, 1.2])  # as clear as it can be: every market up
    flipped = [abs(np.mean(effects * signs)) for signs in itertools.product((1, -1), repeat=4)]
    p = np.mean([each >= abs(effects.mean()) - 1e-12 for each in flipped])
    assert p == 2 / 2**4 == 0.125, "0.0625 is one-sided"


def test_example_20_looking_fourteen_times_at_5_percent_gives_22_percent_false_alarms():
    rng = np.random.default_rng(11)
    looks = np.arange(1, 15)
    z = rng.standard_normal((40_000, 14)).cumsum(axis=1) / np.sqrt(looks)
    alarms = (np.abs(z) > 1.96).any(axis=1).mean()
    assert alarms == pytest.approx(0.22, abs=0.008), "not 5 %"
