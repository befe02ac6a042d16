"""Intervals for the tests of what was planted: simple, and wide enough for all looks of `test_planted` at once.

Belongs here: shares, least squares by clusters, logistic regression. Does not belong here: what is estimated.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from pipelines.statistics import expanded_interval, maximum_likelihood, resampled_sums

Floats = NDArray[np.float64]

LOOKS = 32  # intervals in `test_planted`; in 95 of 100 worlds all of them cover (Bonferroni)
REACH = float(ndtri(1 - 0.025 / LOOKS))  # standard errors, 3.16
WIDER = REACH / float(ndtri(0.975))


@dataclass(frozen=True)
class Interval:
    """An estimate and its two ends."""

    low: float
    figure: float
    high: float

    def covers(self, value: float) -> bool:
        return bool(self.low <= value <= self.high)


def widened(low: float, figure: float, high: float) -> Interval:
    """An interval of 95 %, made wide enough to be one of `LOOKS`."""
    return Interval(figure - WIDER * (figure - low), figure, figure + WIDER * (high - figure))


def wilson(successes: int, trials: int) -> Interval:
    """A share of independent trials, by Wilson's formula as in the warehouse."""
    share = successes / trials
    middle = (share + REACH**2 / (2 * trials)) / (1 + REACH**2 / trials)
    half = REACH / (1 + REACH**2 / trials) * np.sqrt(share * (1 - share) / trials + REACH**2 / (4 * trials**2))
    return Interval(middle - half, share, middle + half)


def of_draws(figure: float, draws: Floats, clusters: int) -> Interval:
    """A figure by its draws of clusters, as in the warehouse."""
    low, high = expanded_interval(draws[None, :], np.array([figure]), clusters)
    return widened(low.item(), figure, high.item())


def by_cluster(figure: Callable[[Floats], Floats], parts: Floats) -> Interval:
    """A figure of sums over clusters, (.., sums) to (..); parts: (clusters, sums)."""
    return of_draws(float(figure(parts.sum(axis=0))), figure(resampled_sums(parts)), len(parts))


def least_squares(x: Floats, y: Floats, clusters: Floats) -> Floats:
    """Coefficients (1 + draws, columns) of least squares: of all rows first, then of clusters drawn anew."""
    _, cluster = np.unique(clusters, return_inverse=True)
    xy = np.column_stack([x, y])
    products = (xy[:, :, None] * xy[:, None, :]).reshape(len(xy), -1)
    sums = np.zeros((cluster.max() + 1, products.shape[1]))
    np.add.at(sums, cluster, products)
    squares = np.vstack([sums.sum(axis=0), resampled_sums(sums)]).reshape(-1, xy.shape[1], xy.shape[1])
    return np.linalg.solve(squares[:, :-1, :-1], squares[:, :-1, -1:])[..., 0]


@dataclass(frozen=True)
class Logistic:
    """A logistic regression by maximum likelihood: coefficients, standard errors, log-likelihood."""

    coefficients: Floats
    errors: Floats
    log_likelihood: float

    def interval(self, column: int) -> Interval:
        figure, reach = self.coefficients[column], REACH * self.errors[column]
        return Interval(figure - reach, figure, figure + reach)


def logistic(x: Floats, is_yes: NDArray[np.bool_]) -> Logistic:
    """Rows are independent."""
    found = maximum_likelihood(x, np.ones(len(x)), is_yes.astype(float))
    assert found, "no fit"
    coefficients, covariance = found
    share = expit(x @ coefficients)
    likelihood = np.log(np.where(is_yes, share, 1 - share)).sum()
    return Logistic(coefficients, np.sqrt(np.diag(covariance)), float(likelihood))
