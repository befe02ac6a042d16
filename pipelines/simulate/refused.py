"""Lines that must be refused: one fault of the contract each, on a copy of a good line.

Belongs here: faults of single fields. Does not belong here: lines that are no record at all (`files`).
As each is a copy, nothing is lost with it; as it keeps its event_id, it would do harm if it got in.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

NOWHERE = "atlantis_mall"
PER_WEEK = 0.5  # how many of each fault


@dataclass(frozen=True)
class Fault:
    """What is wrong: the reason it must get, and the texts to put in (None: the field is left out)."""

    reason: str
    texts: dict[str, str | pl.Expr | None]
    of: tuple[str, ...] = ()


def _missing(name: str, *event_types: str) -> Fault:
    return Fault(f"missing_field:{name}", {name: None}, event_types)


def _bad_type(name: str, text: str, *event_types: str) -> Fault:
    return Fault(f"bad_type:{name}", {name: text}, event_types)


def _out_of_range(name: str, text: str, *event_types: str) -> Fault:
    return Fault(f"out_of_range:{name}", {name: text}, event_types)


_TOO_EARLY = (pl.col("received") + pl.duration(seconds=301)).dt.to_string("%Y-%m-%dT%H:%M:%SZ")
_ALL = (
    _missing("event_id"),
    Fault("missing_field:event_type", {"event_type": ""}),
    _missing("occurred_at"),
    _missing("received_at"),
    _bad_type("occurred_at", "yesterday"),
    _bad_type("occurred_at", "2022-03-01T10:00:00"),
    _bad_type("received_at", "2022-02-30T10:00:00Z"),
    _bad_type("retracted", "perhaps"),
    _out_of_range("event_id", "an id with spaces"),
    _out_of_range("event_id", "x" * 65),
    Fault("unknown_event_type", {"event_type": "teleported"}),
    Fault("occurred_after_received", {"occurred_at": _TOO_EARLY}),
    Fault("received_in_future", {"received_at": "2099-01-01T00:00:00Z"}),
    # Several faults: the first in the order of the contract names the line.
    Fault("missing_field:received_at", {"received_at": None, "event_id": "an id with spaces"}),
    Fault("bad_type:occurred_at", {"occurred_at": "soon", "event_type": "teleported"}),
    Fault("unknown_event_type", {"event_type": "teleported", "received_at": "2099-01-01T00:00:00Z"}),
)

FAULTS = {
    "orders": (
        *_ALL,
        _missing("order_id"),
        _missing("site_id", "placed"),
        _bad_type("promised_at", "by nine", "placed"),
        _bad_type("package_count", "two", "placed"),
        _bad_type("package_count", "2.5", "placed"),
        _bad_type("dropoff_latitude", "north", "placed"),
        _out_of_range("order_id", "no/such/id"),
        _out_of_range("package_count", "0", "placed"),
        _out_of_range("package_count", "1001", "placed"),
        _out_of_range("dropoff_latitude", "97.2", "placed"),
        _out_of_range("dropoff_longitude", "-200", "placed"),
        _out_of_range("trip_id", "trip 7", "delivered"),
        Fault("unknown_site", {"site_id": NOWHERE}, ("placed",)),
        Fault("missing_field:order_id", {"order_id": None, "package_count": "two"}, ("placed",)),
        Fault("unknown_site", {"site_id": NOWHERE, "occurred_at": "2098-01-01T00:00:00Z"}, ("placed",)),
    ),
    "offers": (
        *_ALL,
        _missing("offer_id"),
        *(_missing(name, "sent") for name in ("block_id", "driver_id", "site_id", "block_starts_at", "pay_usd")),
        _bad_type("pay_usd", "$63", "sent"),
        _bad_type("wave", "first", "sent"),
        _bad_type("block_starts_at", "noon", "sent"),
        _out_of_range("pay_usd", "-5", "sent"),
        _out_of_range("pay_usd", "NaN", "sent"),
        _out_of_range("pay_usd", "63.12345", "sent"),
        _out_of_range("pay_usd", "1e40", "sent"),
        _out_of_range("wave", "0", "sent"),
        Fault("out_of_range:block_ends_at", {"block_ends_at": pl.col("block_starts_at")}, ("sent",)),
        Fault("unknown_site", {"site_id": NOWHERE}, ("sent",)),
    ),
    "trips": (
        *_ALL,
        _missing("trip_id"),
        _missing("driver_id", "started"),
        _missing("site_id", "started"),
        _missing("latitude", "position"),
        _missing("amount_usd", "pay_posted"),
        _missing("pay_kind", "pay_posted"),
        _bad_type("trip_miles", "far"),
        _bad_type("amount_usd", "a lot", "toll_charged", "pay_posted"),
        _out_of_range("trip_miles", "-1"),
        _out_of_range("trip_miles", "inf"),
        _out_of_range("latitude", "91", "position"),
        _out_of_range("longitude", "180.5", "position"),
        _out_of_range("pay_kind", "bribe", "pay_posted"),
        _out_of_range("amount_usd", "-3.25", "toll_charged"),
        Fault("unknown_site", {"site_id": NOWHERE}, ("started",)),
    ),
}


def refused_lines(rng: np.random.Generator, name: str, lines: pl.DataFrame, days: int) -> pl.DataFrame:
    """Faulty copies of spelled lines (see `spelled`), their reason as fate; in the file of the line copied."""
    count = max(1, round(days / 7 * PER_WEEK))
    good = lines.filter(pl.col("fate") == "current").with_row_index("row")
    rows = {kind: group["row"].to_numpy() for (kind,), group in good.select("event_type", "row").group_by("event_type")}
    every = good["row"].to_numpy()
    copies = []
    for fault in FAULTS[name]:
        pool = np.sort(np.concatenate([rows.get(kind, every[:0]) for kind in fault.of])) if fault.of else every
        picked = good[np.sort(rng.choice(pool, min(count, pool.size), replace=False))]
        texts = {
            field: pl.lit(text, pl.String) if not isinstance(text, pl.Expr) else text
            for field, text in fault.texts.items()
        }
        copies.append(picked.with_columns(fate=pl.lit(fault.reason), has_quotes=pl.lit(value=True), **texts))
    return pl.concat(copies).drop("row").select(lines.columns)
