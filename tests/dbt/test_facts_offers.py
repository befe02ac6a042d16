"""fct_offers and fct_blocks: worked example 6 of the contract and the edges of its definitions."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

SITE = "las_vegas_mall"


def at(clock):
    return f"2022-05-21T{clock}:00-07:00"


def offer(
    offer_id, block_id, *, sent="10:00", wave=1, pay_usd=60, starts="14:00", ends="17:00", expires=None, **events
):
    """An offer of May 21st and what followed; `accepted="10:05"` are local times."""
    optional = {"expires_at": at(expires)} if expires else {}
    yield {
        "event_type": "sent",
        "occurred_at": at(sent),
        "offer_id": offer_id,
        "block_id": block_id,
        "driver_id": f"driver-of-{offer_id}",
        "site_id": SITE,
        "block_starts_at": at(starts),
        "block_ends_at": at(ends),
        "pay_usd": pay_usd,
        "wave": wave,
        **optional,
    }
    for event_type, told in events.items():
        clock, reason = told if isinstance(told, tuple) else (told, None)
        yield {"event_type": event_type, "occurred_at": at(clock), "offer_id": offer_id} | (
            {"reason": reason} if reason else {}
        )


def twenty_offers():
    """Example 6: A filled at once, B in its second wave, C never."""
    yield from offer("A1", "A", accepted="10:05")
    for number in range(2, 7):
        yield from offer(f"A{number}", "A", withdrawn=("10:05", "taken"))
    for number in range(1, 7):
        yield from offer(f"B{number}", "B", expired="10:30")
    yield from offer("B7", "B", sent="10:30", wave=2, pay_usd=66.5, accepted="10:40")
    for number in range(8, 13):
        yield from offer(f"B{number}", "B", sent="10:30", wave=2, pay_usd=66.5, withdrawn=("10:40", "taken"))
    yield from offer("C1", "C", declined="10:02")
    yield from offer("C2", "C", declined="10:01")


def edges():
    yield from offer("twice", "D", accepted="10:10", declined="10:05")
    yield from offer("silent-due", "E", expires="11:00")
    yield from offer("silent-until-start", "E")
    yield from offer("silent-open", "F", starts="20:00", ends="23:00")
    yield from offer("late-forfeit", "G", accepted="10:05", forfeited="13:16")
    yield from offer("early-forfeit", "G", accepted="10:07", forfeited="13:15")
    yield from offer("afterwards", "H", accepted="10:05", forfeited="14:10")
    yield from offer("no-show", "I", accepted="10:05", no_show="14:30")
    yield from offer("second", "I", accepted="10:20", pay_usd=55)
    yield from offer("called-off", "J", withdrawn=("12:00", "cancelled"))
    yield from offer("given-back", "L", accepted="10:05", forfeited="11:00", withdrawn=("12:00", "cancelled"))
    yield from offer("odd-pay", "K", pay_usd=50, starts="14:00", ends="17:30", declined="09:59")
    yield {"event_type": "accepted", "occurred_at": at("18:00"), "offer_id": "never-sent"}


@pytest.fixture(scope="module")
def world(build_world):
    return build_world(offers=[*twenty_offers(), *edges()], select="fct_offers fct_blocks")


@pytest.fixture(scope="module")
def offers(world):
    return {row["offer_id"]: row for row in world.rows("select * from fct_offers")}


@pytest.fixture(scope="module")
def blocks(world):
    return {row["block_id"]: row for row in world.rows("select * from fct_blocks")}


def test_who_could_not_answer_is_not_at_risk(offers):
    mine = [row for row in offers.values() if row["block_id"] in "ABC"]
    assert len(mine) == 20
    assert sum(row["is_accepted"] for row in mine) == 2
    assert sum(row["is_at_risk"] for row in mine) == 10, "2/10; 2/20 counts exposures, 2/4 counts answers only"


def test_a_block_is_filled_by_its_first_standing_acceptance(blocks):
    assert [blocks[name]["is_filled"] for name in "ABC"] == [True, True, False]
    assert [blocks[name]["is_first_wave_fill"] for name in "ABC"] == [True, False, False]
    assert [blocks[name]["minutes_to_fill"] for name in "ABC"] == [5, 40, None]
    assert blocks["B"]["price_to_fill_usd"] == Decimal("6.5")
    assert blocks["B"]["offers_sent"] == blocks["B"]["drivers_offered"] == 12
    standing = blocks["I"]
    assert (standing["filled_at"], standing["filled_pay_usd"]) == (datetime(2022, 5, 21, 17, 20, tzinfo=UTC), 55)
    assert standing["price_to_fill_usd"] == -5
    assert blocks["G"]["is_filled"] is False, "both acceptances were given back"


def test_the_first_answer_decides(offers):
    row = offers["twice"]
    assert (row["outcome"], row["seconds_to_answer"]) == ("declined", 300)


def test_silence_expires_by_the_logs_own_cut(offers):
    assert [offers[name]["outcome"] for name in ("silent-due", "silent-until-start", "silent-open")] == [
        "expired",
        "expired",
        "pending",
    ]
    assert offers["silent-due"]["answered_at"] is None, "nobody answered"
    assert offers["B1"]["answered_at"] is not None and offers["B1"]["seconds_to_answer"] is None


def test_a_forfeit_is_late_below_45_minutes(offers):
    found = {
        name: (offers[name]["forfeit_notice_minutes"], offers[name]["is_late_forfeit"])
        for name in ("late-forfeit", "early-forfeit", "afterwards", "A1", "A2")
    }
    assert found == {
        "late-forfeit": (44, True),
        "early-forfeit": (45, False),
        "afterwards": (-10, True),
        "A1": (None, False),
        "A2": (None, None),
    }
    assert offers["no-show"]["is_no_show"] is True


def test_a_cancelled_block_was_not_filled_but_called_off(blocks, offers):
    assert {name for name, row in blocks.items() if row["is_cancelled"]} == {"J", "L"}
    assert offers["given-back"]["outcome"] == "accepted"
    assert offers["called-off"]["withdrawn_reason"] == "cancelled"
    assert offers["called-off"]["is_at_risk"] is False


def test_pay_per_hour_is_rounded_half_up_and_a_negative_wait_is_null(offers):
    row = offers["odd-pay"]
    assert row["block_hours"] == 3.5
    assert row["pay_per_hour_usd"] == Decimal("14.2857")
    assert row["outcome"] == "declined" and row["seconds_to_answer"] is None


def test_an_offer_that_was_never_sent_makes_no_row(offers):
    assert "never-sent" not in offers
