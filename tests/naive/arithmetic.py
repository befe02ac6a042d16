"""Rounding, durations, percentiles, Wilson's interval and Kaplan-Meier's curve, each by its formula.

Belongs here: arithmetic that knows no column. Does not belong here: what is counted.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

Z95 = 1.959963984540054


def usd(value: Fraction | Decimal | int | None) -> Decimal | None:
    """Rounded half up (a tie goes away from zero) to 4 places; null stays null."""
    if value is None:
        return None
    exact = Fraction(value) * 10_000
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return Decimal(whole if exact >= 0 else -whole).scaleb(-4)


def between(start: datetime | None, end: datetime | None, unit: timedelta) -> Fraction | None:
    """`end - start` in units, exactly; null where either is unknown or the difference is negative."""
    return None if start is None or end is None or end < start else difference(start, end, unit)


def difference(start: datetime, end: datetime, unit: timedelta) -> Fraction:
    """`end - start` in units, exactly, with its sign."""
    return Fraction((end - start) // timedelta(microseconds=1), unit // timedelta(microseconds=1))


def ratio(part: Fraction | Decimal | int | None, whole: Fraction | Decimal | int | None) -> Fraction | None:
    """`part / whole`; null where either is unknown or the whole is 0."""
    return None if part is None or not whole else Fraction(part) / Fraction(whole)


def total(values: Iterable[Fraction | Decimal | None]) -> Fraction | None:
    """The sum of the known values; null where none is known."""
    known = [Fraction(value) for value in values if value is not None]
    return sum(known, Fraction()) if known else None


def mean(values: Iterable[Fraction | Decimal | None]) -> Fraction | None:
    """The mean of the known values."""
    known = [Fraction(value) for value in values if value is not None]
    return ratio(sum(known, Fraction()), len(known))


def percentile(values: Iterable[Fraction | Decimal | None], share: str) -> Fraction | None:
    """The value at `share` ("0.9") of the way through the sorted known values, linear between two neighbours."""
    known = sorted(Fraction(value) for value in values if value is not None)
    if not known:
        return None
    place = Fraction(share) * (len(known) - 1)
    below = math.floor(place)
    above = min(below + 1, len(known) - 1)
    return known[below] + (known[above] - known[below]) * (place - below)


def wilson(successes: int, trials: int) -> tuple[float | None, float | None]:
    """Wilson's 95 % score interval of a share; nulls without trials."""
    if not trials:
        return None, None
    share = successes / trials
    shrunk = 1 + Z95**2 / trials
    centre = (share + Z95**2 / (2 * trials)) / shrunk
    half = Z95 * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2)) / shrunk
    return max(0.0, centre - half), min(1.0, centre + half)


def survival(times: list[tuple[Fraction | float, bool]]) -> list[tuple]:
    """Kaplan-Meier's curve of (time, happened) pairs: (time, S, Greenwood's sum) after each time at which it happened.

    Greenwood's sum is null once nobody is left.
    """
    curve, share, greenwood = [], 1.0, 0.0
    for now in sorted({time for time, happened in times if happened}):
        at_risk = sum(time >= now for time, _ in times)
        events = sum(happened and time == now for time, happened in times)
        share *= 1 - events / at_risk
        greenwood = greenwood + events / (at_risk * (at_risk - events)) if events < at_risk else None
        curve.append((now, share, greenwood))
    return curve


def log_log(share: float, greenwood: float | None) -> tuple[float | None, float | None]:
    """95 % interval of a survival share by the log-log transform; nulls where it is 1 or nobody is left."""
    if share == 1 or greenwood is None:
        return None, None
    middle, half = math.log(-math.log(share)), Z95 * math.sqrt(greenwood) / -math.log(share)
    return math.exp(-math.exp(middle + half)), math.exp(-math.exp(middle - half))
