"""driver_earnings and driver_pay_distribution, of the naive trips.

Belongs here: sums of trips, ratios of the sums, figures of drivers. Does not belong here: suppression.
"""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.naive.arithmetic import between, percentile, ratio, total, usd
from tests.naive.cells import KEYS, cells
from tests.naive.intervals import drawn
from tests.naive.offers import HOUR

Row = dict[str, Any]

HOURS_AND_MILES = (
    *("on_job_hours", "door_to_door_hours", "engaged_hours", "scheduled_hours"),
    *("unpaid_overrun_hours", "early_finish_hours", "total_miles"),
)
PAY = ("base_usd", "tip_usd", "incentive_usd", "adjustment_usd", "gross_usd")
COSTED = ("gross_usd", "tip_usd", "gas_usd", "toll_usd", "maintenance_usd", "net_usd")
# Numerators of the ratios over a trip's money, as columns added and taken away.
NET = ("+net_usd",)
RATIOS = {
    "gross_per_hour_usd": (("+gross_usd",), "on_job_hours"),
    "gross_per_scheduled_hour_usd": (("+gross_usd",), "scheduled_hours"),
    "net_per_hour_usd": (NET, "on_job_hours"),
    "net_per_scheduled_hour_usd": (NET, "scheduled_hours"),
    "net_per_engaged_hour_usd": (NET, "engaged_hours"),
    "net_per_door_to_door_hour_usd": (NET, "door_to_door_hours"),
    "net_before_tips_per_hour_usd": (("+net_usd", "-tip_usd"), "on_job_hours"),
    "net_at_constant_price_per_hour_usd": (("+net_usd", "+gas_usd", "-constant_price_gas_usd"), "on_job_hours"),
    "after_tax_rate_per_hour_usd": (("+gross_usd", "-tax_rate_cost_usd"), "on_job_hours"),
    "after_depreciation_per_hour_usd": (("+net_usd", "-depreciation_usd"), "on_job_hours"),
}
ADVERTISED_USD_PER_HOUR = (18, 25)
LEAST_TRIPS = 3
PERCENTS = (10, 25, 50, 75, 90)
# Driver-level figures, null in cells of few drivers.
WITHHELD = (
    "rated_drivers",
    *(f"driver_net_per_hour_usd_p{percent}" for percent in PERCENTS),
    "below_minimum_wage_hours_share",
)


def driver_earnings(trips: list[Row], min_drivers: int) -> list[Row]:
    """The rows of driver_earnings: ended trips, those whose pay is pending counted only.

    Without `is_suppressed`: WITHHELD columns are as if nothing were withheld but percentiles of too few drivers with
    enough trips (DECISIONS.md, "Metrics").
    """
    least: date = min(trip["trip_date"] for trip in trips)
    ended = [trip for trip in trips if trip["status"] == "ended"]
    found = cells(ended, "trip_date", least)
    rows = [_row(key, of_cell, min_drivers) for key, of_cell in found.items()]
    earning = {key: [trip for trip in of_cell if not trip["is_pay_pending"]] for key, of_cell in found.items()}
    for name in ("gross", "net"):
        ends = drawn(earning, lambda trip, name=name: trip[f"{name}_usd"], lambda trip: trip["on_job_hours"])
        for row in rows:
            low, high = ends.get(tuple(row[key] for key in KEYS), (None, None))
            row[f"{name}_per_hour_usd_low"] = usd(None if low is None else Fraction(str(low)))
            row[f"{name}_per_hour_usd_high"] = usd(None if high is None else Fraction(str(high)))
    return rows


def _row(key: tuple, trips: list[Row], min_drivers: int) -> Row:
    earning = [trip for trip in trips if not trip["is_pay_pending"]]
    row = dict(zip(KEYS, key, strict=True)) | {"pay_pending_trips": len(trips) - len(earning)}
    row |= {"trips": len(earning), "drivers": len({trip["driver_key"] for trip in earning})}
    row |= {name: total(trip[name] for trip in earning) for name in HOURS_AND_MILES}
    row |= {name: sum((trip[name] for trip in earning), Decimal()) for name in PAY}
    row["overlapping_hours"] = _overlap(earning)
    row |= _costed(earning, row["on_job_hours"])
    row |= {name: usd(_per_hour(earning, *columns)) for name, columns in RATIOS.items()}
    row["advertised_range_share"] = _advertised(earning)
    return row | _drivers(earning, min_drivers)


def _costed(trips: list[Row], on_job_hours: Fraction | None) -> Row:
    costed = [trip for trip in trips if trip["is_cost_known"]]
    row: Row = {f"costed_{name}": sum((trip[name] for trip in costed), Decimal()) for name in COSTED}
    # 0 where no trip is costed, so that the coverage is 0 and not unknown (published comment: never null).
    hours = total(trip["on_job_hours"] for trip in costed) or Fraction()
    row |= {"costed_trips": len(costed), "costed_on_job_hours": hours}
    return row | {"miles_coverage_share": ratio(hours, on_job_hours)}


def _per_hour(trips: list[Row], signed_columns: tuple[str, ...], hours_name: str) -> Fraction | None:
    """The ratio of sums over the trips where all of it is known."""
    names = [name[1:] for name in signed_columns]
    both = [trip for trip in trips if None not in (trip[hours_name], *(trip[name] for name in names))]
    money = total(trip[name[1:]] * (1 if name[0] == "+" else -1) for trip in both for name in signed_columns)
    return ratio(money, total(trip[hours_name] for trip in both))


def _advertised(trips: list[Row]) -> Fraction | None:
    rates = [ratio(trip["gross_usd"], trip["scheduled_hours"]) for trip in trips]
    rates = [rate for rate in rates if rate is not None]
    low, high = ADVERTISED_USD_PER_HOUR
    return ratio(sum(low <= rate <= high for rate in rates), len(rates))


def _overlap(trips: list[Row]) -> Fraction:
    """On-job hours less the hours of their union, per driver."""
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for trip in trips:
        if trip["on_job_hours"] is not None:
            spans[trip["driver_key"]].append((trip["arrived_at_pickup_at"] or trip["started_at"], trip["ended_at"]))
    overlap = Fraction()
    for driver_spans in spans.values():
        covered_until = min(driver_spans)[0]
        for start, end in sorted(driver_spans):
            overlap += between(start, min(end, covered_until), HOUR) or 0
            covered_until = max(covered_until, end)
    return overlap


def _drivers(trips: list[Row], min_drivers: int) -> Row:
    """Percentiles of drivers with their n, and the share of hours below the minimum wage."""
    rates = _rates(trips, min_drivers)
    judged = [
        trip
        for trip in trips
        if trip["is_cost_known"] and None not in (trip["net_per_hour_usd"], trip["minimum_wage_usd"])
    ]
    below = [trip for trip in judged if trip["net_per_hour_usd"] < trip["minimum_wage_usd"]]
    hours = total(trip["on_job_hours"] for trip in judged)
    below_hours = sum((trip["on_job_hours"] for trip in below), Fraction())
    percentiles = [usd(percentile(rates, f"0.{percent}")) for percent in PERCENTS]
    return dict(zip(WITHHELD, [len(rates) or None, *percentiles, ratio(below_hours, hours)], strict=True))


def _rates(trips: list[Row], min_drivers: int) -> list[Fraction]:
    """The known net per hour of each driver with enough trips; empty where they are too few."""
    by_driver: dict[str, list[Row]] = defaultdict(list)
    for trip in trips:
        by_driver[trip["driver_key"]].append(trip)
    regular = [_per_hour(own, NET, "on_job_hours") for own in by_driver.values() if len(own) >= LEAST_TRIPS]
    rates = [rate for rate in regular if rate is not None]
    return rates if len(rates) >= min_drivers else []


def driver_pay_distribution(trips: list[Row], min_drivers: int) -> list[Row]:
    """The rows of driver_pay_distribution, as if no cell were suppressed."""
    least: date = min(trip["trip_date"] for trip in trips)
    earning = [trip for trip in trips if trip["status"] == "ended" and not trip["is_pay_pending"]]
    rates = {
        key: _rates(of_cell, 4 * min_drivers)
        for key, of_cell in cells(earning, "trip_date", least).items()
        if key[0] in ("week", "all")
    }
    return [
        dict(zip(KEYS, key, strict=True))
        | {"percentile": percent, "rated_drivers": len(of_cell)}
        | {"net_per_hour_usd": usd(percentile(of_cell, f"0.{percent:02}"))}
        for key, of_cell in rates.items()
        if of_cell
        for percent in range(5, 100, 5)
    ]
