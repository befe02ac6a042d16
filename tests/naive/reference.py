"""The reference tables of a workspace, looked up row by row: markets, cars, and what held on a date.

Belongs here: reading `reference/*.csv`, prices and rates as of a date. Does not belong here: what they are applied to.
"""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

Row = dict[str, str]

OFFER_TYPES = {"mall": "retail", "delivery_station": "station", "grocery_store": "grocery", "other": "other"}
MAX_PRICE_AGE_DAYS = {"gasoline": 14, "electric": 400}


class Reference:
    """The tables of one folder."""

    def __init__(self, folder: Path) -> None:
        self._tables = {path.stem: _rows(path) for path in folder.glob("*.csv")}
        self._sites = {row["site_id"]: row for row in self._tables["sites"]}
        self._markets = {row["market_id"]: row for row in self._tables["markets"]}
        self._cars = {row["vehicle_class"]: row for row in self._tables["vehicle_classes"]}

    @property
    def market_ids(self) -> list[str]:
        """Every market there is."""
        return list(self._markets)

    def place(self, site_id: str) -> Row:
        """What every fact says of its site: `site_id, market_id, offer_type`."""
        site = self._sites[site_id]
        return {"site_id": site_id, "market_id": site["market_id"], "offer_type": OFFER_TYPES[site["site_kind"]]}

    def local_time(self, market_id: str, instant: datetime) -> datetime:
        """What the market's clocks show at the instant."""
        return instant.astimezone(UTC).astimezone(ZoneInfo(self._markets[market_id]["time_zone"]))

    def local_date(self, market_id: str, instant: datetime | None) -> date | None:
        """The date of the instant on the market's calendar."""
        return None if instant is None else self.local_time(market_id, instant).date()

    def vehicle_class(self, said: str) -> str:
        """The class, `unknown` where no such class is known."""
        return said if said in self._cars else "unknown"

    def fuel_price(self, market_id: str, vehicle_class: str, on: date) -> tuple[Decimal | None, bool | None]:
        """USD per gallon or kWh as of the date, and whether it is imputed; nulls where there is no price at all.

        Of two prices equally near the earlier one is taken (DECISIONS.md, "Facts").
        """
        area, fuel = self._markets[market_id]["fuel_area"], self._cars[vehicle_class]["fuel_type"]
        prices = {
            date.fromisoformat(row["week_starting_on"]): Decimal(row["usd_per_unit"])
            for row in self._tables["fuel_prices"]
            if (row["fuel_area"], row["fuel_type"]) == (area, fuel)
        }
        if not prices:
            return None, None
        latest = max((week for week in prices if week <= on), default=None)
        if latest is not None and (on - latest).days <= MAX_PRICE_AGE_DAYS[fuel]:
            return prices[latest], False
        nearest = min(prices, key=lambda week: (abs((week - on).days), week))
        return prices[nearest], True

    def fuel_per_mile(self, vehicle_class: str) -> tuple[Decimal, Decimal]:
        """Gallons or kWh per mile, as numerator and denominator."""
        car = self._cars[vehicle_class]
        if car["fuel_type"] == "electric":
            return Decimal(car["kwh_per_100_miles"]), Decimal(100)
        return Decimal(1), Decimal(car["miles_per_gallon"])

    def burns_fuel(self, vehicle_class: str) -> bool:
        """Whether a class runs on gallons."""
        return self._cars[vehicle_class]["fuel_type"] == "gasoline"

    def mileage_rate(self, vehicle_class: str, column: str, on: date) -> Decimal | None:
        """`maintenance_usd_per_mile` or `depreciation_usd_per_mile` of a class on a date."""
        return self._valid("mileage_rates", column, on, vehicle_class=vehicle_class)

    def tax_rate(self, on: date) -> Decimal | None:
        """USD per mile for the tax on a date."""
        return self._valid("tax_mileage_rates", "usd_per_mile", on)

    def minimum_wage(self, market_id: str, on: date) -> Decimal | None:
        """USD per hour in the market's state on a date."""
        return self._valid("minimum_wages", "usd_per_hour", on, state=self._markets[market_id]["state"])

    def _valid(self, table: str, column: str, on: date, **keys: str) -> Decimal | None:
        for row in self._tables[table]:
            is_begun = row["valid_from"] <= on.isoformat()
            is_over = bool(row["valid_to"]) and row["valid_to"] < on.isoformat()
            if is_begun and not is_over and all(row[name] == value for name, value in keys.items()):
                return Decimal(row[column])
        return None


def _rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
