"""Writes `intervals.json`: what statsmodels says of shares and of curves, and lifelines of orders still under way.

Neither is a dependency. To ask them again:
    uv venv /tmp/golden && uv pip install --python /tmp/golden/bin/python lifelines==0.30.3 statsmodels==0.15.0
    /tmp/golden/bin/python tests/golden/make_intervals.py
"""

import json
from pathlib import Path

import lifelines
import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm
from lifelines import KaplanMeierFitter
from statsmodels.stats.proportion import proportion_confint

SHARES = [(0, 1), (1, 1), (0, 8), (18, 20), (2, 10), (7, 10), (1, 300), (299, 300), (150, 300)]
EDGES = [50, 120, 180, 300, 600]
NEVER = 10.0**6  # minutes after which lifelines sees an order that never arrives leave, long after all others


def survival_case(seed: int, least: int, most: int) -> dict[str, object]:
    """Minutes (None: never arrives) and whether they ended at the door, with what lifelines says of them.

    That is the median, its interval, the share by 180 and, by EDGES, at risk, delivered share, low and high.
    """
    rng = np.random.default_rng(seed)
    size = int(rng.integers(least, most))
    minutes = np.round(rng.lognormal(5, 0.7, size) / 5) * 5 + 5  # ties, also of arrivals with those still open
    is_open, never = rng.random(size) < 0.3, rng.random(size) < 0.08
    fitter = KaplanMeierFitter().fit(np.where(never, NEVER, minutes), (~is_open & ~never).astype(int))
    curve = fitter.survival_function_["KM_estimate"]
    # Not `median_survival_time_`: where the curve is 0.5 but for its last digit, that goes on to the next arrival.
    halved = curve.index[curve <= 0.5 + 1e-12]
    # Where all or none are left the transform has no value and lifelines sets both bounds to the curve: of a single
    # order the median would be known for sure. There is no interval there.
    bounds = fitter.confidence_interval_survival_function_.where((curve > 0) & (curve < 1))
    reached = [bounds.index[bounds[name] <= 0.5] for name in bounds]
    return {
        "minutes": [None if lost else each for lost, each in zip(never.tolist(), minutes.tolist(), strict=True)],
        "is_open": is_open.tolist(),
        "median": float(halved[0]) if halved.size else None,
        "median_interval": [float(times[0]) if times.size else None for times in reached],
        "within_180": float(1 - fitter.predict(180)),
        "curve": [_read(fitter, bounds, edge) for edge in EDGES],
    }


def _read(fitter: KaplanMeierFitter, bounds: pd.DataFrame, edge: int) -> list[float | None]:
    """Edge, at risk, delivered share, low, high."""
    at_risk = fitter.event_table["at_risk"][fitter.event_table.index >= edge]
    low, high = (None if np.isnan(end) else 1 - float(end) for end in bounds.loc[:edge].iloc[-1][::-1])
    return [edge, int(at_risk.iloc[0]) if at_risk.size else 0, float(1 - fitter.predict(edge)), low, high]


def acceptance_case(seed: int) -> dict[str, object]:
    """Answers of some drivers to offers, with statsmodels' curve of them and its covariance by drivers.

    The curve is of the pay itself: log-odds at 0 USD and per USD. statsmodels' own factor for small samples is
    left out, and G / (G - 1) for G drivers put in its place.
    """
    rng = np.random.default_rng(seed)
    drivers, size = int(rng.integers(5, 14)), int(rng.integers(60, 160))
    driver, pay = rng.integers(drivers, size=size), np.round(rng.normal(20, 2, size) * 4) / 4
    log_odds = rng.uniform(-0.1, 0.6) * (pay - 21) + rng.normal(0, 0.7, drivers)[driver]
    is_accepted = rng.random(size) < 1 / (1 + np.exp(-log_odds))
    clusters = {"groups": driver, "use_correction": False}
    model = sm.Logit(is_accepted.astype(float), sm.add_constant(pay))
    found = model.fit(method="newton", tol=1e-12, disp=0, cov_type="cluster", cov_kwds=clusters)
    asked = np.unique(driver).size
    return {
        "driver": driver.tolist(),
        "pay": pay.tolist(),
        "is_accepted": is_accepted.tolist(),
        "coefficients": found.params.tolist(),
        "covariance": (found.cov_params() * asked / (asked - 1)).tolist(),
    }


def main() -> None:
    """Asks both and writes the file beside this one."""
    golden = {
        "versions": {"statsmodels": statsmodels.__version__, "lifelines": lifelines.__version__},
        "wilson": [[k, n, *map(float, proportion_confint(k, n, method="wilson"))] for k, n in SHARES],
        "kaplan_meier": [survival_case(seed, 8, 60) for seed in range(12)]
        + [survival_case(seed, 1, 7) for seed in range(12, 18)],
        "acceptance": [acceptance_case(seed) for seed in range(8)],
    }
    Path(__file__).with_name("intervals.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
