"""What is planted for retail, block by block: extra pay, a longer way, and the novelty of a site that has just begun.

Belongs here: the step from parameters to rows. Does not belong here: what drivers answer (`dispatch`) and do (`trips`).
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from pipelines.simulate.parameters import Parameters
from pipelines.simulate.span import DAY_S, MINUTE_S, Span


def plant_retail(parameters: Parameters, span: Span, sites: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """Adds to the blocks novelty (share that is left), extra_pay (USD), delay_s, each 0 where not retail.

    Novelty moves appeal too. Nothing is drawn: what a block would be without is appeal less novelty's log-odds, pay
    without extra_pay, trips without delay_s.
    """
    site = blocks["site"].to_numpy()
    market = sites["market_id"].to_numpy()[site]
    is_retail = (sites["offer_type"] == "retail").to_numpy()[site]
    since = blocks["starts_s"].to_numpy() - _pilot_starts_s(span, sites)[site]
    novelty = np.where(is_retail, parameters.novelty_left(np.maximum(since, 0) / DAY_S), 0.0)
    usd_per_hour = _by_market(parameters.retail_pay_usd_per_scheduled_hour, market) * is_retail
    minutes = _by_market(parameters.retail_minutes_to_door, market) * is_retail
    minutes += parameters.novelty_minutes_to_door * novelty
    return blocks.with_columns(
        appeal=pl.col("appeal") + parameters.novelty_log_odds * pl.Series(novelty),
        novelty=pl.Series(novelty),
        extra_pay=(pl.Series(usd_per_hour) * pl.col("hours")).round(2),
        delay_s=pl.Series(minutes * MINUTE_S),
    )


def _by_market(planted: Mapping[str, float], market: np.ndarray) -> np.ndarray:
    return np.array([planted.get(each, 0.0) for each in market], dtype=np.float64)


def _pilot_starts_s(span: Span, sites: pl.DataFrame) -> np.ndarray:
    """The local midnight at which each site's pilot began, seconds; without a date, the span's first."""
    days: list[date] = [day or span.starts_on for day in sites["pilot_started_on"]]
    first = np.array([span.midnights(zone)[0] for zone in sites["time_zone"]])
    return first + np.array([(day - span.starts_on).days for day in days]) * DAY_S
