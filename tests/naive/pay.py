"""net_pay_parts, of the naive trips.

Belongs here: what the net per hour is made of. Does not belong here: what a trip costs, figures of drivers.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.naive.arithmetic import ratio, total, usd
from tests.naive.cells import KEYS, cells, known
from tests.naive.reference import Reference

Row = dict[str, Any]

PARTS = ("base", "tip", "incentive", "adjustment", "gross", "gas", "toll", "maintenance", "net")


def net_pay_parts(trips: list[Row], reference: Reference) -> list[Row]:
    """The rows of net_pay_parts: of ended trips whose pay has come, those with known net and on-job hours."""
    least = min(trip["trip_date"] for trip in trips)
    of_known_rate = [
        trip
        for trip in trips
        if trip["status"] == "ended"
        and not trip["is_pay_pending"]
        and trip["net_usd"] is not None
        and trip["on_job_hours"] is not None
    ]
    found = cells(of_known_rate, "trip_date", least)
    return [dict(zip(KEYS, key, strict=True)) | _row(of_cell, reference) for key, of_cell in found.items()]


def _row(trips: list[Row], reference: Reference) -> Row:
    sums = {f"{part}_usd": sum((trip[f"{part}_usd"] for trip in trips), Decimal()) for part in PARTS}
    hours, miles = (total(trip[name] for trip in trips) for name in ("on_job_hours", "total_miles"))
    wages = known(trips, "minimum_wage_usd")
    return {
        "trips": len(trips),
        "drivers": len({trip["driver_key"] for trip in trips}),
        "on_job_hours": hours,
        "total_miles": miles,
        **sums,
        **{f"{part}_per_hour_usd": usd(ratio(sums[f"{part}_usd"], hours)) for part in PARTS},
        **_fuel([trip for trip in trips if reference.burns_fuel(trip["vehicle_class"])], reference),
        "maintenance_usd_per_mile": ratio(sums["maintenance_usd"], miles),
        "minimum_wage_usd_least": min(wages, default=None),
        "minimum_wage_usd_greatest": max(wages, default=None),
    }


def _fuel(trips: list[Row], reference: Reference) -> Row:
    miles = total(trip["total_miles"] for trip in trips) or Fraction()
    spent = sum((trip["gas_usd"] for trip in trips), Decimal())
    gallons = Fraction()
    for trip in trips:
        units, per_miles = reference.fuel_per_mile(trip["vehicle_class"])
        gallons += Fraction(trip["total_miles"]) * Fraction(units) / Fraction(per_miles)
    return {
        "fuel_miles": miles,
        "fuel_gallons": gallons,
        "fuel_usd": spent,
        "gas_price_usd_per_gallon": ratio(spent, gallons),
        "fuel_miles_per_gallon": ratio(miles, gallons),
    }
