"""acceptance_by_pay and acceptance_pay_needed, of the naive facts.

Belongs here: which offers are in a cell and a bin, and what follows from a curve. Does not belong here: the fit, which
is the product's own (`tests/dbt/test_golden.py` holds it to statsmodels').
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from pipelines.statistics import fit_curve
from tests.naive.arithmetic import ratio, usd, wilson
from tests.naive.cells import KEYS, cells, known

Row = dict[str, Any]

DRIVERS_NEEDED = 5


def acceptance_by_pay(offers: list[Row]) -> list[Row]:
    """The rows of acceptance_by_pay."""
    return [
        key | {"pay_per_hour_from_usd": dollar} | _of_bin([o for o in cell if _dollar(o) == dollar], _curve(cell))
        for key, cell in _cells(offers)
        for dollar in sorted({_dollar(offer) for offer in cell})
    ]


def acceptance_pay_needed(offers: list[Row]) -> list[Row]:
    """The rows of acceptance_pay_needed."""
    return [key | _of_cell(cell, _curve(cell)) for key, cell in _cells(offers)]


def _cells(offers: list[Row]) -> list[tuple[Row, list[Row]]]:
    least = min(offer["sent_date"] for offer in offers)
    counted = [offer for offer in offers if offer["is_at_risk"] and offer["pay_per_hour_usd"] is not None]
    found = cells(counted, "sent_date", least).items()
    return [(dict(zip(KEYS, key, strict=True)), cell) for key, cell in found if key[0] != "day"]


def _dollar(offer: Row) -> int:
    return math.floor(offer["pay_per_hour_usd"])


def _accepted(offers: list[Row]) -> int:
    return sum(offer["is_accepted"] for offer in offers)


def _curve(cell: list[Row]) -> Any:
    drivers = sorted({offer["driver_key"] for offer in cell})
    rows = [
        (float(offer["pay_per_hour_usd"]), 1.0, float(offer["is_accepted"]), float(drivers.index(offer["driver_key"])))
        for offer in cell
    ]
    return fit_curve(*np.array(rows).T)


def _of_bin(offers: list[Row], curve: Any) -> Row:
    at_risk, accepted = len(offers), _accepted(offers)
    low, high = wilson(accepted, at_risk)
    row = {"at_risk": at_risk, "accepted": accepted, "acceptance_share": ratio(accepted, at_risk)}
    row |= {"acceptance_share_low": low, "acceptance_share_high": high}
    fitted = (None,) * 3 if curve is None else _fitted(curve, _dollar(offers[0]) + 0.5)
    return row | dict(zip(("fitted_share", "fitted_share_low", "fitted_share_high"), fitted, strict=True))


def _fitted(curve: Any, pay: float) -> tuple[float, ...]:
    (level, slope), ((at_mean, both), (_, per_usd)) = curve.coefficients, curve.covariance
    beyond = pay - curve.mean_pay
    log_odds = level + slope * beyond
    reach = curve.quantile * math.sqrt(at_mean + 2 * both * beyond + per_usd * beyond**2)
    return tuple(1 / (1 + math.exp(-each)) for each in (log_odds, log_odds - reach, log_odds + reach))


def _of_cell(offers: list[Row], curve: Any) -> Row:
    pays = known(offers, "pay_per_hour_usd")
    row: Row = {
        "at_risk": len(offers),
        "accepted": _accepted(offers),
        "drivers": len({offer["driver_key"] for offer in offers}),
        "pay_per_hour_least_usd": min(pays),
        "pay_per_hour_greatest_usd": max(pays),
    }
    slopes = (None,) * 3 if curve is None else curve.slope()
    named = curve is not None and slopes[1] > 0
    needed = [usd(Fraction(pay)) for pay in curve.pay_at(0.8)] if named else [None] * 3
    for end, slope, pay in zip(("", "_low", "_high"), slopes, needed, strict=True):
        row |= {f"log_odds_per_usd{end}": slope, f"pay_per_hour_for_80_percent_usd{end}": pay}
    row["is_beyond_offered"] = None if needed[0] is None else not min(pays) <= needed[0] <= max(pays)
    return row | {"note": _note(row)}


def _note(row: Row) -> str | None:
    """The first that is true."""
    pay, least, greatest = (row[f"pay_per_hour_{name}_usd"] for name in ("for_80_percent", "least", "greatest"))
    notes = [
        (row["drivers"] < DRIVERS_NEEDED, "Fewer than 5 drivers: no fit."),
        (row["accepted"] == 0, "None accepted: no fit."),
        (row["accepted"] == row["at_risk"], "All accepted: no fit."),
        (least == greatest, "All offers paid the same: no fit."),
        (
            row["log_odds_per_usd"] is None,
            "A pay parts those who accepted from those who did not, or nearly: no curve fits.",
        ),
        (pay is None, "Acceptance does not clearly rise with pay: no pay can be said to be enough."),
        (pay is not None and pay > greatest, "An extrapolation: no offer paid that much."),
        (pay is not None and pay < least, "An extrapolation: no offer paid that little."),
    ]
    return next((text for is_true, text in notes if is_true), None)
