"""fct_offers and fct_blocks: one row per offer, one row per block of offers.

Belongs here: what the offers log says. Does not belong here: trips, metrics.
"""

from datetime import timedelta
from typing import Any

from tests.naive.arithmetic import between, difference, ratio, usd
from tests.naive.deliveries import MINUTE, first
from tests.naive.events import Event, Standing
from tests.naive.reference import Reference

Row = dict[str, Any]

HOUR = timedelta(hours=1)
LATE_NOTICE_MINUTES = 45
# Kept beside the columns while offers are folded into blocks and trips; no table has them.
HELPERS = ("sent_order", "answer_order", "is_called_off")


def offers(log: Standing, reference: Reference) -> list[Row]:
    """The rows of fct_offers, with HELPERS; an offer without `sent` makes none."""
    return [
        _offer(offer_id, events, log, reference)
        for offer_id, events in log.by("offer_id").items()
        if first(events, "sent")
    ]


def _offer(offer_id: str, events: list[Event], log: Standing, reference: Reference) -> Row:
    sent = first(events, "sent")
    place = reference.place(sent["site_id"])
    hours = between(sent["block_starts_at"], sent["block_ends_at"], HOUR)
    names = ("block_id", "driver_key", "wave", "block_starts_at", "block_ends_at", "pay_usd")
    row: Row = {"offer_id": offer_id} | place | {name: sent[name] for name in names}
    row |= {
        "expires_at": sent.get("expires_at"),
        "sent_at": sent["occurred_at"],
        "sent_date": reference.local_date(place["market_id"], sent["occurred_at"]),
        "block_hours": hours,
        "pay_per_hour_usd": usd(ratio(sent["pay_usd"], hours)),
        "sent_order": _order(sent),
        "is_called_off": any(
            event["event_type"] == "withdrawn" and event.get("reason") == "cancelled" for event in events
        ),
    }
    row |= _answer(row, events, log)
    return row | _kept(row, events)


def _order(event: Event) -> tuple:
    return (event["occurred_at"], event["received_at"], event["event_id"]) if event else ()


def _answer(row: Row, events: list[Event], log: Standing) -> Row:
    answer = first(events, "accepted", "declined", "expired", "withdrawn")
    due = row["expires_at"] or row["block_starts_at"]
    is_due = log.cut is not None and due <= log.cut
    outcome = answer.get("event_type") or ("expired" if is_due else "pending")
    is_decided = outcome in ("accepted", "declined")
    answered_at = answer.get("occurred_at")
    return {
        "outcome": outcome,
        "answered_at": answered_at,
        "answer_order": _order(answer),
        "seconds_to_answer": between(row["sent_at"], answered_at, timedelta(seconds=1)) if is_decided else None,
        "withdrawn_reason": answer.get("reason") if outcome == "withdrawn" else None,
        "is_at_risk": outcome in ("accepted", "declined", "expired"),
        "is_accepted": outcome == "accepted",
    }


def _kept(row: Row, events: list[Event]) -> Row:
    """What became of an acceptance; all null where there is none."""
    names = ("forfeited_at", "forfeit_notice_minutes", "is_late_forfeit", "is_no_show")
    if not row["is_accepted"]:
        return dict.fromkeys(names)
    forfeited_at = first(events, "forfeited").get("occurred_at")
    notice = None if forfeited_at is None else difference(forfeited_at, row["block_starts_at"], MINUTE)
    is_late = notice is not None and notice < LATE_NOTICE_MINUTES
    return dict(zip(names, (forfeited_at, notice, is_late, bool(first(events, "no_show"))), strict=True))


def blocks(rows: list[Row]) -> list[Row]:
    """The rows of fct_blocks, of those of fct_offers."""
    by_block: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["sent_order"]):
        by_block.setdefault(row["block_id"], []).append(row)
    return [_block(block_id, sent) for block_id, sent in by_block.items()]


def _block(block_id: str, sent: list[Row]) -> Row:
    opening = sent[0]
    standing = [row for row in sent if row["is_accepted"] and not row["forfeited_at"] and not row["is_no_show"]]
    filling = min(standing, key=lambda row: row["answer_order"], default=None)
    names = ("market_id", "site_id", "offer_type", "block_starts_at", "block_ends_at", "block_hours")
    return (
        {"block_id": block_id}
        | {name: opening[name] for name in names}
        | _fill(opening, filling)
        | {
            "first_sent_at": opening["sent_at"],
            "first_pay_usd": opening["pay_usd"],
            "offers_sent": len(sent),
            "drivers_offered": len({row["driver_key"] for row in sent}),
            "is_cancelled": filling is None and any(row["is_called_off"] for row in sent),
        }
    )


def _fill(opening: Row, filling: Row | None) -> Row:
    if filling is None:
        names = ("filled_at", "filled_pay_usd", "minutes_to_fill", "price_to_fill_usd")
        return dict.fromkeys(names) | {"is_filled": False, "is_first_wave_fill": False}
    return {
        "is_filled": True,
        "is_first_wave_fill": filling["wave"] == 1,
        "filled_at": filling["answered_at"],
        "filled_pay_usd": filling["pay_usd"],
        "minutes_to_fill": between(opening["sent_at"], filling["answered_at"], MINUTE),
        "price_to_fill_usd": filling["pay_usd"] - opening["pay_usd"],
    }
