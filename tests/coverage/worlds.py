"""Small worlds with a known truth, many at a time: arrays (worlds, clusters, sums).

Belongs here: what is drawn, and its truth in closed form. Does not belong here: any interval.

The sizes are about those of the simulated pilot: 18 USD an hour net, blocks of three hours, an incentive now and then;
but drivers differ by 2 USD, more than the simulated ones, so that what is theirs weighs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy import optimize

Array = np.ndarray

BLOCK_HOURS_SD = 0.3  # of the logarithm
MEAN_USD, DRIVER_SD_USD, TRIP_SD_USD = 18.0, 2.0, 8.0
INCENTIVE_SHARE, INCENTIVE_USD = 0.1, 15.0
OFFERED_USD_PER_HOUR = np.arange(14.0, 27)
OFFERED_SHARE = np.exp(-((OFFERED_USD_PER_HOUR - 20) ** 2) / (2 * 2.5**2))
OFFERED_SHARE /= OFFERED_SHARE.sum()


@dataclass(frozen=True)
class Crew:
    """`trips`: mean trips of a driver beyond the first. `spread`: sd of its logarithm, for 1 a few drive most of it.

    `habit`: correlation of a driver's pay with how much that driver drives.
    """

    drivers: int
    trips: float = 6.0
    spread: float = 0.0
    habit: float = 0.0

    def earnings(self, rng: np.random.Generator, worlds: int) -> tuple[Array, float]:
        """USD and hours per driver, and the true USD per hour."""
        z = rng.standard_normal((worlds, self.drivers))
        trips = 1 + rng.poisson(self.trips * np.exp(self.spread * z - self.spread**2 / 2))
        own = DRIVER_SD_USD * (self.habit * z + np.sqrt(1 - self.habit**2) * rng.standard_normal(z.shape))
        is_driven = np.arange(trips.max()) < trips[..., None]
        hours = np.where(is_driven, rng.lognormal(np.log(3), BLOCK_HOURS_SD, is_driven.shape), 0)
        extra = TRIP_SD_USD * rng.standard_normal(hours.shape)
        extra += (rng.random(hours.shape) < INCENTIVE_SHARE) * rng.exponential(INCENTIVE_USD, hours.shape)
        usd = hours * (MEAN_USD + own[..., None]) + np.where(is_driven, extra, 0)
        return np.stack([usd.sum(axis=2), hours.sum(axis=2)], axis=2), self._usd_per_hour()

    def _usd_per_hour(self) -> float:
        # E[trips * own] by Stein: own leans on z, and trips grow with exp(spread * z).
        leaning = DRIVER_SD_USD * self.habit * self.spread * self.trips / (1 + self.trips)
        hours = 3 * np.exp(BLOCK_HOURS_SD**2 / 2)
        return MEAN_USD + leaning + INCENTIVE_SHARE * INCENTIVE_USD / hours

    def answers(self, rng: np.random.Generator, worlds: int, keenness_sd: float) -> tuple[Array, float]:
        """Accepted and at risk per driver, each driver asked about as often, and the true share of about a fifth."""
        z = rng.standard_normal((worlds, self.drivers))
        asked = 1 + rng.poisson(self.trips, z.shape)
        accepted = rng.binomial(asked, _chance(keenness_sd * z))
        points, weights = hermegauss(60)
        share = float(np.sum(weights * _chance(keenness_sd * points)) / weights.sum())
        return np.stack([accepted, asked], axis=2).astype(float), share

    def answers_by_pay(self, rng: np.random.Generator, worlds: int, keenness_sd: float) -> tuple[Array, float]:
        """Asked and accepted per driver and `OFFERED_USD_PER_HOUR`, asked first, and the pay at which 80 % accept.

        That of the curve which fits all drivers together best: where they differ it is flatter than each one's.
        """
        z = rng.standard_normal((2, worlds, self.drivers, 1))
        often = self.trips * np.exp(self.spread * z[0] - self.spread**2 / 2)
        asked = rng.poisson(often * OFFERED_SHARE)
        accepted = rng.binomial(asked, _chance(_keenness_at_pay() + keenness_sd * z[1]))
        return np.concatenate([asked, accepted], axis=2).astype(float), _pay_needed(keenness_sd)


def _chance(keenness: Array) -> Array:
    return 1 / (1 + np.exp(1.4 - keenness))


def _keenness_at_pay() -> Array:
    return 0.35 * (OFFERED_USD_PER_HOUR - 20)


def _pay_needed(keenness_sd: float) -> float:
    points, weights = hermegauss(60)
    share = _chance(_keenness_at_pay()[:, None] + keenness_sd * points) @ weights / weights.sum()
    beyond = OFFERED_USD_PER_HOUR - 20

    def misfit(line: Array) -> list[float]:
        left = OFFERED_SHARE * (share - 1 / (1 + np.exp(-line[0] - line[1] * beyond)))
        return [left.sum(), left @ beyond]

    level, slope = optimize.root(misfit, [-1.4, 0.35], tol=1e-12).x
    return float(20 + (np.log(4) - level) / slope)


@dataclass(frozen=True)
class Weeks:
    """Weeks of two sites of one market: what a week does to both, and to each, in minutes."""

    weeks: int
    shared_sd: float = 60.0
    own_sd: float = 30.0
    effect: float = -40.0

    def minutes(self, rng: np.random.Generator, worlds: int) -> tuple[Array, float]:
        """Retail minutes and orders, baseline minutes and orders per week, and the true difference of the means."""
        shape = (worlds, self.weeks)
        both = self.shared_sd * rng.standard_normal(shape)
        orders = 1 + rng.poisson(40, (2, *shape))
        means = [
            mean + both + self.own_sd * rng.standard_normal(shape) + 300 * rng.standard_normal(shape) / np.sqrt(n)
            for mean, n in zip((600 + self.effect, 600), orders, strict=True)
        ]
        sides = [side for mean, n in zip(means, orders, strict=True) for side in (mean * n, n)]
        return np.stack(sides, axis=2), self.effect


@dataclass(frozen=True)
class Markets:
    """Weeks of several markets in which busy weeks move the difference, in some markets up and in some down.

    `slopes`: minutes that a week busier by one standard deviation adds to the baseline, per market.
    """

    weeks: int
    slopes: tuple[float, ...]

    def minutes(self, rng: np.random.Generator, worlds: int) -> tuple[Array, float]:
        """As `Weeks.minutes`, the markets' weeks one after the other; the true difference of the whole is 0."""
        shape = (worlds, self.weeks)
        parts = []
        for slope in self.slopes:
            busy = rng.standard_normal(shape)
            orders = np.round(100 * np.exp(0.3 * busy))
            retail = 600 + 20 * rng.standard_normal(shape)
            # Weighed by its orders a week is busier than the mean by 0.3, by which the baseline is set right.
            baseline = 600 + slope * (busy - 0.3) + 20 * rng.standard_normal(shape)
            parts.append(np.stack([retail * orders, orders, baseline * orders, orders], axis=2))
        return np.concatenate(parts, axis=1), 0.0
