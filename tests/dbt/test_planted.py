"""The metrics find again what was planted in a simulated world, within intervals that leave out other values.

Two worlds in which offer types are alike but for what is planted (`Parameters.alike`), so that a difference is an
effect. Their seed is 1; 2 to 6 pass too. Intervals are wide enough for all looks of this file at once (`planted_fits`).

Acceptance: the estimand is the chance that a driver who is asked says yes at a pay, the planted curve. Drivers of this
world are alike and asked one by one. Where they race, a yes that came second is withdrawn, and the share of those at
risk is more than the chance (`tests/unit/test_simulate_planted.py`); where they differ in keenness, the curve of all of
them is flatter than each one's.
"""

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from pipelines.reference import read_reference
from pipelines.simulate import Parameters
from pipelines.simulate.parameters import WORK, Work
from pipelines.workspace import SHIPPED_DATA
from tests.dbt.conftest import World
from tests.dbt.planted_fits import (
    REACH,
    Floats,
    Interval,
    by_cluster,
    least_squares,
    logistic,
    of_draws,
    widened,
    wilson,
)

STARTS_ON = date(2022, 2, 7)
MARKETS = ("las_vegas", "tysons")
EFFECTS = Parameters.alike(
    even_odds_pay_per_hour_usd=20.0,
    retail_pay_usd_per_scheduled_hour={"las_vegas": 7.0, "tysons": -1.5},
    retail_minutes_to_door={"las_vegas": 35.0, "tysons": 55.0},
    novelty_minutes_to_door=60.0,
    novelty_half_life_days=10.0,
    # Around the clock and with room in the cars, so that less of the time to the door is luck.
    work=dict.fromkeys(WORK, Work((0, 23), (0, 24), preparation_minutes=20)),
    orders_per_block=0.8,
)
ACCEPTANCE = Parameters.alike(even_odds_pay_per_hour_usd=21.0, novelty_log_odds=1.2, novelty_half_life_days=14.0)
SLOPE = ACCEPTANCE.acceptance_log_odds_per_usd_per_hour
HALF_LIVES_DAYS = np.geomspace(2, 200, 80)
UNWORN_DAYS = 60  # a half-life as long as the time looked at: nothing that wears off
SINCE_START = "(epoch({}) - epoch(cast(pilot_started_on as timestamp) at time zone time_zone)) / 86400"
AT_SITES = "join dim_site as sites using (site_id) join dim_market as markets on markets.market_id = sites.market_id"


def frame(world: World, sql: str) -> pl.DataFrame:
    return pl.DataFrame(world.rows(sql), infer_schema_length=None)


def planted(world: World, parameter: str, market: str) -> float:
    rows = pl.read_csv(world.workspace.root / "truth/parameters.csv")
    return rows.filter(pl.col("parameter") == parameter, pl.col("market_id") == market)["value"].item()


@pytest.fixture(scope="module")
def effects(build_simulated: Callable) -> World:
    """Two markets with a mall, which begins at once, and a station; orders and trips enough to see minutes by."""
    shipped = read_reference(SHIPPED_DATA / "reference")["sites"]
    kept = shipped.filter(pl.col("market_id").is_in(MARKETS), pl.col("site_kind") != "grocery_store")
    sites = [site | {"pilot_started_on": site["pilot_started_on"] and STARTS_ON} for site in kept.to_dicts()]
    options = {"sites": sites, "days": 70, "drivers": 240, "seed": 1, "starts_on": STARTS_ON}
    return build_simulated(EFFECTS, select="pilot_readout driver_earnings delivery_speed", **options)


@pytest.fixture(scope="module")
def acceptance(build_simulated: Callable) -> World:
    """The four markets, whose malls begin one after the other; offers alone."""
    options = {"logs": ["offers"], "days": 98, "drivers": 240, "seed": 1, "starts_on": STARTS_ON}
    return build_simulated(ACCEPTANCE, select="offer_acceptance", **options)


# What retail does


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(
    ("metric", "table", "parameter"),
    [
        ("net_per_hour_usd", "driver_earnings", "retail_effect_on_net_per_hour_usd"),
        ("click_to_door_minutes_mean", "delivery_speed", "retail_effect_on_click_to_door_minutes"),
    ],
)
def test_retail_less_the_rest_of_its_market_is_what_was_planted_for_it(
    effects: World, metric: str, table: str, parameter: str, market: str
):
    cells = frame(
        effects,
        f"select offer_type, cast({metric} as double) as value from {table} where"
        f" grain = 'all' and market_id = '{market}' and offer_type <> 'all'",
    )
    value = dict(cells.iter_rows())
    low, difference, high = frame(
        effects,
        "select difference_low, difference, difference_high from pilot_readout"
        f" where metric = '{metric}' and market_id = '{market}'",
    ).row(0)
    assert difference == pytest.approx(value["retail"] - value["station"], abs=2e-4)
    found, effect = widened(low, difference, high), planted(effects, parameter, market)
    assert found.covers(effect)
    assert not found.covers(0), "nothing planted would be believed"
    assert not found.covers(2 * effect), "twice as much would be believed"


@pytest.mark.parametrize("market", MARKETS)
def test_pay_per_scheduled_hour_of_paid_trips_differs_by_what_was_planted(effects: World, market: str):
    sums = [
        f"cast(coalesce(sum({column}) filter (where offer_type = '{kind}'), 0) as double) as {kind}_{column}"
        for kind in ("retail", "station")
        for column in ("gross_usd", "scheduled_hours")
    ]
    of_drivers = frame(
        effects,
        f"select {', '.join(sums)} from fct_trips"
        f" where market_id = '{market}' and base_usd > 0 and scheduled_hours > 0 group by driver_key",
    )
    found = by_cluster(lambda sums: sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3], of_drivers.to_numpy())
    assert found.covers(EFFECTS.retail_pay_usd_per_scheduled_hour[market])
    assert not found.covers(0)


@pytest.fixture(scope="module")
def orders(effects: World) -> pl.DataFrame:
    """Orders delivered at the first attempt: days since the site's start (0 where not retail), minutes on the way."""
    return frame(
        effects,
        "select orders.market_id, orders.offer_type = 'retail' as is_retail,"
        f" coalesce({SINCE_START.format('picked_up_at')}, 0) as days, transit_minutes,"
        f" site_id || placed_date as site_day from fct_deliveries as orders {AT_SITES}"
        " where transit_minutes is not null and failed_attempts = 0 and not has_clock_disorder",
    )


def way(orders: pl.DataFrame, half_life_days: float) -> dict[str, Interval]:
    """Minutes on the way by least squares, site-days drawn anew, if novelty wears off by this half-life.

    By market what retail takes longer when it is no longer new; `novelty` on the first day; and what this half-life
    leaves unexplained along its derivative (`misfit`, 0 if it is the true one), so that a wrong one is seen.
    """
    market_id, is_retail, days, minutes, site_day = (column.to_numpy() for column in orders.get_columns())
    market = np.stack([market_id == each for each in MARKETS], axis=1)
    novelty = is_retail * 0.5 ** (days / half_life_days)
    x = np.column_stack([market & is_retail[:, None], novelty, novelty * days, market]).astype(float)
    found = least_squares(x, minutes, site_day)
    clusters = orders["site_day"].n_unique()
    names = (*MARKETS, "novelty", "misfit")
    return {name: of_draws(draws[0], draws[1:], clusters) for name, draws in zip(names, found.T, strict=False)}


def test_the_way_from_a_mall_takes_longer_by_the_planted_minutes_and_by_a_novelty_that_wears_off(orders: pl.DataFrame):
    found = way(orders, EFFECTS.novelty_half_life_days)
    for market in MARKETS:
        assert found[market].covers(EFFECTS.retail_minutes_to_door[market])
        assert not found[market].covers(0)
    assert found["novelty"].covers(EFFECTS.novelty_minutes_to_door)
    assert not found["novelty"].covers(0)
    assert found["misfit"].covers(0)


@pytest.mark.parametrize("half_life_days", [2, UNWORN_DAYS])
def test_a_half_life_of_the_way_that_was_not_planted_is_not_believed(orders: pl.DataFrame, half_life_days: float):
    assert not way(orders, half_life_days)["misfit"].covers(0)


# What drivers answer


@pytest.fixture(scope="module")
def answers(acceptance: World) -> pl.DataFrame:
    """Offers at risk: usd (pay per hour beyond that of even odds), is_accepted, is_retail, days since the start."""
    return frame(
        acceptance,
        f"select cast(pay_per_hour_usd as double) - {ACCEPTANCE.even_odds_pay_per_hour_usd} as usd, is_accepted,"
        f" offers.offer_type = 'retail' as is_retail, coalesce({SINCE_START.format('block_starts_at')}, 0) as days"
        f" from fct_offers as offers {AT_SITES} where is_at_risk order by offer_id",
    )


def test_in_each_bin_of_pay_the_share_that_accepts_is_the_planted_curve_averaged_over_its_offers(answers: pl.DataFrame):
    by_dollar = answers.filter(~pl.col("is_retail")).group_by(pl.col("usd").floor().alias("dollar"))
    bins = [rows for _, rows in by_dollar if rows.height >= 100]
    found = [wilson(rows["is_accepted"].sum(), rows.height) for rows in bins]
    assert len(bins) >= 8

    def is_believed(slope: float) -> bool:
        """Of the curve with this slope through the pay at even odds, in all bins."""
        shares = [expit(slope * rows["usd"].to_numpy()).mean() for rows in bins]
        return all(interval.covers(share) for interval, share in zip(found, shares, strict=True))

    assert is_believed(SLOPE)
    assert not is_believed(0.7 * SLOPE), "a flatter curve would be believed"
    assert not is_believed(1.4 * SLOPE), "a steeper curve would be believed"


def test_a_fit_of_who_accepts_on_pay_finds_the_planted_slope_and_the_pay_at_even_odds(answers: pl.DataFrame):
    others = answers.filter(~pl.col("is_retail"))
    fit = logistic(with_intercept(others["usd"].to_numpy()), others["is_accepted"].to_numpy())
    assert fit.interval(1).covers(SLOPE)
    assert not fit.interval(1).covers(0.85 * SLOPE)
    assert not fit.interval(1).covers(1.15 * SLOPE)
    assert fit.interval(0).covers(0), "at the pay of even odds the odds are not even"


def with_intercept(*columns: Floats) -> Floats:
    return np.column_stack([np.ones(len(columns[0])), *columns])


def test_week_by_week_the_published_share_of_retail_is_what_novelty_leaves_of_itself(acceptance: World):
    cells = frame(
        acceptance,
        "select market_id, period_start, at_risk, accepted from offer_acceptance"
        " where grain = 'week' and offer_type = 'retail' and market_id <> 'all'",
    )
    offers = frame(
        acceptance,
        "select offer_id, market_id, cast(date_trunc('week', sent_date) as date) as period_start from fct_offers"
        " where is_at_risk and offer_type = 'retail'",
    ).join(pl.read_parquet(acceptance.workspace.root / "truth/planted_offers.parquet"), on="offer_id")
    week = ((pl.col("period_start") - pl.col("period_start").min().over("market_id")).dt.total_days() // 7).alias(
        "week"
    )
    chances = ("acceptance_chance", "acceptance_chance_without_novelty")
    sums = cells.group_by(week).agg(pl.col("at_risk", "accepted").sum())
    weeks = sums.join(offers.group_by(week).agg(pl.col(*chances).mean()), on="week").sort("week").head(8)
    found = [wilson(accepted, at_risk) for at_risk, accepted in weeks["at_risk", "accepted"].iter_rows()]
    with_novelty, without = (
        [interval.covers(share) for interval, share in zip(found, weeks[name], strict=True)] for name in chances
    )
    assert all(with_novelty)
    assert not any(without[:3]), "the first weeks would be believed to be like later ones"
    assert all(without[-2:]), "novelty has not worn off"


def test_the_appeal_of_novelty_is_as_large_as_planted_and_wears_off_by_the_planted_half_life(answers: pl.DataFrame):
    usd, is_accepted, is_retail, days = (column.to_numpy() for column in answers.get_columns())
    novelty = is_retail * 0.5 ** (days / HALF_LIVES_DAYS[:, None])
    fits = [logistic(with_intercept(usd, each), is_accepted) for each in novelty]
    likelihoods = np.array([fit.log_likelihood for fit in fits])
    # By the ratio of likelihoods, which has one degree of freedom.
    believed = HALF_LIVES_DAYS[likelihoods >= likelihoods.max() - REACH**2 / 2]
    assert believed.min() <= ACCEPTANCE.novelty_half_life_days <= believed.max() < UNWORN_DAYS
    as_planted = is_retail * 0.5 ** (days / ACCEPTANCE.novelty_half_life_days)
    found = logistic(with_intercept(usd, as_planted), is_accepted).interval(2)
    assert found.covers(ACCEPTANCE.novelty_log_odds)
    assert not found.covers(0)
    assert not found.covers(2 * ACCEPTANCE.novelty_log_odds)
