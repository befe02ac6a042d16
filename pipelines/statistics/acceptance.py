"""Who accepts at which pay: a logistic curve in each cell, how sure it is, and the pay at which a share accepts.

Belongs here: from counts by driver and pay to a curve with its intervals. Does not belong here: which offers count,
what is said where there is no curve (SQL).

A driver's answers resemble each other, so the covariance is the sandwich by clusters (Liang and Zeger 1986, Biometrika
73:13-22) with the factor G / (G - 1) for G drivers, and ends are by Student's t with G - 1 degrees of freedom.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit  # pyright: ignore[reportMissingTypeStubs]

from pipelines.statistics.bootstrap import FEWEST_CLUSTERS
from pipelines.statistics.columns import Columns, Floats, floats, group_starts

SHARE_ASKED_FOR = 0.8
_STEPS = 100
_FIGURES = (
    *("mean_pay_per_hour_usd", "log_odds_at_mean", "log_odds_per_usd", "variance_at_mean", "covariance"),
    *("variance_per_usd", "students_quantile", "log_odds_per_usd_low", "log_odds_per_usd_high"),
    *("pay_needed_usd", "pay_needed_usd_low", "pay_needed_usd_high"),
)


@dataclass(frozen=True)
class Curve:
    """Log-odds of acceptance along pay in USD per hour, and how sure they are.

    coefficients: at `mean_pay`, and per USD beyond it; covariance: of these two; quantile: Student's, for 95 %.
    """

    mean_pay: float
    coefficients: Floats
    covariance: Floats
    quantile: float

    def slope(self) -> tuple[float, float, float]:
        """Log-odds per USD with its 95 % interval."""
        slope, reach = float(self.coefficients[1]), self.quantile * float(np.sqrt(self.covariance[1, 1]))
        return slope, slope - reach, slope + reach

    def pay_at(self, share: float) -> tuple[float, float, float]:
        """The pay at which so many accept, with Fieller's 95 % interval; NaN where the slope is not clearly above 0.

        Fieller 1954, Journal of the Royal Statistical Society B 16:175-185: the pays at which the curve's log-odds are
        not clearly other than those of the share. They are an interval just where the slope is clearly not 0.
        """
        if self.slope()[1] <= 0:
            return np.nan, np.nan, np.nan
        level, slope = self.coefficients
        need, spread = logit(share) - level, self.quantile**2 * self.covariance
        a, b, c = slope**2 - spread[1, 1], need * slope + spread[0, 1], need**2 - spread[0, 0]
        half = np.sqrt(max(b**2 - a * c, 0.0))
        pay, low, high = self.mean_pay + np.array([need / slope, (b - half) / a, (b + half) / a])
        return float(pay), float(low), float(high)


def acceptance_curves(answers: Columns) -> dict[str, NDArray[Any]]:
    """Per cell its curve in numbers and the pay at which 80 % accept; DOUBLE, NaN where there is none.

    answers: one row per cell, driver and pay, sorted by `cell_number`, with `driver_number`, `pay_per_hour_usd`,
    `at_risk` and `accepted` (numbers). The result has a row per cell with `cell_number`: the curve's log-odds at the
    mean pay and per USD, their variances and covariance, and Student's quantile, so that a table can draw its band.
    """
    starts = group_starts(answers, ("cell_number",))
    names = ("pay_per_hour_usd", "at_risk", "accepted", "driver_number")
    columns = [np.split(floats(answers[name]), starts[1:]) for name in names]
    rows = [_figures(fit_curve(*cell)) for cell in zip(*columns, strict=True)] if starts.size else []
    # Rounded, so that machines do not differ.
    figures = np.array(rows, dtype=np.float64).reshape(-1, len(_FIGURES)).round(12)
    return {"cell_number": answers["cell_number"][starts], **dict(zip(_FIGURES, figures.T, strict=True))}


def _figures(curve: Curve | None) -> tuple[float, ...]:
    if curve is None:
        return (np.nan,) * len(_FIGURES)
    (at_mean, both), (_, per_usd) = curve.covariance
    spread = (at_mean, both, per_usd, curve.quantile)
    return (curve.mean_pay, *curve.coefficients, *spread, *curve.slope()[1:], *curve.pay_at(SHARE_ASKED_FOR))


def fit_curve(pay: Floats, asked: Floats, accepted: Floats, driver: Floats) -> Curve | None:
    """The curve of a cell, from rows in any order; none for fewer than FEWEST_CLUSTERS drivers, or where none fits."""
    driver_numbers, of_driver = np.unique(driver, return_inverse=True)
    pays, of_pay = np.unique(pay, return_inverse=True)
    asked_at, accepted_at = _sums(of_pay, asked), _sums(of_pay, accepted)
    clusters = driver_numbers.size
    if clusters < FEWEST_CLUSTERS or not _overlap(pays, asked_at, accepted_at):
        return None
    mean_pay = float(pays @ asked_at / asked_at.sum())
    x = np.column_stack([np.ones(pays.size), pays - mean_pay])
    found = maximum_likelihood(x, asked_at, accepted_at)
    if found is None:
        return None
    coefficients, bread = found
    beyond = accepted - asked * expit(x @ coefficients)[of_pay]
    scores = np.stack([_sums(of_driver, beyond * column[of_pay]) for column in x.T])
    covariance = clusters / (clusters - 1) * bread @ scores @ scores.T @ bread
    return Curve(mean_pay, coefficients, covariance, float(stdtrit(clusters - 1, 0.975)))


def _sums(group: NDArray[np.intp], values: Floats) -> Floats:
    return np.bincount(group, weights=values).astype(np.float64)


def _overlap(pays: Floats, asked: Floats, accepted: Floats) -> bool:
    """Whether some declined more than some accepted, and some less: just then a curve fits (Silvapulle 1981)."""
    taken, left = pays[accepted > 0], pays[asked > accepted]
    return bool(taken.size and left.size and taken[0] < left[-1] and left[0] < taken[-1])


def maximum_likelihood(x: Floats, asked: Floats, accepted: Floats) -> tuple[Floats, Floats] | None:
    """Coefficients of a logistic regression and the inverse of their information; None if Newton's steps do not end.

    x: (rows, coefficients), its first column 1; asked, accepted: (rows,), so many trials and successes.
    """
    coefficients = np.zeros(int(x.shape[1]))
    coefficients[0] = logit(accepted.sum() / asked.sum())
    likelihood = _log_likelihood(x @ coefficients, asked, accepted)
    for _ in range(_STEPS):
        share = expit(x @ coefficients)
        information = x.T @ (x * (asked * share * (1 - share))[:, None])
        gradient = x.T @ (accepted - asked * share)
        try:
            inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
        except np.linalg.LinAlgError:  # pays too far apart for 16 digits
            return None
        step = inverse @ gradient
        if 0 <= gradient @ step < 1e-18:  # squared standard errors that are left to go
            return coefficients, inverse
        # A whole step may go too far; what is lost to rounding is no loss.
        while (after := _log_likelihood(x @ (coefficients + step), asked, accepted)) < likelihood * (1 + 1e-12):
            step = step / 2
        coefficients, likelihood = coefficients + step, after
    return None


def _log_likelihood(log_odds: Floats, asked: Floats, accepted: Floats) -> float:
    return float(accepted @ log_odds - asked @ np.logaddexp(0, log_odds))
