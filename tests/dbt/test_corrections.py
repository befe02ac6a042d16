"""Which line of an event stands: duplicates, conflicts, corrections, retractions, as of a moment."""

import hashlib
import json
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime

NOON = "2022-05-21T12:00:00-07:00"
LATER = "2022-05-21T13:00:00-07:00"
EVENING = "2022-05-21T20:00:00-07:00"


def placed(**fields):
    return {
        "event_id": "p",
        "event_type": "placed",
        "occurred_at": NOON,
        "order_id": "a",
        "site_id": "las_vegas_mall",
    } | fields


def counts(world, log="orders"):
    row = world.row(f"select * from audit.logs where log = '{log}'")
    return {name: row[name] for name in row if row[name] and name not in ("log", "cut")}


def test_a_line_that_comes_once_is_current(build_world):
    world = build_world(orders=[placed()], select="logs")
    assert counts(world) == {"accepted": 1, "current": 1}
    assert counts(world, "trips") == {}, "an empty log has no lines and no cut"
    assert world.value("select cut from audit.logs where log = 'trips'") is None


def test_of_one_event_duplicates_go_first_then_conflicts_then_the_latest_stands(build_world):
    twice = [placed(store_id="x")] * 2 + [placed(store_id="y")] * 3
    world = build_world(orders=[*twice, placed(store_id="z", received_at=LATER)], select="logs conflicts")
    assert counts(world) == {"accepted": 6, "current": 1, "duplicates": 3, "conflicts": 1, "superseded": 1}
    assert world.value("select store_id from staging.stg_orders") == "z"


def test_a_retraction_voids_the_event_and_a_later_line_brings_it_back(build_world):
    taken_back = placed(retracted=True, received_at=LATER)
    world = build_world(orders=[placed(), taken_back], select="logs")
    assert counts(world) == {"accepted": 2, "superseded": 1, "retracted": 1}
    back = placed(received_at=EVENING)
    world = build_world(orders=[placed(), taken_back, back], select="logs")
    assert counts(world) == {"accepted": 3, "current": 1, "superseded": 2}


def test_as_of_a_moment_only_what_was_received_by_then_is_known(build_world):
    lines = [placed(store_id="x"), placed(store_id="y", received_at=EVENING)]
    world = build_world(orders=lines, as_of=LATER, select="logs")
    assert counts(world) == {"accepted": 2, "current": 1, "after_cut": 1}
    assert world.value("select store_id from staging.stg_orders") == "x"
    assert world.value("select cast(cut as varchar) from audit.logs where log = 'orders'") == ("2022-05-21 19:00:00+00")


def instant(text):
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fingerprint(line):
    """SHA-256 of the canonical JSON, written down here a second time and independently."""
    names = ("occurred_at", "received_at", "promised_at")
    content = {name: instant(value) if name in names else value for name, value in line.items()}
    content |= {"retracted": line.get("retracted", False)}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def random_lines(seed, count=400):
    chance = random.Random(seed)
    return [
        placed(
            event_id=f"e-{chance.randrange(count // 4)}",
            received_at=chance.choice([NOON, LATER, EVENING]),
            package_count=chance.choice([1, 1, 1, 2]),
            promised_at=EVENING,
            dropoff_latitude=36.5,
            store_id=chance.choice(['quo"te', "back\\slash", "tab\there", "Zoë"]),
            retracted=chance.random() < 0.2,
        )
        for _ in range(count)
    ]


def expected_of(lines):
    """What the contract says of the lines: counts by class, and the fingerprints of what is current."""
    found, current = Counter(accepted=len(lines)), set()
    by_event = defaultdict(lambda: defaultdict(Counter))
    for line in lines:
        by_event[line["event_id"]][line["received_at"]][fingerprint(line)] += 1
    retracted = {fingerprint(line) for line in lines if line["retracted"]}
    for moments in by_event.values():
        for contents in moments.values():
            found["duplicates"] += contents.total() - len(contents)
            found["conflicts"] += len(contents) - 1
        found["superseded"] += len(moments) - 1
        stands = min(moments[max(moments)])
        found["retracted" if stands in retracted else "current"] += 1
        current |= {stands} - retracted
    return {name: count for name, count in found.items() if count}, current


def test_what_stands_is_chosen_by_content_whatever_the_order_of_arrival(build_world):
    lines = random_lines(seed=1)
    expected, current = expected_of(lines)
    assert len(expected) == 6, "every class occurs"
    for order in (lines, sorted(lines, key=fingerprint)):
        world = build_world(orders=order, select="logs conflicts")
        assert counts(world) == expected
        staged = world.rows("select event_id, received_at, store_id, package_count from staging.stg_orders")
        content = {name: placed()[name] for name in ("event_type", "occurred_at", "order_id", "site_id")}
        content |= {"promised_at": EVENING, "dropoff_latitude": 36.5}
        assert {
            fingerprint(content | row | {"received_at": row["received_at"].isoformat()}) for row in staged
        } == current
        listed = world.rows("select content_sha256 from audit.conflicts")
        assert len(listed) == expected["conflicts"]
        assert {row["content_sha256"] for row in listed}.isdisjoint(current)
