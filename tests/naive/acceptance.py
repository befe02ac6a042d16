"""offer_acceptance, of the naive facts.

Belongs here: what is counted over offers and blocks. Does not belong here: what an offer or a block is.
"""

from datetime import datetime
from typing import Any

from tests.naive.arithmetic import mean, percentile, ratio, total, usd, wilson
from tests.naive.cells import KEYS, cells, count, known
from tests.naive.intervals import drawn
from tests.naive.reference import Reference

Row = dict[str, Any]


def offer_acceptance(tables: dict[str, list[Row]], cut: datetime, reference: Reference) -> list[Row]:
    """The rows of offer_acceptance, of the facts."""
    driven = {trip["offer_id"] for trip in tables["fct_trips"]}
    offers = [offer | {"is_driven": offer["offer_id"] in driven} for offer in tables["fct_offers"]]
    blocks = tables["fct_blocks"]
    least = min(offer["sent_date"] for offer in offers)
    dated = [block | {"date": reference.local_date(block["market_id"], block["first_sent_at"])} for block in blocks]
    offers_of, blocks_of = cells(offers, "sent_date", least), cells(dated, "date", least)
    ends = drawn(offers_of, lambda offer: int(offer["is_accepted"]), lambda offer: 1 if offer["is_at_risk"] else None)
    return [
        dict(zip(KEYS, key, strict=True))
        | _by_driver(_of_offers(offers_of.get(key, [])), *ends.get(key, (None, None)))
        | _of_blocks(blocks_of.get(key, []), cut)
        for key in offers_of.keys() | blocks_of.keys()
    ]


def _by_driver(row: Row, low: float | None, high: float | None) -> Row:
    """The row with its interval by driver, which is nowhere inside Wilson's."""
    return row | {
        "acceptance_share_by_driver_low": None if low is None else min(low, row["acceptance_share_low"]),
        "acceptance_share_by_driver_high": None if high is None else max(high, row["acceptance_share_high"]),
    }


def _of_offers(offers: list[Row]) -> Row:
    accepted = [offer for offer in offers if offer["is_accepted"]]
    at_risk = count(offers, is_at_risk=True)
    outcomes = ("accepted", "declined", "expired", "withdrawn", "pending")
    return {
        "offers": len(offers),
        "at_risk": at_risk,
        **{outcome: count(offers, outcome=outcome) for outcome in outcomes},
        "driven": count(accepted, is_driven=True),
        **_share("acceptance_share", len(accepted), at_risk),
        "seconds_to_answer_p50": percentile(known(offers, "seconds_to_answer"), "0.5"),
        "pay_per_hour_sent_usd": _pay_per_hour(offers),
        "pay_per_hour_accepted_usd": _pay_per_hour(accepted),
        "late_forfeits": count(offers, is_late_forfeit=True),
        "no_shows": count(offers, is_no_show=True),
    }


def _pay_per_hour(offers: list[Row]) -> Any:
    return usd(ratio(total(known(offers, "pay_usd")), total(known(offers, "block_hours"))))


def _of_blocks(blocks: list[Row], cut: datetime) -> Row:
    due = [block for block in blocks if block["block_starts_at"] <= cut and not block["is_cancelled"]]
    filled = [block for block in due if block["is_filled"]]
    return {
        "blocks_due": len(due),
        "blocks_filled": len(filled),
        **_share("fill_share", len(filled), len(due)),
        "first_wave_fill_share": ratio(count(due, is_first_wave_fill=True), len(due)),
        "minutes_to_fill_p50": percentile(known(filled, "minutes_to_fill"), "0.5"),
        "price_to_fill_usd_mean": usd(mean(known(filled, "price_to_fill_usd"))),
    }


def _share(name: str, part: int, whole: int) -> Row:
    low, high = wilson(part, whole)
    return {name: ratio(part, whole), f"{name}_low": low, f"{name}_high": high}
