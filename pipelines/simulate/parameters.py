"""What is planted in a simulated world: how drivers decide, what retail does, how its novelty wears off.

Belongs here: every number that a metric, or a fit to the facts, should find again. Does not belong here: how things
happen otherwise (the modules they happen in), what came of the numbers in one world (`truth_parameters`).

The effects of retail are potential outcomes: the same draws with and without them, so that both are known of every row.
Pay and minutes to the door are told to nobody beforehand: they change the amounts and times of retail trips and of
nothing else. What moves answers to offers (acceptance, the appeal of novelty) also moves who drives, as it should.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

USUAL_MILES = 7.0
Numbers = TypeVar("Numbers", float, NDArray[np.float64])


@dataclass(frozen=True)
class Work:
    """How the work of one offer type is, local hours and medians, apart from what is planted."""

    starts_hours: tuple[int, int]  # blocks start between
    open_hours: tuple[int, int]  # orders are packed between
    preparation_minutes: float
    tipping_share: float = 0.0  # of orders


WORK = {
    "retail": Work((10, 19), (10, 20), 32, tipping_share=0.15),
    "station": Work((5, 15), (4, 20), 70),
    "grocery": Work((8, 19), (7, 20), 24, tipping_share=0.45),
    "other": Work((8, 16), (8, 18), 45),
}


def _planted(value: Any, unit: str, meaning: str) -> Any:  # noqa: ANN401 - a field of any type
    return field(default_factory=lambda: value, metadata={"unit": unit, "meaning": meaning})


@dataclass(frozen=True)
class Parameters:
    """What is planted, then what the world is like otherwise. By market: one that is not named has 0.

    **Acceptance.** The log-odds that a driver who is asked says yes are `acceptance_log_odds_per_usd_per_hour` x (pay
    per hour - `even_odds_pay_per_hour_usd`), moved by the way there, by odd hours, by the driver's own keenness and by
    novelty. A yes becomes an acceptance unless another driver of the wave is faster; so where several are asked at
    once, yeses go unseen, and those who are at risk say yes more often than those who are asked.

    **Retail and its novelty.** Novelty is added for retail on the first day of a site's pilot and wears off by halves.

    Raises ValueError for minutes below 0 and a half-life that is not above 0.
    """

    acceptance_log_odds_per_usd_per_hour: float = _planted(
        0.35, "log-odds per USD per hour", "slope of the log-odds of a yes over the pay per hour"
    )
    even_odds_pay_per_hour_usd: float = _planted(
        24.5, "USD per hour", "pay at which half say yes, of drivers and blocks without anything particular"
    )
    log_odds_per_mile: float = _planted(
        -0.07, "log-odds per mile", "added to the log-odds of a yes per mile from home to the site, beyond 7"
    )
    log_odds_at_odd_hours: float = _planted(
        -0.6, "log-odds", "added to the log-odds of a yes where the block starts before 7 or from 17 on"
    )
    keenness_log_odds_sd: float = _planted(
        0.5, "log-odds", "standard deviation of the drivers' own log-odds of a yes, normal with mean 0"
    )
    retail_pay_usd_per_scheduled_hour: Mapping[str, float] = _planted(
        {"las_vegas": 1.0, "chandler": 0.5, "friendswood": -0.5},
        "USD per scheduled hour",
        "posted with retail's base pay beyond (below 0: short of) what was offered",
    )
    retail_minutes_to_door: Mapping[str, float] = _planted(
        {"las_vegas": 4.0, "chandler": 6.0, "tysons": 12.0, "friendswood": 8.0},
        "minutes",
        "by which retail's way from the mall to each door takes longer (0 or more) when it is no longer new",
    )
    novelty_log_odds: float = _planted(0.4, "log-odds", "added to the log-odds of a yes to retail on the first day")
    novelty_minutes_to_door: float = _planted(10.0, "minutes", "added to retail's minutes to the door on the first day")
    novelty_half_life_days: float = _planted(14.0, "days", "after which half of the novelty is left")

    asked_together: tuple[int, int] = (2, 4)  # drivers in a wave, at least and at most
    called_off_share: float = 0.35  # of blocks that nobody took
    orders_per_block: float = 2.9
    work: Mapping[str, Work] = field(default_factory=lambda: WORK)
    are_sites_apart: bool = True  # else all sites of a market lie at its centre

    def __post_init__(self) -> None:
        if min(0.0, self.novelty_minutes_to_door, *self.retail_minutes_to_door.values()) < 0:
            raise ValueError("minutes to the door must not be below 0: nobody arrives before setting off")
        if not self.novelty_half_life_days > 0:
            raise ValueError("the half-life of novelty must be above 0 days")

    @classmethod
    def alike(cls, **changes: Any) -> Self:  # noqa: ANN401 - any field
        """Parameters of a world in which offer types differ in nothing but what `changes` plants.

        The same hours, preparation, tips and places; nothing planted for retail. Drivers are alike too and asked one
        by one, and no block is called off: who is at risk is who was asked, and their share of yeses is the curve.
        """
        nothing: dict[str, Any] = {
            "log_odds_per_mile": 0.0,
            "log_odds_at_odd_hours": 0.0,
            "keenness_log_odds_sd": 0.0,
            "asked_together": (1, 1),
            "called_off_share": 0.0,
            "retail_pay_usd_per_scheduled_hour": {},
            "retail_minutes_to_door": {},
            "novelty_log_odds": 0.0,
            "novelty_minutes_to_door": 0.0,
            "work": dict.fromkeys(WORK, WORK["retail"]),
            "are_sites_apart": False,
        }
        return cls(**nothing | changes)

    def log_odds(self, pay_per_hour_usd: Numbers) -> Numbers:
        """Log-odds of a yes at this pay, of a driver and a block without anything particular."""
        return self.acceptance_log_odds_per_usd_per_hour * (pay_per_hour_usd - self.even_odds_pay_per_hour_usd)

    def novelty_left(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of novelty that is left so many days (0 or more) after the start."""
        return 0.5 ** (days / self.novelty_half_life_days)


def chance(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds as probabilities."""
    return 1 / (1 + np.exp(-log_odds))
