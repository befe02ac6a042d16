"""What a trip costs: fuel, tolls, wear, and the other bases, by the rates of its date.

Belongs here: the cost columns of fct_trips. Does not belong here: looking rates up.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.naive.arithmetic import ratio, usd
from tests.naive.reference import Reference

Row = dict[str, Any]


def costs(row: Row, reference: Reference, market_opened_on: date) -> Row:
    """The cost columns of a trip that has its miles, pay and hours."""
    market, car, on, miles = row["market_id"], row["vehicle_class"], row["trip_date"], row["total_miles"]
    price, is_imputed = reference.fuel_price(market, car, on)
    first_price, _ = reference.fuel_price(market, car, market_opened_on)
    maintenance = _times(miles, reference.mileage_rate(car, "maintenance_usd_per_mile", on))
    gas = _gas(miles, car, price, reference)
    taxed = _times(miles, reference.tax_rate(on))
    cost = None if gas is None or maintenance is None else gas + row["toll_usd"] + maintenance
    net = None if cost is None else row["gross_usd"] - cost
    return {
        "gas_price_usd": price,
        "is_fuel_price_imputed": is_imputed,
        "gas_usd": gas,
        "constant_price_gas_usd": _gas(miles, car, first_price, reference),
        "maintenance_usd": maintenance,
        "depreciation_usd": _times(miles, reference.mileage_rate(car, "depreciation_usd_per_mile", on)),
        "tax_rate_cost_usd": None if taxed is None else taxed + row["toll_usd"],
        "minimum_wage_usd": reference.minimum_wage(market, on),
        "cost_usd": cost,
        "is_cost_known": cost is not None,
        "net_usd": net,
        "net_per_hour_usd": usd(ratio(net, row["on_job_hours"])),
    }


def _times(miles: Decimal | float | None, rate: Decimal | None) -> Decimal | None:
    return None if miles is None or rate is None else usd(Fraction(miles) * Fraction(rate))


def _gas(miles: Decimal | float | None, car: str, price: Decimal | None, reference: Reference) -> Decimal | None:
    units, per_miles = reference.fuel_per_mile(car)
    price = price if units else Decimal(0)  # what needs no fuel needs no price
    if miles is None or price is None:
        return None
    return usd(Fraction(miles) * Fraction(units) / Fraction(per_miles) * Fraction(price))
