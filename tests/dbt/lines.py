"""Contract lines of an order, an offer, a trip, each from its instants.

Belongs here: what is alike in the worlds of several test files. Does not belong here: what a test expects.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Told = datetime | tuple[datetime, Row]

LAS_VEGAS = "America/Los_Angeles"


def at(clock: str, zone: str = LAS_VEGAS, fold: int = 0) -> datetime:
    """The instant at which the clocks of `zone` show `clock`; of two such, `fold` 1 is the later."""
    return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone), fold=fold)


def after(start: datetime, hours: float) -> datetime:
    """The instant so many hours of real time later."""
    return (start.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours)).astimezone(start.tzinfo)


def line(event_type: str, moment: datetime, **fields: Any) -> Row:
    """A line as JSON holds it; instants become texts with offset."""
    fields = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}
    return {"event_type": event_type, "occurred_at": moment.isoformat(), **fields}


def _told(ids: Row, events: dict[str, Told]) -> Iterator[Row]:
    for event_type, told in events.items():
        moment, fields = told if isinstance(told, tuple) else (told, {})
        yield line(event_type, moment, **ids, **fields)


def order(order_id: str, site_id: str, placed: datetime, promised_at: datetime | None = None, **events: Told):
    """An order and what became of it: event type = its instant, or instant and fields."""
    promise = {"promised_at": promised_at} if promised_at else {}
    yield line("placed", placed, order_id=order_id, site_id=site_id, **promise)
    yield from _told({"order_id": order_id}, events)


def offer(
    offer_id: str,
    block_id: str,
    site_id: str,
    sent: datetime,
    starts: datetime,
    *,
    hours: float = 3,
    pay_usd: float = 60,
    driver_id: str | None = None,
    wave: int = 1,
    **events: Told,
) -> Iterator[Row]:
    """An offer of a block, to a driver of its own if none is named, and what followed."""
    ids = {"offer_id": offer_id, "block_id": block_id, "site_id": site_id, "driver_id": driver_id or offer_id}
    window = {"block_starts_at": starts, "block_ends_at": after(starts, hours)}
    yield line("sent", sent, **ids, **window, pay_usd=pay_usd, wave=wave)
    yield from _told({"offer_id": offer_id}, events)


def trip(
    trip_id: str,
    site_id: str,
    started: datetime,
    *,
    hours: float = 3,
    on_the_way_hours: float = 0,
    miles: float | None = 0,
    base_usd: float | None = 60,
    toll_usd: float | None = None,
    driver_id: str | None = None,
    block_id: str | None = None,
    car: str = "unknown",
    **events: Told,
) -> Iterator[Row]:
    """An ended trip: hours to the pick-up, `hours` on the job, the meter read and base pay posted at the end."""
    optional = {"block_id": block_id} if block_id else {}
    yield line(
        "started",
        started,
        trip_id=trip_id,
        site_id=site_id,
        driver_id=driver_id or trip_id,
        vehicle_class=car,
        **optional,
    )
    ended = after(started, on_the_way_hours + hours)
    yield line("arrived_at_pickup", after(started, on_the_way_hours), trip_id=trip_id)
    yield line("ended", ended, trip_id=trip_id, **({} if miles is None else {"trip_miles": miles}))
    if base_usd is not None:
        yield line("pay_posted", ended, trip_id=trip_id, pay_kind="base", amount_usd=base_usd)
    if toll_usd is not None:
        yield line("toll_charged", ended, trip_id=trip_id, amount_usd=toll_usd)
    yield from _told({"trip_id": trip_id}, events)
