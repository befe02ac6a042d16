"""What was planted, and what came of it in this world, row by row and by market. See `truth` for the facts.

Belongs here: the potential outcomes of each row, the parameters as a table. Does not belong here: any estimate;
whoever estimates compares with this.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields

import numpy as np
import polars as pl

from pipelines.simulate.parameters import Parameters, chance
from pipelines.simulate.recorder import USD, named
from pipelines.simulate.span import HOUR_S, MINUTE_S
from pipelines.simulate.world import World

ALL = "all"
CURVE_USD_PER_HOUR = range(14, 31)
COLUMNS = {"parameter": pl.String, "market_id": pl.String, "value": pl.Float64, "unit": pl.String, "meaning": pl.String}
Row = tuple[str, str, float, str, str]


def planted_rows(world: World) -> dict[str, pl.DataFrame]:
    """What was planted in each row, 0 where nothing was; ids as in the facts.

    planted_offers: offer_id, acceptance_chance (of a yes, 0 to 1), acceptance_chance_without_novelty, is_willing
    (whether it was a yes, be another driver faster or not).
    planted_deliveries: order_id, minutes_to_door by which it came later (null: never delivered).
    planted_trips: trip_id, pay_usd posted beyond the offer, on_job_hours by which it ended later.
    """
    offers, orders, trips = world.offers, world.orders, world.trips
    by_novelty = world.parameters.novelty_log_odds * world.blocks["novelty"][offers["block"]]
    # A trip without a stop ends as it would have: nobody has gone the longer way.
    has_way = pl.Series(np.isin(np.arange(trips.height), world.stops["trip"])) | trips["goes_back"]
    delays = trips.select("delay_s", trip=pl.int_range(pl.len(), dtype=pl.Int64))
    delivering = pl.when(pl.col("delivered").is_not_nan()).then(pl.coalesce("second_trip", "trip")).alias("trip")
    came_later = orders.select(delivering).join(delays, on="trip", how="left", maintain_order="left")
    return {
        "planted_offers": pl.DataFrame(
            {
                "offer_id": named("off", np.arange(offers.height)),
                "acceptance_chance": chance(offers["log_odds"].to_numpy()),
                "acceptance_chance_without_novelty": chance((offers["log_odds"] - by_novelty).to_numpy()),
                "is_willing": offers["is_willing"],
            }
        ),
        "planted_deliveries": came_later.select(
            named("ord", np.arange(orders.height)).alias("order_id"), minutes_to_door=pl.col("delay_s") / MINUTE_S
        ),
        "planted_trips": trips.select(
            named("trip", np.arange(trips.height)).alias("trip_id"),
            pay_usd=pl.when(pl.col("forfeited").is_nan()).then("extra_pay").otherwise(0.0).cast(USD),
            on_job_hours=pl.when(has_way).then(pl.col("delay_s") / HOUR_S).otherwise(0.0),
        ),
    }


def planted_parameters(
    world: World, facts: Mapping[str, pl.DataFrame], planted: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """parameter, market_id (or `all`), value, unit, meaning: the parameters, then what follows of them in this world.

    facts: `true_facts`. planted: `planted_rows`.
    """
    markets = world.sites["market_id"].unique(maintain_order=True).to_list()
    rows = [
        *_parameters(world.parameters, markets),
        *_curve(world),
        *_slower(facts["fct_deliveries"], planted["planted_deliveries"]),
        *_dearer(facts["fct_trips"], planted["planted_trips"]),
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _parameters(parameters: Parameters, markets: list[str]) -> Iterator[Row]:
    for each in fields(parameters):
        if not each.metadata:
            continue
        value, about = getattr(parameters, each.name), (each.metadata["unit"], each.metadata["meaning"])
        values = {market: value.get(market, 0.0) for market in markets} if isinstance(value, Mapping) else {ALL: value}
        yield from ((each.name, market, float(planted), *about) for market, planted in values.items())


def _curve(world: World) -> Iterator[Row]:
    """The chance of a yes if all offers that were sent had paid so much, everything else as it was."""
    offers, parameters = world.offers, world.parameters
    if offers.is_empty():
        return
    hours = (offers["ends"] - world.blocks["starts_s"][offers["block"]]) / HOUR_S
    other = offers["log_odds"] - parameters.log_odds((offers["pay"] / hours).to_numpy())
    for usd in CURVE_USD_PER_HOUR:
        share = float(chance(parameters.log_odds(float(usd)) + other.to_numpy()).mean())
        name, meaning = f"acceptance_chance_at_{usd}_usd_per_hour", "mean chance of a yes if every offer had paid this"
        yield name, ALL, share, "share", meaning


def _slower(deliveries: pl.DataFrame, planted: pl.DataFrame) -> Iterator[Row]:
    known = deliveries.filter(pl.col("offer_type") == "retail", pl.col("click_to_door_minutes").is_not_null())
    effect = known.join(planted, on="order_id").group_by("market_id").agg(pl.col("minutes_to_door").mean())
    meaning = "mean over retail's delivered orders: click to door, less what it would have been"
    for market, minutes in effect.sort("market_id").iter_rows():
        yield "retail_effect_on_click_to_door_minutes", market, minutes, "minutes", meaning


def _dearer(trips: pl.DataFrame, planted: pl.DataFrame) -> Iterator[Row]:
    """Over the trips that count for `driver_earnings.net_per_hour_usd`, as ratios of sums."""
    is_counted = (pl.col("status") == "ended") & ~pl.col("is_pay_pending") & pl.col("is_cost_known")
    retail = trips.filter(is_counted, pl.col("offer_type") == "retail", pl.col("on_job_hours").is_not_null())
    net, hours = pl.col("net_usd").cast(pl.Float64), pl.col("on_job_hours")
    without = (net - pl.col("pay_usd").cast(pl.Float64)).sum() / (hours - pl.col("planted_hours")).sum()
    joined = retail.join(planted.rename({"on_job_hours": "planted_hours"}), on="trip_id")
    effect = joined.group_by("market_id").agg(effect=net.sum() / hours.sum() - without)
    meaning = "net per on-job hour of retail's trips, less what it would have been with the same trips"
    for market, usd in effect.sort("market_id").iter_rows():
        yield "retail_effect_on_net_per_hour_usd", market, usd, "USD per on-job hour", meaning
