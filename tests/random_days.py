"""Random little days of a pilot: blocks offered in waves, trips that drive them, orders that the trips carry.

Belongs here: events that refer to each other as those of a real day do, and go wrong as they do. Does not belong
here: events without a plot (`tests.random_logs`), any law about either.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pipelines.contract import LOGS
from tests.random_logs import Line, again, random_logs, spelled

# Moments at which something changes: clocks (both ways), years, rates and wages, the first and the last price, or
# nothing at all.
MOMENTS = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2020-12-31T19:00:00-08:00",
        "2021-09-20T08:00:00-07:00",
        "2021-11-06T22:00:00-07:00",
        "2021-12-31T19:30:00-08:00",
        "2022-03-12T22:00:00-08:00",
        "2022-05-21T12:00:00-07:00",
        "2022-06-30T19:00:00-07:00",
        "2024-12-31T19:00:00-08:00",
    )
)
SITES = ("las_vegas_mall", "las_vegas_station", "chandler_grocery", "tysons_mall", "tysons_station", "friendswood_mall")
CARS = (None, "unknown", "compact_car", "midsize_car", "hybrid", "electric", "electric", "pickup", "tractor")
ENDINGS = ("delivery_failed", "delivered", "delivered", "delivered", "returned", "cancelled", "cancelled", "lost")
DUE = {"offers": "block_starts_at", "orders": "promised_at"}
LOST, REPEATED = 0.04, 0.1


def random_days(dice: Random, count: int, drivers: int) -> dict[str, list[Line]]:
    """The lines of each log, as JSON says them, of `count` cases; every fifth has no plot. What a case is about starts
    with its name, but all cases share the drivers.
    """
    lines: dict[str, list[Line]] = {log: [] for log in LOGS}
    names = [f"driver-{number}" for number in range(drivers)]
    for number in range(count):
        day = Day(dice, f"case{number}", dice.choice(MOMENTS), dice.sample(names, 4))
        for log, said in (random_logs(dice, day.name) if number % 5 == 4 else day.play()).items():
            lines[log] += [{name: spelled(dice, value) for name, value in line.items()} for line in said]
    return lines


def stopped(dice: Random, lines: dict[str, list[Line]]) -> datetime:
    """A moment at which a block starts and a promise ends, if one does as another did 72 hours before, so that much
    falls due just then. Each log gets a line received at that moment, which so is every log's cut as of it.
    """
    starts, promises = (_instants(lines[log], name) for log, name in DUE.items())
    together = sorted(starts & promises)
    moment = dice.choice([at for at in together if at - timedelta(hours=72) in starts] or together)
    for log, event_type in {"orders": "ready", "offers": "expired", "trips": "ended"}.items():
        stamps = dict.fromkeys(("occurred_at", "received_at"), moment.isoformat())
        lines[log].append({"event_id": "clock", "event_type": event_type, LOGS[log].common[0]: "clock"} | stamps)
    return moment


def _instants(lines: list[Line], name: str) -> set[datetime]:
    return {datetime.fromisoformat(line[name]).astimezone(UTC) for line in lines if name in line}


class Day:
    """One case: a site, its drivers, and what is said of them."""

    def __init__(self, dice: Random, name: str, starts_at: datetime, drivers: list[str]) -> None:
        self.dice, self.name, self.drivers = dice, name, drivers
        self.starts_at = starts_at + timedelta(hours=dice.choice((0, 0, 1, 30, 72)))
        self.site = dice.choice(SITES)
        self.lines: dict[str, list[Line]] = {log: [] for log in LOGS}
        self.said = 0

    def play(self) -> dict[str, list[Line]]:
        """Blocks, trips of their drivers (or of others, or without a block), orders on the trips (or on none)."""
        trips: list[str] = []
        for number in range(self.dice.choice((0, 1, 1, 1, 2))):
            block_id = f"{self.name}-block-{number}"
            hours = self.dice.choice((1, 1.75, 2, 2.5, 3, 4))
            willing = self.block(block_id, hours)
            for driver in self.dice.sample(willing, self.dice.randint(0, min(2, len(willing)))):
                trips.append(self.trip(len(trips), driver, block_id, hours))
        for _ in range(self.dice.choice((0, 0, 1))):
            strange = self.dice.choice((None, None, f"{self.name}-block-9"))
            trips.append(self.trip(len(trips), self.dice.choice(self.drivers), strange, 2))
        for number in range(self.dice.choice((0, 1, 2, 3))):
            self.order(f"{self.name}-order-{number}", self.dice.choice([*trips, *trips, None, f"{self.name}-trip-9"]))
        return self.lines

    def say(self, log: str, event_type: str, minute: float, **fields: Any) -> None:
        """An event at a minute of the day, unless it is lost; perhaps said again in other words."""
        self.said += 1
        if self.dice.random() < LOST:
            return
        occurred_at = self.at(minute)
        line = {"event_id": f"{self.name}-{self.said}", "event_type": event_type, "occurred_at": occurred_at}
        line["received_at"] = occurred_at + timedelta(minutes=self.dice.choice((-5, 0, 0, 0, 1, 90, 1500)))
        line |= {name: value for name, value in fields.items() if value is not None}
        self.lines[log].append(line)
        while self.dice.random() < REPEATED:
            line = again(self.dice, LOGS[log], self.name, line) if self.dice.random() < 0.5 else self.mended(line)
            self.lines[log].append(line)

    def mended(self, line: Line) -> Line:
        """A correction of when it happened, and of how much."""
        other = line | {"received_at": line["received_at"] + timedelta(minutes=self.dice.choice((0, 20, 1200)))}
        other["occurred_at"] = line["occurred_at"] - timedelta(minutes=self.dice.choice((0, 5, 30)))
        amounts = {name: round(line[name] + 1, 4) for name in ("amount_usd", "trip_miles", "pay_usd") if name in line}
        return other | amounts

    def at(self, minute: float) -> datetime:
        """A minute of the day, mostly on a grid of five so that things coincide."""
        exact = self.starts_at + timedelta(minutes=5 * round(minute / 5))
        return exact + self.dice.choice((timedelta(), timedelta(), timedelta(seconds=47, microseconds=123457)))

    def perhaps(self, value: Any, share: float = 0.7) -> Any:
        """The value, or None."""
        return value if self.dice.random() < share else None

    def usd(self, most: int) -> float:
        """An amount, mostly of whole cents."""
        return self.dice.choice((self.dice.randrange(most * 100) / 100, self.dice.randrange(most * 10_000) / 10_000))

    def block(self, block_id: str, hours: float) -> list[str]:
        """Offers of a block in waves; the drivers who accepted."""
        start = self.dice.choice((60, 90, 120))
        willing: list[str] = []
        for wave in range(1, self.dice.choice((1, 1, 2, 3)) + 1):
            for driver in self.dice.sample(self.drivers, self.dice.randint(1, 3)):
                offer_id = f"{block_id}-{wave}-{driver}"
                sent = 20 * wave + self.dice.choice((0, 0, 0, 5))
                pay = self.dice.choice((18 * hours, 20.25 * hours, self.usd(90)))
                self.say(
                    "offers",
                    "sent",
                    sent,
                    **{"offer_id": offer_id, "block_id": block_id, "driver_id": driver},
                    site_id=self.dice.choice((self.site, self.site, self.site, *SITES[:1])),
                    block_starts_at=self.starts_at + timedelta(minutes=start),
                    block_ends_at=self.starts_at + timedelta(minutes=start, hours=hours),
                    pay_usd=pay,
                    expires_at=self.perhaps(self.starts_at + timedelta(minutes=sent + self.dice.choice((5, 15, 4000)))),
                    wave=self.perhaps(wave) if wave == 1 else wave,
                )
                willing += [driver] if self.answer(offer_id, sent, start, pay > 19 * hours) else []
        return willing

    def answer(self, offer_id: str, sent: float, start: float, pays_well: bool) -> bool:
        """What came back on an offer; whether any of it was an acceptance."""
        kinds = (*["accepted"] * (4 if pays_well else 1), "declined", "expired", "withdrawn")
        given = [self.dice.choice(kinds) for _ in range(self.dice.choice((0, 0, 1, 1, 1, 2)))]
        for kind in given:
            reason = self.dice.choice(("taken", "cancelled", "rain", None)) if kind == "withdrawn" else None
            self.say("offers", kind, sent + self.dice.choice((-5, 0, 5, 10, 15)), offer_id=offer_id, reason=reason)
        if ("accepted" in given and self.dice.random() < 0.3) or self.dice.random() < 0.03:
            minute = start - self.dice.choice((-10, 0, 30, 45, 50))
            self.say("offers", self.dice.choice(("forfeited", "forfeited", "no_show")), minute, offer_id=offer_id)
        return "accepted" in given

    def trip(self, number: int, driver: str, block_id: str | None, hours: float) -> str:
        """A trip's events in order, some of them out of it."""
        trip_id = f"{self.name}-trip-{number}"
        metered = self.dice.choice((0.0, 0.0, 0.5, 1.0, 1.0))
        now, miles = 40 + 10 * self.dice.randrange(6), 0.0
        stages = [
            "arrived_at_pickup",
            "departed_pickup",
            *["arrived_at_dropoff"] * self.dice.choice((0, 1, 2)),
            "ended",
        ]
        stages += [stage for stage in stages if self.dice.random() < 0.08]
        started = {"driver_id": driver, "site_id": self.site, "block_id": block_id}
        started |= {
            "vehicle_class": self.dice.choice(CARS),
            "trip_miles": self.perhaps(self.dice.choice((0, 0, 0, 900))),
        }
        self.say("trips", "started", now, trip_id=trip_id, **started)
        for stage in stages:
            now += self.dice.choice((0, 10, 20, 30, 45, -15))
            miles = round(miles + self.dice.randrange(1500) / 100, 2)
            order_id = self.dice.choice((None, f"{self.name}-order-0", f"{self.name}-order-9"))
            named = order_id if stage == "arrived_at_dropoff" else None
            if self.dice.random() < 0.9:
                self.say("trips", stage, now, trip_id=trip_id, trip_miles=self.perhaps(miles, metered), order_id=named)
        self.pings(trip_id, metered)
        self.money(trip_id, now, hours)
        return trip_id

    def pings(self, trip_id: str, metered: float) -> None:
        """Positions at most a quarter of an hour apart, sometimes with a meter."""
        minute = 40.0
        for _ in range(self.dice.choice((0, 0, 1, 3, 5))):
            place = {"latitude": 36 + self.dice.random(), "longitude": -115 - self.dice.random() / 2}
            minute += self.dice.choice((0, 5, 5, 10, 15))
            self.say("trips", "position", minute, trip_id=trip_id, trip_miles=self.perhaps(7.5, metered / 3), **place)

    def money(self, trip_id: str, ended: float, hours: float) -> None:
        """Tolls and pay, some of it days later."""
        for _ in range(self.dice.choice((0, 0, 0, 1, 2))):
            self.say("trips", "toll_charged", ended - 20, trip_id=trip_id, amount_usd=self.usd(8))
        for kind in self.dice.sample(
            ("base", "base", "tip", "tip", "incentive", "adjustment"), self.dice.choice((0, 0, 1, 2, 4))
        ):
            amount = self.dice.choice((18 * hours, 25 * hours, self.usd(70))) if kind == "base" else self.usd(12)
            signed = amount * self.dice.choice((1, -1)) if kind == "adjustment" else amount
            later = ended + self.dice.choice((0, 90, 1200, 2000))
            self.say("trips", "pay_posted", later, trip_id=trip_id, pay_kind=kind, amount_usd=signed)

    def order(self, order_id: str, trip_id: str | None) -> None:
        """An order's events in order, some of them out of it, with whatever endings."""
        now = self.dice.choice((0, 0, 10, 40, 70))
        promised = now + self.dice.choice((60, 90, 180, 1440))
        placed = {"site_id": self.site, "store_id": self.dice.choice(("shoes", "toys", "toys", None))}
        placed |= {"promised_at": self.perhaps(self.at(promised)), "package_count": self.dice.choice((None, 1, 3))}
        self.say("orders", "placed", now, order_id=order_id, **placed, **self.door())
        endings = [self.dice.choice(ENDINGS) for _ in range(self.dice.choice((0, 1, 1, 1, 2, 3)))]
        for stage in ("ready", "picked_up", *endings):
            now += self.dice.choice((0, 5, 15, 20, 30, 60, 90, -10)) + (1500 if self.dice.random() < 0.04 else 0)
            if stage == "cancelled" and self.dice.random() < 0.5:
                now = promised
            if self.dice.random() < 0.9:
                self.say("orders", stage, now, order_id=order_id, **self.circumstances(stage, trip_id))

    def door(self) -> dict[str, float]:
        """A drop-off, perhaps; five places ending in 3, so that two places are never a tie."""
        if self.dice.random() < 0.5:
            return {}
        north, east = (self.dice.randrange(10_000) / 10_000 + 0.00003 for _ in range(2))
        return {"dropoff_latitude": round(36 + north, 5), "dropoff_longitude": round(-115 - east, 5)}

    def circumstances(self, stage: str, trip_id: str | None) -> dict[str, str | None]:
        """The reason of what went wrong, the trip of what was carried: mostly this, sometimes another."""
        reason = self.dice.choice(("customer", "customer", "store", "no_driver", None))
        other = f"{self.name}-trip-{self.dice.choice((0, 0, 1, 9))}"
        carrier = self.dice.choice((trip_id, trip_id, trip_id, other, None))
        return {
            "reason": reason if stage in ("cancelled", "lost", "delivery_failed") else None,
            "trip_id": carrier if stage in ("picked_up", "delivery_failed", "delivered", "returned") else None,
        }
