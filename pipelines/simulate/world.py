"""The simulated world, put together: what truly happened, before any log of it.

Belongs here: the order in which the parts depend on each other. Does not belong here: what the logs make of it
(`recording`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.simulate.delivery import GOES_BACK, deliver
from pipelines.simulate.demand import make_orders
from pipelines.simulate.dispatch import offer_blocks
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.pay import make_pay, make_tolls
from pipelines.simulate.retail import plant_retail
from pipelines.simulate.span import Span
from pipelines.simulate.supply import OFFER_TYPES, make_blocks, make_drivers
from pipelines.simulate.trips import Road, build_road, end_trips, make_pings, plan_trips, stops_of

METERLESS_SHARE = 0.035
PINGING_SHARE = 0.62


@dataclass(frozen=True)
class World:
    """Tables of the world. Times are seconds of the span (NaN: never), references are row numbers.

    The columns are those of `make_drivers`, `make_blocks` and `plant_retail`, `offer_blocks`, `plan_trips` (and ended,
    has_meter, has_pings), `deliver`, `stops_of` (and miles), `make_tolls`, `make_pay`, `make_pings`.
    """

    parameters: Parameters
    span: Span
    sites: pl.DataFrame
    drivers: pl.DataFrame
    blocks: pl.DataFrame
    offers: pl.DataFrame
    trips: pl.DataFrame
    orders: pl.DataFrame
    stops: pl.DataFrame
    tolls: pl.DataFrame
    pay: pl.DataFrame
    pings: pl.DataFrame


def simulate_world(
    parameters: Parameters, span: Span, reference: dict[str, pl.DataFrame], *, drivers: int, seed: int
) -> World:
    """The world of one seed. Each part has a random stream of its own, so that a change in one leaves the rest."""
    streams = iter(np.random.default_rng([seed, 7]).spawn(9))
    sites = _sites(reference, are_apart=parameters.are_sites_apart)
    crew = make_drivers(next(streams), parameters, sites, drivers)
    blocks = make_blocks(next(streams), parameters, span, sites, crew)
    blocks = plant_retail(parameters, span, sites, blocks)
    offers = offer_blocks(next(streams), parameters, span, sites=sites, drivers=crew, blocks=blocks)
    trips = plan_trips(next(streams), offers, blocks, crew, sites)
    orders = deliver(next(streams), make_orders(next(streams), parameters, span, sites, crew), trips, span.end_s)
    rng = next(streams)
    trips = _finish(rng, trips, orders)
    stops = stops_of(orders)
    road = build_road(trips, stops, crew, sites)
    *_, miles = road.at(stops["trip"].to_numpy(), stops["at"].to_numpy())
    trips = _with_meter(trips, road)
    rng = next(streams)
    return World(
        parameters,
        span,
        sites,
        crew,
        blocks,
        offers,
        trips,
        orders,
        stops.with_columns(miles=pl.Series(miles)),
        make_tolls(rng, trips, sites),
        make_pay(rng, parameters, trips, orders, sites),
        make_pings(next(streams), trips, road),
    )


def _sites(reference: dict[str, pl.DataFrame], *, are_apart: bool) -> pl.DataFrame:
    """The sites with their market's columns and offer_type; one without coordinates lies amid its market's others."""
    amid = {axis: pl.col(axis).mean().over("market_id") for axis in _AXES}
    place = [(pl.col(axis).fill_null(amid[axis]) if are_apart else amid[axis]).fill_null(0.0) for axis in _AXES]
    return (
        reference["sites"]
        .join(reference["markets"], on="market_id", maintain_order="left")
        .with_columns(*place, offer_type=pl.col("site_kind").replace_strict(OFFER_TYPES, return_dtype=pl.String))
    )


_AXES = ("latitude", "longitude")


def _finish(rng: np.random.Generator, trips: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    back = orders.filter(pl.col("fate").is_in(GOES_BACK))["trip"].to_numpy()
    luck = rng.random(trips.height)
    return trips.with_columns(
        ended=pl.Series(end_trips(rng, trips, orders, GOES_BACK)),
        goes_back=pl.Series(np.isin(np.arange(trips.height), back)),
        has_meter=pl.Series(luck >= METERLESS_SHARE),
        has_pings=pl.Series((luck >= METERLESS_SHARE / 7) & (luck < PINGING_SHARE)),
    )


def _with_meter(trips: pl.DataFrame, road: Road) -> pl.DataFrame:
    """Meter readings on arrival, departure and at the end."""
    rows = np.arange(trips.height)
    return trips.with_columns(
        pl.Series(f"{stamp}_miles", road.at(rows, trips[stamp].to_numpy())[2])
        for stamp in ("arrived", "departed", "ended")
    )
