"""What each trip costs, in decimal arithmetic to the last place. See `truth` for what belongs here."""

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any

import polars as pl

from pipelines.simulate.recorder import USD

PLACES = Decimal("0.0001")
MAX_PRICE_AGE_DAYS = {"gasoline": 14, "electric": 400}
# Enough digits that no quotient is rounded before its fourth place decides.
EXACT = Context(prec=60)

_COSTS: dict[str, pl.DataType] = {
    "gas_usd": USD,
    "maintenance_usd": USD,
    "cost_usd": USD,
    "is_cost_known": pl.Boolean(),
    "net_usd": USD,
    "net_per_hour_usd": USD,
    "depreciation_usd": USD,
    "tax_rate_cost_usd": USD,
    "gas_price_usd": USD,
    "is_fuel_price_imputed": pl.Boolean(),
    "minimum_wage_usd": USD,
    "constant_price_gas_usd": USD,
}


def with_costs(trips: pl.DataFrame, reference: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Adds the columns of `_COSTS`. Needs those of fct_trips up to the miles and pay, fuel_area and state."""
    rates = _Rates(reference)
    first_date = dict(trips.group_by("market_id").agg(pl.col("trip_date").min()).iter_rows())
    on_job_micros = _on_job_micros(trips)
    rows = [
        _costs(trip, micros, first_date[trip["market_id"]], rates)
        for trip, micros in zip(trips.iter_rows(named=True), on_job_micros, strict=True)
    ]
    return pl.concat([trips, pl.DataFrame(rows, schema=_COSTS)], how="horizontal")


def _on_job_micros(trips: pl.DataFrame) -> list[int | None]:
    since = pl.coalesce("arrived_at", "started_at")
    return trips.select((pl.col("ended_at") - since).dt.total_microseconds()).to_series().to_list()


def _costs(trip: dict[str, Any], on_job_micros: int | None, first_date: date, rates: "_Rates") -> dict[str, Any]:
    car, day, area = trip["vehicle_class"], trip["trip_date"], trip["fuel_area"]
    price, is_imputed = rates.fuel_price(area, car, day)
    first_price, _ = rates.fuel_price(area, car, first_date)
    maintenance_rate, depreciation_rate = rates.per_mile(car, day)
    tax_rate = rates.tax(day)
    miles = None if trip["total_miles"] is None else Decimal(str(trip["total_miles"]))
    gas, maintenance = rates.gas(car, miles, price), _product(miles, maintenance_rate)
    tax, tolls = _product(miles, tax_rate), trip["toll_usd"]
    cost = None if gas is None or maintenance is None else gas + maintenance + tolls
    net = None if cost is None else trip["gross_usd"] - cost
    per_hour = None
    if net is not None and on_job_micros is not None and on_job_micros > 0:
        per_hour = _rounded(EXACT.divide(net * 3_600_000_000, Decimal(on_job_micros)))
    return {
        "gas_usd": gas,
        "maintenance_usd": maintenance,
        "cost_usd": cost,
        "is_cost_known": cost is not None,
        "net_usd": net,
        "net_per_hour_usd": per_hour,
        "depreciation_usd": _product(miles, depreciation_rate),
        "tax_rate_cost_usd": None if tax is None else tax + tolls,
        "gas_price_usd": price,
        "is_fuel_price_imputed": is_imputed,
        "minimum_wage_usd": rates.minimum_wage(trip["state"], day),
        "constant_price_gas_usd": rates.gas(car, miles, first_price),
    }


def _product(miles: Decimal | None, rate: Decimal | None) -> Decimal | None:
    return None if miles is None or rate is None else _rounded(EXACT.multiply(miles, rate))


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(PLACES, ROUND_HALF_UP)


class _Rates:
    """Look-ups in the reference tables as of a day."""

    def __init__(self, reference: dict[str, pl.DataFrame]) -> None:
        self._cars = {row["vehicle_class"]: row for row in reference["vehicle_classes"].iter_rows(named=True)}
        self._prices: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
        for area, fuel, monday, price, *_ in reference["fuel_prices"].sort("week_starting_on").iter_rows():
            self._prices[area, fuel].append((monday, price))
        self._mileage = reference["mileage_rates"].drop("source").rows()
        self._taxes = reference["tax_mileage_rates"].drop("source").rows()
        self._wages = reference["minimum_wages"].drop("source").rows()
        self.fuel_price = cache(self._fuel_price)
        self.per_mile = cache(self._per_mile)
        self.tax = cache(self._tax)
        self.minimum_wage = cache(self._minimum_wage)

    def gas(self, car: str, miles: Decimal | None, price: Decimal | None) -> Decimal | None:
        """USD of gasoline or electricity for `miles`."""
        if miles is None or price is None or car not in self._cars:
            return None
        if self._cars[car]["fuel_type"] == "electric":
            used = EXACT.multiply(miles, Decimal(str(self._cars[car]["kwh_per_100_miles"])))
            return _rounded(EXACT.scaleb(EXACT.multiply(used, price), Decimal(-2)))
        return _rounded(EXACT.divide(EXACT.multiply(miles, price), Decimal(str(self._cars[car]["miles_per_gallon"]))))

    def _fuel_price(self, area: str, car: str, day: date) -> tuple[Decimal | None, bool | None]:
        """The price of the day and whether it is imputed: too old or, before the first, not yet valid."""
        fuel = self._cars.get(car, {}).get("fuel_type", "gasoline")
        prices = self._prices.get((area, fuel))
        if not prices:
            return None, None
        valid = [(monday, price) for monday, price in prices if monday <= day]
        if valid and (day - valid[-1][0]).days <= MAX_PRICE_AGE_DAYS[fuel]:
            return valid[-1][1], False
        return min(prices, key=lambda dated: abs(dated[0] - day))[1], True

    def _per_mile(self, car: str, day: date) -> tuple[Decimal | None, Decimal | None]:
        found = (rates for name, since, until, *rates in self._mileage if name == car and since <= day <= until)
        return tuple(next(found, (None, None)))

    def _tax(self, day: date) -> Decimal | None:
        return next((rate for since, until, rate in self._taxes if since <= day <= until), None)

    def _minimum_wage(self, state: str, day: date) -> Decimal | None:
        found = (wage for where, since, until, wage in self._wages if where == state and since <= day <= until)
        return next(found, None)
