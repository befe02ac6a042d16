"""Retail against the other offer types of the same market, and how sure that is.

Belongs here: the difference within markets, its interval, the overall figure that compares like with like. Does not
belong here: which rows are compared (`int_pilot_sums`), the verdict in words (`pilot_readout`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.statistics.bootstrap import expanded_interval, resampled_sums
from pipelines.statistics.columns import Columns, Floats, floats, group_starts

SUMS = ("retail_numerator", "retail_denominator", "baseline_numerator", "baseline_denominator")
OVERALL = "all"
_RESULT = ("retail_value", "baseline_value", "difference", "difference_low", "difference_high")


def readout_differences(clusters: Columns) -> dict[str, NDArray[Any]]:
    """Per metric and market, and overall, both values, their difference and its 95 % interval.

    clusters: one row per metric, market and cluster (driver or week), sorted so, with `metric`, `market_id` and
    `SUMS` (numbers, 0 where a cluster has none). The result has `metric`, `market_id`, `retail_value`,
    `baseline_value`, `difference`, `difference_low`, `difference_high`; NaN where a side has no denominator, or too few
    clusters for an interval.

    Overall, a market counts by its retail denominator on both sides: the baseline is what the same retail work would
    have given at each market's own baseline. Pooling both sides instead mixes markets into the comparison (Simpson).
    """
    rows: list[tuple[str, str, Floats]] = []
    for metric, markets in _by_metric(clusters).items():
        compared = {market: values for market, values in markets.items() if values[:, 1].any() and values[:, 3].any()}
        rows += [(metric, market, _compare({market: values})) for market, values in markets.items()]
        rows.append((metric, OVERALL, _compare(compared)))
    figures = np.array([figures for _, _, figures in rows]).reshape(-1, len(_RESULT))
    return {
        "metric": np.array([metric for metric, _, _ in rows], dtype=object),
        "market_id": np.array([market for _, market, _ in rows], dtype=object),
        **dict(zip(_RESULT, figures.T, strict=True)),
    }


def _by_metric(clusters: Columns) -> dict[str, dict[str, Floats]]:
    """Metric -> market -> (clusters, `SUMS`)."""
    sums = np.column_stack([floats(clusters[name]) for name in SUMS])
    starts = group_starts(clusters, ("metric", "market_id"))
    found: dict[str, dict[str, Floats]] = {}
    for start, end in zip(starts, np.append(starts, len(sums))[1:], strict=True):
        metric, market = str(clusters["metric"][start]), str(clusters["market_id"][start])
        found.setdefault(metric, {})[market] = sums[start:end]
    return found


def _compare(markets: Mapping[str, Floats]) -> Floats:
    """`_RESULT` over the markets, each an array (clusters, `SUMS`); NaN without any."""
    if not markets:
        return np.full(len(_RESULT), np.nan)
    retail, baseline = _values(np.stack([values.sum(axis=0) for values in markets.values()]))
    # Each market's clusters are drawn among themselves, by draws of its own: which markets there are is not left to
    # chance, and one market's luck is not another's.
    drawn = _values(np.stack([resampled_sums(values, stream) for stream, values in enumerate(markets.values())]))
    low, high = expanded_interval((drawn[0] - drawn[1])[None, :], np.atleast_1d(retail - baseline), _effective(markets))
    # Rounded, so that equal sides do not differ in their last digit, and machines do not differ at all.
    figures = [float(retail), float(baseline), float(retail - baseline), low.item(), high.item()]
    return np.array(figures, dtype=np.float64).round(9)


def _values(markets: Floats) -> tuple[Floats, Floats]:
    """Retail and baseline of (markets, .., `SUMS`), each market weighing its retail denominator; NaN without one."""
    numerator, weight, baseline_numerator, baseline_denominator = np.moveaxis(markets, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        baselines = np.where(weight > 0, weight * baseline_numerator / baseline_denominator, 0)
        values = [each.sum(axis=0) / weight.sum(axis=0) for each in (numerator, baselines)]
    retail, baseline = (np.where(np.isfinite(each), each, np.nan) for each in values)
    return retail, baseline


def _effective(markets: Mapping[str, Floats]) -> int:
    """Clusters that the poorer side rests on; each market beyond the first costs one."""
    sides = [min(int((values[:, side] > 0).sum()) for side in (1, 3)) for values in markets.values()]
    return sum(sides) - len(sides) + 1
