"""What stands of a log: typed lines, duplicates, conflicts, corrections, retractions, the cut.

Belongs here: the envelope and section "Corrections" of the log contract. Does not belong here: what events mean.
"""

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Line = dict[str, Any]
Event = dict[str, Any]

ENVELOPE = ("event_id", "event_type", "occurred_at", "received_at", "retracted")
# Per log the fields of every line, then those of each event type that has more.
COMMON = {"orders": "order_id", "offers": "offer_id", "trips": "trip_id trip_miles latitude longitude"}
FIELDS = {
    "placed": "site_id store_id promised_at package_count dropoff_latitude dropoff_longitude",
    "picked_up": "trip_id",
    "delivered": "trip_id",
    "delivery_failed": "trip_id reason",
    "returned": "trip_id",
    "cancelled": "reason",
    "lost": "reason",
    "sent": "block_id driver_id site_id block_starts_at block_ends_at pay_usd expires_at wave",
    "accepted": "reason",
    "declined": "reason",
    "withdrawn": "reason",
    "started": "driver_id site_id block_id vehicle_class",
    "arrived_at_dropoff": "order_id",
    "toll_charged": "amount_usd facility",
    "pay_posted": "pay_kind amount_usd",
}
DEFAULTS = {"placed": {"package_count": 1}, "sent": {"wave": 1}, "started": {"vehicle_class": "unknown"}}
INSTANTS = ("occurred_at", "received_at", "promised_at", "block_starts_at", "block_ends_at", "expires_at")
DECIMALS = ("trip_miles", "pay_usd", "amount_usd")
DEGREES = ("latitude", "longitude", "dropoff_latitude", "dropoff_longitude")


@dataclass(frozen=True)
class Standing:
    """What stands of one log as of a moment: a row of `audit.logs`, `audit.conflicts`, and the current events.

    `current` are in order of (occurred_at, received_at, event_id).
    """

    counts: Event
    conflicts: list[Event]
    current: list[Event]

    @property
    def cut(self) -> datetime | None:
        """The greatest time of receipt of the lines taken."""
        return self.counts["cut"]

    def by(self, name: str) -> dict[str, list[Event]]:
        """The current events by an id that they name, in order of time."""
        grouped: dict[str, list[Event]] = defaultdict(list)
        for event in self.current:
            if event.get(name) is not None:
                grouped[event[name]].append(event)
        return grouped


def standing(log: str, lines: Iterable[Line], driver_key: bytes, as_of: datetime | None = None) -> Standing:
    """What stands of the lines (as JSON says them) that were received by `as_of`."""
    accepted = [typed(log, line, driver_key) for line in lines]
    taken = [event for event in accepted if as_of is None or event["received_at"] <= as_of]
    found = Counter(accepted=len(accepted), after_cut=len(accepted) - len(taken))
    current, conflicts = [], []
    for versions in _grouped(taken, "event_id"):
        latest, others, counts = _resolved(versions)
        conflicts += others
        found += counts
        if not latest["retracted"]:
            current.append(latest)
    names = ("accepted", "current", "superseded", "duplicates", "conflicts", "retracted", "after_cut")
    counts = {"log": log} | {name: found[name] for name in names}
    counts["cut"] = max((event["received_at"] for event in taken), default=None)
    return Standing(
        counts,
        [_conflict(log, event) for event in conflicts],
        sorted(current, key=lambda event: (event["occurred_at"], event["received_at"], event["event_id"])),
    )


def _conflict(log: str, event: Event) -> Event:
    ids = {name: event[name] for name in ("event_id", "received_at")}
    return {"log": log} | ids | {"content_sha256": fingerprint(event)}


def _resolved(versions: list[Event]) -> tuple[Event, list[Event], Counter[str]]:
    """Of the lines of one event: the latest, those that lost a conflict, the counts of all."""
    found: Counter[str] = Counter()
    stands, conflicts = [], []
    for lines in _grouped(versions, "received_at"):
        contents = {fingerprint(line): line for line in lines}
        first, *others = sorted(contents)
        found["duplicates"] += len(lines) - len(contents)
        found["conflicts"] += len(others)
        stands.append(contents[first])
        conflicts += [contents[other] for other in others]
    found["superseded"] = len(stands) - 1
    latest = max(stands, key=lambda line: line["received_at"])
    found["retracted" if latest["retracted"] else "current"] = 1
    return latest, conflicts, found


def _grouped(events: Iterable[Event], name: str) -> Iterable[list[Event]]:
    grouped: dict[Any, list[Event]] = defaultdict(list)
    for event in events:
        grouped[event[name]].append(event)
    return grouped.values()


def typed(log: str, line: Line, driver_key: bytes) -> Event:
    """The fields that the line's event type has, defaults filled, absent ones left out, the driver pseudonymous."""
    event_type = line["event_type"]
    names = (*ENVELOPE, *COMMON[log].split(), *FIELDS.get(event_type, "").split())
    given = {name: line[name] for name in names if line.get(name) not in (None, "")}
    filled = {"retracted": False} | DEFAULTS.get(event_type, {}) | given
    event = {name: _value(name, value) for name, value in filled.items()}
    if "driver_id" in event:
        event["driver_key"] = pseudonym(driver_key, event.pop("driver_id"))
    return event


def _value(name: str, value: Any) -> Any:
    if name in INSTANTS:
        return datetime.fromisoformat(value).astimezone(UTC)
    if name in DECIMALS:
        return Decimal(str(value))
    if name in DEGREES:
        return float(value)
    return int(value) if name in ("package_count", "wave") else value


def pseudonym(driver_key: bytes, driver_id: str) -> str:
    """First 16 hex digits of HMAC-SHA-256(key, driver_id)."""
    return hmac.new(driver_key, driver_id.encode(), hashlib.sha256).hexdigest()[:16]


def fingerprint(event: Event) -> str:
    """SHA-256 of the canonical JSON of the typed fields: sorted keys, UTC instants, no blanks, absent fields left out.

    How numbers are written the contract leaves open; money has four places, miles are written as a double.
    """
    members = (f"{json.dumps(name)}:{_canonical(name, event[name])}" for name in sorted(event))
    return hashlib.sha256(f"{{{','.join(members)}}}".encode()).hexdigest()


def _canonical(name: str, value: Any) -> str:
    if isinstance(value, Decimal):
        return json.dumps(float(value)) if name == "trip_miles" else f"{value:.4f}"
    said = value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value
    return json.dumps(said, ensure_ascii=False)
