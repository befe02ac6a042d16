"""What is planted: potential outcomes that differ in what was planted and in nothing else, and their table of truth."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.reference import read_reference
from pipelines.simulate import Parameters, simulate
from pipelines.simulate.parameters import WORK, chance
from pipelines.simulate.span import HOUR_S, Span
from pipelines.simulate.truth_parameters import planted_rows
from pipelines.simulate.world import World, simulate_world
from pipelines.workspace import SHIPPED_DATA

NOTHING: dict[str, Any] = {
    "retail_pay_usd_per_scheduled_hour": {},
    "retail_minutes_to_door": {},
    "novelty_log_odds": 0.0,
    "novelty_minutes_to_door": 0.0,
}
PLANTED = Parameters(novelty_log_odds=0.0)  # what moves answers moves who drives, so it has no twin to compare with


def world(parameters: Parameters) -> World:
    span = Span(date(2022, 2, 14), 21)
    return simulate_world(parameters, span, read_reference(SHIPPED_DATA / "reference"), drivers=80, seed=9)


@pytest.fixture(scope="module")
def planted() -> World:
    return world(PLANTED)


@pytest.fixture(scope="module")
def bare() -> World:
    """The same draws, nothing planted."""
    return world(replace(PLANTED, **NOTHING))


def apart(one: pl.DataFrame, other: pl.DataFrame, column: str) -> np.ndarray:
    return (one[column] - other[column]).to_numpy()


def test_what_is_planted_in_pay_and_in_the_way_changes_nobodys_offer_answer_or_order(planted: World, bare: World):
    for table in ("drivers", "offers", "tolls"):
        own, other = getattr(planted, table), getattr(bare, table)
        assert own.drop("at", strict=False).equals(other.drop("at", strict=False)), table
    asked = ["site", "starts_s", "hours", "pay", "appeal"]
    assert planted.blocks.select(asked).equals(bare.blocks.select(asked))
    begun = ["site", "placed", "ready", "picked_up", "trip", "second_trip", "fate"]
    assert planted.orders.select(begun).equals(bare.orders.select(begun))


def test_each_order_comes_later_by_what_was_planted_and_only_retail_does(planted: World, bare: World):
    minutes = planted_rows(planted)["planted_deliveries"]["minutes_to_door"]
    is_retail = (planted.sites["offer_type"] == "retail").to_numpy()[planted.orders["site"]]
    later = apart(planted.orders, bare.orders, "delivered") / 60
    known = np.isfinite(later)
    np.testing.assert_allclose(later[known], minutes.to_numpy()[known], atol=1e-6)
    assert minutes.is_null().to_numpy().tolist() == (~known).tolist()
    assert later[known & is_retail].min() > 4
    assert abs(later[known & ~is_retail]).max() == 0


def test_each_trip_ends_later_and_is_paid_more_by_what_was_planted(planted: World, bare: World):
    rows = planted_rows(planted)["planted_trips"]
    ended_later = apart(planted.trips, bare.trips, "ended") / HOUR_S
    np.testing.assert_allclose(ended_later, rows["on_job_hours"].to_numpy(), atol=1e-9)
    paid = [each.pay.group_by("trip").agg(pl.col("amount").sum()) for each in (planted, bare)]
    more = paid[0].join(paid[1], on="trip").select("trip", more=pl.col("amount") - pl.col("amount_right"))
    posted = rows["pay_usd"].cast(pl.Float64).to_numpy()
    np.testing.assert_allclose(more["more"], posted[more["trip"]], atol=1e-9)
    assert abs(np.delete(posted, more["trip"])).max() == 0, "pay for a trip that was not paid"
    assert min(posted) == 0 < max(posted), "no market of these days is paid less"
    assert (rows["on_job_hours"] > 0).any()


def test_novelty_wears_off_by_half_in_each_half_life():
    parameters = Parameters(novelty_half_life_days=10)
    np.testing.assert_allclose(parameters.novelty_left(np.array([0.0, 10.0, 20.0])), [1, 0.5, 0.25])
    new = world(Parameters(**NOTHING | {"novelty_log_odds": 2.0, "novelty_half_life_days": 7.0}))
    rows = planted_rows(new)["planted_offers"].with_columns(block=new.offers["block"])
    odds = [np.log(rows[name] / (1 - rows[name])) for name in rows.columns[1:3]]
    left = (odds[0] - odds[1]) / 2
    mall = new.sites["site_id"].to_list().index("chandler_mall")  # began on the 8th of the 21 days
    since = (new.blocks["starts_s"] - 7 * 86_400 - 7 * HOUR_S)[rows["block"]] / 86_400
    is_there = (new.blocks["site"] == mall)[rows["block"]]
    np.testing.assert_allclose(left.filter(is_there), 0.5 ** (since.filter(is_there) / 7), atol=1e-9)
    is_retail = pl.Series((new.sites["offer_type"] == "retail").to_numpy()[new.blocks["site"]])[rows["block"]]
    assert left.filter(~is_retail).abs().max() < 1e-9


def test_drivers_who_race_are_at_risk_more_willing_than_those_who_are_asked(tmp_path: Path):
    share = {}
    for together in ((1, 1), (2, 4)):
        parameters = Parameters.alike(asked_together=together, even_odds_pay_per_hour_usd=20.0)
        truth = simulate(tmp_path / str(together[0]), days=42, drivers=120, seed=4, parameters=parameters).truth
        offers = pl.read_parquet(truth / "fct_offers.parquet")
        asked = offers.join(pl.read_parquet(truth / "planted_offers.parquet"), on="offer_id")
        at_risk = asked.filter("is_at_risk")["is_accepted"].mean()
        share[together] = at_risk - asked.filter(pl.col("outcome") != "pending")["is_willing"].mean()
    assert abs(share[1, 1]) < 0.005, "asked one by one, those at risk are those asked"
    assert share[2, 4] > 0.03, "a yes that came second is withdrawn, and so are the slow of a wave that was taken"


def test_willing_drivers_are_as_many_as_their_chances_say(planted: World):
    rows = planted_rows(planted)["planted_offers"]
    expected, spread = (
        rows["acceptance_chance"].sum(),
        np.sqrt((rows["acceptance_chance"] * (1 - rows["acceptance_chance"])).sum()),
    )
    assert abs(rows["is_willing"].sum() - expected) < 4 * spread


def test_the_truth_names_every_planted_value_with_unit_and_meaning_and_what_came_of_it(tmp_path: Path):
    parameters = Parameters(retail_minutes_to_door={"tysons": 7.5}, novelty_minutes_to_door=0.0)
    simulate(tmp_path, days=70, drivers=48, seed=3, parameters=parameters)
    table = pl.read_csv(tmp_path / "truth/parameters.csv")
    assert table.null_count().sum_horizontal().item() == 0
    assert not table.select("parameter", "market_id").is_duplicated().any()
    values = {(name, market): value for name, market, value, *_ in table.iter_rows()}
    assert values["novelty_half_life_days", "all"] == parameters.novelty_half_life_days
    assert values["retail_minutes_to_door", "tysons"] == 7.5
    assert values["retail_minutes_to_door", "las_vegas"] == 0
    assert values["retail_effect_on_click_to_door_minutes", "tysons"] == pytest.approx(7.5)
    assert values["retail_effect_on_click_to_door_minutes", "las_vegas"] == 0
    # A dollar per scheduled hour is about one per hour on the job; a longer way without more pay is a loss.
    assert values["retail_effect_on_net_per_hour_usd", "las_vegas"] == pytest.approx(1, abs=0.1)
    assert values["retail_effect_on_net_per_hour_usd", "tysons"] < -0.3
    curve = [values[f"acceptance_chance_at_{usd}_usd_per_hour", "all"] for usd in range(14, 31)]
    assert curve == sorted(curve)
    assert 0 < curve[0] < 0.1
    assert 0.7 < curve[-1] < 1


def test_the_curve_of_drivers_who_are_alike_is_the_logistic_one(tmp_path: Path):
    parameters = Parameters.alike()
    simulate(tmp_path, days=7, drivers=48, seed=3, parameters=parameters)
    table = pl.read_csv(tmp_path / "truth/parameters.csv").filter(pl.col("parameter").str.contains("_at_.*_usd"))
    pay = table["parameter"].str.extract(r"_at_(\d+)_").cast(pl.Float64).to_numpy()
    np.testing.assert_allclose(table["value"], chance(0.35 * (pay - 24.5)))


def test_alike_plants_nothing_and_leaves_offer_types_no_difference():
    alike = Parameters.alike()
    assert {name: getattr(alike, name) for name in NOTHING} == NOTHING
    assert len({alike.work[kind] for kind in WORK}) == 1
    assert Parameters.alike(retail_minutes_to_door={"tysons": 5.0}).retail_minutes_to_door == {"tysons": 5.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"novelty_minutes_to_door": -1.0},
        {"retail_minutes_to_door": {"tysons": -0.1}},
        {"novelty_half_life_days": 0.0},
        {"novelty_half_life_days": float("nan")},
    ],
)
def test_parameters_that_no_world_can_have_are_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="must"):
        Parameters(**wrong)
