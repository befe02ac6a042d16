"""Offers of blocks to drivers, wave after wave, and what becomes of them.

Belongs here: who is asked when and at what pay, answers, forfeits, no-shows. Does not belong here: the trip that
follows (`trips`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import get_type_hints

import numpy as np
import polars as pl

from pipelines.simulate.geometry import great_circle_miles
from pipelines.simulate.parameters import USUAL_MILES, Parameters, chance
from pipelines.simulate.span import HOUR_S, MINUTE_S, Span

OFFER_LIFE_S = 15 * MINUTE_S
MAX_WAVES = 4
RAISES = [0.0, 2.0, 4.0, 6.0]
REASONS = ["too far", "pay too low", "busy", 'said "not today", sorry', "café shift overlaps"]
NEVER = float("nan")


@dataclass(slots=True)
class Offer:
    """One exposure of one block to one driver; block, driver: rows of their tables, times in seconds.

    `log_odds` of a yes, and whether it was one (`is_willing`), be another faster or not. `again` is a second answer,
    later than the one that counts. Where `is_working`, the driver sets off.
    """

    block: int
    driver: int
    wave: int
    sent: float
    ends: float
    pay: float
    expires: float
    log_odds: float
    is_willing: bool = False
    answer: str | None = None
    answered: float = NEVER
    reason: str | None = None
    again: str | None = None
    again_at: float = NEVER
    forfeited: float = NEVER
    no_show: float = NEVER
    is_working: bool = False


TYPES = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
COLUMNS = {name: TYPES.get(kind, pl.String) for name, kind in get_type_hints(Offer).items()}


def offer_blocks(
    rng: np.random.Generator,
    parameters: Parameters,
    span: Span,
    *,
    sites: pl.DataFrame,
    drivers: pl.DataFrame,
    blocks: pl.DataFrame,
) -> pl.DataFrame:
    """Offers every block (see `make_blocks`); one row per offer with the fields of `Offer`."""
    dispatcher = _Dispatcher(rng, parameters, span, sites, drivers)
    asked = blocks.with_row_index("block").drop("novelty", "extra_pay", "delay_s")
    offers = [offer for row in asked.iter_rows(named=True) for offer in dispatcher.offer(**row)]
    columns = {name: [getattr(offer, name) for offer in offers] for name in COLUMNS}
    return pl.DataFrame(columns, schema=COLUMNS, strict=False)


class _Dispatcher:
    """Offers block after block and remembers until when each driver is busy."""

    def __init__(
        self,
        rng: np.random.Generator,
        parameters: Parameters,
        span: Span,
        sites: pl.DataFrame,
        drivers: pl.DataFrame,
    ) -> None:
        self._rng = rng
        self._parameters = parameters
        self._opening = [span.midnights(zone)[0] for zone in sites["time_zone"]]
        self._busy_until = np.zeros(drivers.height)
        self._keenness = drivers["keenness"].to_numpy()
        homes = (drivers[axis].to_numpy()[:, None] for axis in ("latitude", "longitude"))
        places = (sites[axis].to_numpy() for axis in ("latitude", "longitude"))
        self._miles = great_circle_miles(*homes, *places)
        market = drivers["market_id"].to_numpy()
        self._crews = [np.flatnonzero(market == each) for each in sites["market_id"]]

    def offer(
        self,
        *,
        block: int,
        site: int,
        starts_s: float,
        hours: float,
        pay: float,
        lead_s: float,
        shift_s: float,
        appeal: float,
    ) -> list[Offer]:
        """All offers of one block: at more pay each wave, until somebody keeps it or time runs out."""
        rng, offers = self._rng, []
        sent = max(starts_s - lead_s, self._opening[site] + rng.uniform(0, HOUR_S))
        ends = starts_s + hours * HOUR_S
        expires_in = OFFER_LIFE_S if rng.random() > 0.05 else NEVER
        for wave, asked in enumerate(self._waves(site, starts_s), start=1):
            if sent > starts_s - 0.4 * HOUR_S:
                break
            log_odds = self._log_odds(asked, site, pay / (ends - starts_s) * HOUR_S, appeal)
            answers = [
                Offer(block, driver, wave, sent, ends, pay, sent + expires_in, odds)
                for driver, odds in zip(asked.tolist(), log_odds.tolist(), strict=True)
            ]
            offers += answers
            accepted = _answer(rng, answers, chance(log_odds))
            if accepted and not self._is_given_back(accepted, starts_s):
                return offers
            sent = accepted.forfeited + 120 if accepted else sent + OFFER_LIFE_S + rng.uniform(5, 60) * MINUTE_S
            pay += RAISES[rng.integers(len(RAISES))]
            ends = starts_s + hours * HOUR_S + shift_s
        if offers and rng.random() < self._parameters.called_off_share:
            _call_off(offers, offers[-1].sent + rng.uniform(300, 890))
        return offers

    def _waves(self, site: int, starts: float) -> Iterator[np.ndarray]:
        """Who is asked together: drivers of the market who are free then, nobody twice."""
        least, most = self._parameters.asked_together
        crew = self._crews[site]
        crew = self._rng.permutation(crew[self._busy_until[crew] <= starts - 0.5 * HOUR_S])
        ends = [0, *np.cumsum(self._rng.integers(least, most + 1, MAX_WAVES)).tolist()]
        yield from (crew[since:until] for since, until in pairwise(ends) if since < crew.size)

    def _log_odds(self, asked: np.ndarray, site: int, rate: float, appeal: float) -> np.ndarray:
        far = self._parameters.log_odds_per_mile * (self._miles[asked, site] - USUAL_MILES)
        return self._parameters.log_odds(rate) + far + self._keenness[asked] + appeal

    def _is_given_back(self, offer: Offer, starts: float) -> bool:
        """Decides what becomes of an acceptance: mostly work; else forfeit, no-show, or the block is called off."""
        rng, luck, soonest = self._rng, self._rng.random(), offer.answered + MINUTE_S
        offer.is_working = luck >= 0.07
        if luck < 0.03:
            offer.forfeited = rng.uniform(soonest, max(soonest, starts - 1.2 * HOUR_S))
        elif luck < 0.045:
            offer.forfeited = max(starts - rng.uniform(1, 60) * MINUTE_S, soonest)
        elif luck < 0.06:  # given back on the way there
            offer.forfeited, offer.is_working = starts + rng.uniform(-5, 40) * MINUTE_S, True
        elif luck < 0.067:
            offer.no_show = starts + rng.uniform(15, 30) * MINUTE_S
        elif luck < 0.07:
            offer.again, offer.again_at = "withdrawn", rng.uniform(soonest, max(soonest, starts))
        if offer.is_working:
            self._busy_until[offer.driver] = offer.ends
        return offer.forfeited == offer.forfeited


def _answer(rng: np.random.Generator, wave: list[Offer], chances: np.ndarray) -> Offer | None:
    """Fills in the answers of one wave and returns the acceptance: the fastest keen driver takes the block."""
    luck = rng.random(len(wave))
    is_keen = luck < chances
    delay = np.exp(np.where(is_keen, 3.7, 4.4) + 0.95 * rng.standard_normal(len(wave)))
    delay = np.where((luck < chances + 0.42) & (delay < OFFER_LIFE_S), np.ceil(delay), np.inf)
    taken = float(delay[is_keen].min(initial=np.inf))
    winner = int(np.argmin(np.where(is_keen, delay, np.inf))) if taken < np.inf else -1
    for index, (offer, wait) in enumerate(zip(wave, delay.tolist(), strict=True)):
        offer.is_willing = bool(is_keen[index])
        if index == winner:
            offer.answer, offer.answered = "accepted", offer.sent + wait
        elif wait < taken:
            offer.answer, offer.answered = "declined", offer.sent + wait
            offer.reason = REASONS[rng.integers(len(REASONS))] if luck[index] < 0.5 else None
        elif taken < np.inf:
            offer.answer, offer.answered = "withdrawn", offer.sent + taken + rng.integers(1, 4)
            offer.reason = "taken"
        elif luck[index] < 0.9 and offer.expires == offer.expires:
            offer.answer, offer.answered = "expired", offer.expires
            if luck[index] > 0.89:  # tapped too late: the offer has lapsed
                offer.again, offer.again_at = "accepted", offer.expires + rng.integers(1, 20)
    return wave[winner] if winner >= 0 else None


def _call_off(offers: list[Offer], at: float) -> None:
    """The block is cancelled: whoever of the last wave has not answered, or gave it back, loses the offer."""
    for offer in offers:
        if offer.wave < offers[-1].wave:
            continue
        if offer.answer in (None, "expired"):
            offer.answer, offer.answered, offer.reason = "withdrawn", at, "cancelled"
            offer.again, offer.again_at = None, NEVER
        elif offer.forfeited == offer.forfeited:
            offer.again, offer.again_at = "withdrawn", offer.forfeited + MINUTE_S
