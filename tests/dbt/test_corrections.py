"""Which line of an event stands: duplicates, conflicts, corrections, retractions, as of a moment."""

import hashlib
import json
import random

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


def test_no_order_of_arrival_changes_what_stands(build_world):
    lines = [placed(store_id=f"s-{number}") for number in range(6)]
    found = set()
    for seed in range(2):
        random.Random(seed).shuffle(lines)
        world = build_world(orders=lines, select="logs conflicts")
        found.add(world.value("select store_id from staging.stg_orders"))
    assert len(found) == 1, f"the order of lines chose the winner: {found}"


def test_of_a_conflict_the_least_hash_of_the_canonical_json_stands(build_world):
    stores = ['quo"te', "back\\slash", "tab\there", "Zoë"]
    lines = [
        placed(event_id=f"p-{n}", store_id=store, dropoff_latitude=36.5, package_count=packages, promised_at=EVENING)
        for n, store in enumerate(stores)
        for packages in (1, 2, 3)
    ]

    def fingerprint(line):
        instants = {
            "occurred_at": "2022-05-21T19:00:00.000000Z",
            "received_at": "2022-05-21T19:00:00.000000Z",
            "promised_at": "2022-05-22T03:00:00.000000Z",
        }
        content = line | instants | {"retracted": False}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    world = build_world(orders=lines, select="logs conflicts")
    stands = {row["event_id"]: row["package_count"] for row in world.rows("select * from staging.stg_orders")}
    listed = {row["content_sha256"] for row in world.rows("select content_sha256 from audit.conflicts")}
    for event_id, winner in stands.items():
        ranked = sorted((line for line in lines if line["event_id"] == event_id), key=fingerprint)
        assert winner == ranked[0]["package_count"]
        assert {fingerprint(line) for line in ranked[1:]} <= listed
    assert len(stands) == len(stores) and len(listed) == 2 * len(stores)
