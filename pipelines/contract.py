"""The log contract as code: per log its event types, fields, types, rules and their meaning.

Belongs here: what a line of an order, offer or trip log may say, and the typed columns the lake keeps of it.
Does not belong here: how files are read (`pipelines.ingest`), what the events mean together (`dbt_project`).

A new field is one `Field` below and its name in an `EventType`; ingest, the lake and its documentation follow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

MONEY_SCALE: Final = 4
MAX_CLOCK_SKEW_MINUTES: Final = 5
MAX_FUTURE_HOURS: Final = 24
MAX_BLOCK_HOURS: Final = 24
# Tighter than the contract, so that no sum over a trip can leave DECIMAL(12,4): no trip of a day is longer or dearer.
MAX_TRIP_MILES: Final = 100_000
MAX_AMOUNT_USD: Final = 1_000_000


class Kind(StrEnum):
    """How a field's text is read. Every kind has one Polars type in the lake."""

    ID = "id"
    TEXT = "text"
    CHOICE = "choice"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type of the kind's column in the lake."""
        return _DTYPES[self]


_DTYPES: Final[dict[Kind, pl.DataType]] = {
    Kind.ID: pl.String(),
    Kind.TEXT: pl.String(),
    Kind.CHOICE: pl.String(),
    Kind.TIMESTAMP: pl.Datetime("us", "UTC"),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.INTEGER: pl.Int64(),
    Kind.NUMBER: pl.Float64(),
    Kind.MONEY: pl.Decimal(12, MONEY_SCALE),
}


@dataclass(frozen=True)
class Field:
    """One field of a log line.

    `minimum` and `maximum` are inclusive. `default` is filled in where an event type has the field and the line
    does not. `choices` are the only values of a CHOICE.
    """

    name: str
    kind: Kind
    description: str
    minimum: float | None = None
    maximum: float | None = None
    default: bool | int | str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventType:
    """What a line of one event type carries beyond the envelope and the log's common fields."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Required and optional field names."""
        return self.required + self.optional


@dataclass(frozen=True)
class Rule:
    """A rule over several fields of a typed line: `violated` is true where `field` is out of range."""

    field: str
    event_types: tuple[str, ...]
    description: str
    violated: pl.Expr


@dataclass(frozen=True)
class Log:
    """One of the three event logs.

    `fields` are all fields of the log in the order of the contract, which is the order in which a line's faults
    are looked for. `common` are required on every line, `common_optional` allowed on every line.
    """

    name: str
    description: str
    fields: tuple[Field, ...]
    common: tuple[str, ...]
    events: dict[str, EventType]
    common_optional: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=())

    def event_types_with(self, name: str) -> tuple[str, ...]:
        """The event types whose lines may carry the field `name` (all of them for a common field)."""
        if name in ENVELOPE_NAMES or name in self.common or name in self.common_optional:
            return tuple(self.events)
        return tuple(event for event, kind in self.events.items() if name in kind.fields)

    def event_types_requiring(self, name: str) -> tuple[str, ...]:
        """The event types whose lines must carry the field `name`."""
        if name in REQUIRED_ENVELOPE or name in self.common:
            return tuple(self.events)
        return tuple(event for event, kind in self.events.items() if name in kind.required)

    def event_types_allowing(self, name: str) -> tuple[str, ...]:
        """The event types whose lines may carry the field `name` and need not."""
        required = self.event_types_requiring(name)
        return tuple(event for event in self.event_types_with(name) if event not in required)

    def lake_columns(self) -> Iterator[tuple[str, pl.DataType, str]]:
        """Name, Polars type and description of each column of the log's lake, in order.

        `driver_id` is not among them: ingest puts `driver_key` in its place.
        """
        for each in self.fields:
            if each.name == "driver_id":
                yield "driver_key", pl.String(), DRIVER_KEY_DESCRIPTION
            else:
                yield each.name, each.kind.dtype, each.description
        yield "file_sha256", pl.String(), "SHA-256 of the bytes of the file the line came in."
        yield (
            "line_number",
            pl.Int64(),
            "Line of that file, from 1; the header of a CSV counts, blank lines count.",
        )

    @property
    def lake_schema(self) -> dict[str, pl.DataType]:
        """The lake's columns and Polars types."""
        return {name: dtype for name, dtype, _ in self.lake_columns()}


DRIVER_KEY_DESCRIPTION: Final = "Pseudonym of the driver: first 16 hex digits of HMAC-SHA-256(key, driver_id)."

ENVELOPE: Final = (
    Field("event_id", Kind.ID, "Names the event within its log, for ever."),
    Field("event_type", Kind.TEXT, "What happened; one of the log's event types."),
    Field("occurred_at", Kind.TIMESTAMP, "When it happened, by the device."),
    Field("received_at", Kind.TIMESTAMP, "When the platform stored it."),
    Field("retracted", Kind.BOOLEAN, "True: the event is taken back.", default=False),
)
ENVELOPE_NAMES: Final = tuple(each.name for each in ENVELOPE)
REQUIRED_ENVELOPE: Final = ("event_id", "event_type", "occurred_at", "received_at")

_SITE = Field("site_id", Kind.ID, "The site of reference/sites.csv it belongs to.")
_DRIVER = Field("driver_id", Kind.TEXT, "The driver, as upstream names them; never stored.")
_REASON = Field("reason", Kind.TEXT, "Why, in the words of the platform.")

ORDERS: Final = Log(
    name="orders",
    description="What happens to a customer's order, from the click to the door.",
    fields=(
        *ENVELOPE,
        Field("order_id", Kind.ID, "The order."),
        _SITE,
        Field("store_id", Kind.TEXT, "The shop within the site."),
        Field("promised_at", Kind.TIMESTAMP, "The end of the promise."),
        Field("package_count", Kind.INTEGER, "Packages of the order.", minimum=1, maximum=1000, default=1),
        Field("dropoff_latitude", Kind.NUMBER, "Drop-off, degrees north, WGS 84.", minimum=-90, maximum=90),
        Field("dropoff_longitude", Kind.NUMBER, "Drop-off, degrees east, WGS 84.", minimum=-180, maximum=180),
        Field("trip_id", Kind.ID, "The trip that carried the order."),
        _REASON,
    ),
    common=("order_id",),
    events={
        "placed": EventType(
            required=("site_id",),
            optional=("store_id", "promised_at", "package_count", "dropoff_latitude", "dropoff_longitude"),
        ),
        "ready": EventType(),
        "picked_up": EventType(optional=("trip_id",)),
        "delivered": EventType(optional=("trip_id",)),
        "delivery_failed": EventType(optional=("trip_id", "reason")),
        "returned": EventType(optional=("trip_id",)),
        "cancelled": EventType(optional=("reason",)),
        "lost": EventType(optional=("reason",)),
    },
)

OFFERS: Final = Log(
    name="offers",
    description="Offers of blocks to drivers and their answers: one offer is one exposure of one block to one driver.",
    fields=(
        *ENVELOPE,
        Field("offer_id", Kind.ID, "The offer."),
        Field("block_id", Kind.ID, "The block of work offered."),
        _DRIVER,
        _SITE,
        Field("block_starts_at", Kind.TIMESTAMP, "Start of the block."),
        Field("block_ends_at", Kind.TIMESTAMP, "End of the block."),
        Field("pay_usd", Kind.MONEY, "What the block pays, USD.", minimum=0, maximum=MAX_AMOUNT_USD),
        Field("expires_at", Kind.TIMESTAMP, "When the offer lapses."),
        Field("wave", Kind.INTEGER, "Which round of offers of the block, from 1.", minimum=1, default=1),
        _REASON,
    ),
    common=("offer_id",),
    events={
        "sent": EventType(
            required=("block_id", "driver_id", "site_id", "block_starts_at", "block_ends_at", "pay_usd"),
            optional=("expires_at", "wave"),
        ),
        "accepted": EventType(optional=("reason",)),
        "declined": EventType(optional=("reason",)),
        "expired": EventType(),
        "withdrawn": EventType(optional=("reason",)),
        "forfeited": EventType(),
        "no_show": EventType(),
    },
    rules=(
        Rule(
            "block_ends_at",
            ("sent",),
            f"A block ends after it starts, at most {MAX_BLOCK_HOURS} h later.",
            (pl.col("block_ends_at") <= pl.col("block_starts_at"))
            | (pl.col("block_ends_at") - pl.col("block_starts_at") > pl.duration(hours=MAX_BLOCK_HOURS)),
        ),
    ),
)

TRIPS: Final = Log(
    name="trips",
    description="Drivers' runs of their blocks: clock, trip meter, position, tolls and pay.",
    fields=(
        *ENVELOPE,
        Field("trip_id", Kind.ID, "The trip: one driver's run of one block."),
        Field("trip_miles", Kind.NUMBER, "The trip meter: miles since `started`.", minimum=0, maximum=MAX_TRIP_MILES),
        Field("latitude", Kind.NUMBER, "Degrees north, WGS 84.", minimum=-90, maximum=90),
        Field("longitude", Kind.NUMBER, "Degrees east, WGS 84.", minimum=-180, maximum=180),
        _DRIVER,
        _SITE,
        Field("block_id", Kind.ID, "The block the trip serves."),
        Field(
            "vehicle_class",
            Kind.TEXT,
            "Class of the car, of reference/vehicle_classes.csv.",
            default="unknown",
        ),
        Field("order_id", Kind.ID, "The order dropped off."),
        Field(
            "pay_kind",
            Kind.CHOICE,
            "What the pay is for.",
            choices=("base", "tip", "incentive", "adjustment"),
        ),
        Field(
            "amount_usd",
            Kind.MONEY,
            "Toll or pay, USD; only an adjustment may be negative.",
            minimum=-MAX_AMOUNT_USD,
            maximum=MAX_AMOUNT_USD,
        ),
        Field("facility", Kind.TEXT, "The toll road, bridge or tunnel."),
    ),
    common=("trip_id",),
    common_optional=("trip_miles", "latitude", "longitude"),
    events={
        "started": EventType(required=("driver_id", "site_id"), optional=("block_id", "vehicle_class")),
        "arrived_at_pickup": EventType(),
        "departed_pickup": EventType(),
        "arrived_at_dropoff": EventType(optional=("order_id",)),
        "toll_charged": EventType(required=("amount_usd",), optional=("facility",)),
        "pay_posted": EventType(required=("pay_kind", "amount_usd")),
        "ended": EventType(),
        "position": EventType(required=("latitude", "longitude")),
    },
    rules=(
        Rule(
            "amount_usd",
            ("toll_charged", "pay_posted"),
            "Only an adjustment may be negative.",
            (pl.col("amount_usd") < 0) & pl.col("pay_kind").ne_missing("adjustment"),
        ),
    ),
)

LOGS: Final[dict[str, Log]] = {log.name: log for log in (ORDERS, OFFERS, TRIPS)}
