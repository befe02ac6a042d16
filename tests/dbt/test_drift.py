"""audit.drift and its two warnings: what changes is shown, chance is not."""

import json
import random
from datetime import date, timedelta

import pytest

FIELDS, REFUSALS = "assert_fields_arrive_as_usual", "assert_refusals_are_as_usual"
FIRST = date(2022, 5, 1)
SECRET = "Jane Doe, 12 Elm Street"


def line(day, number, **fields):
    noon = f"{FIRST + timedelta(days=day)}T12:00:00Z"
    envelope = {"event_id": f"e-{day}-{number}", "event_type": "picked_up", "occurred_at": noon, "received_at": noon}
    return envelope | {"order_id": "o", "trip_id": "t"} | fields


def without(row, name):
    return {key: value for key, value in row.items() if key != name}


def days_of(count, lines_of):
    """Files of as many days, each with the lines that `lines_of(day)` yields (rows, or text as it stands)."""
    texts = ([row if isinstance(row, str) else json.dumps(row) for row in lines_of(day)] for day in range(count))
    return {
        f"orders/{FIRST + timedelta(days=day)}/a.jsonl": "".join(f"{text}\n" for text in lines)
        for day, lines in enumerate(texts)
        if lines
    }


@pytest.fixture(scope="module")
def drifting(build_world):
    """A function: `drifting(days, lines_of)` is the world after these days."""
    return lambda count, lines_of: build_world(files=days_of(count, lines_of), select=f"drift {FIELDS} {REFUSALS}")


def beyond(world):
    rows = world.rows("select landed_on, measure, name from audit.drift where is_beyond order by all")
    return [((row["landed_on"] - FIRST).days, row["measure"], row["name"]) for row in rows]


def statuses(world):
    return world.results[FIELDS].status, world.results[REFUSALS].status


def test_a_field_that_stops_arriving_warns_with_its_figures(drifting):
    def lines_of(day):
        rows = [line(day, number) for number in range(60)]
        return [without(row, "trip_id") for row in rows] if day == 11 else rows

    world = drifting(12, lines_of)
    assert beyond(world) == [(11, "field", "trip_id")]
    assert statuses(world) == ("warn", "pass")
    [row] = world.results[FIELDS].failing_rows
    assert {
        name: row[name] for name in ("log", "landed_on", "event_type", "name", "lines", "found", "usual_share")
    } == {
        "log": "orders",
        "landed_on": "2022-05-12",
        "event_type": "picked_up",
        "name": "trip_id",
        "lines": "60",
        "found": "0",
        "usual_share": "1",
    }


def test_what_is_off_stays_off_and_warns_while_it_lasts(drifting):
    def lines_of(day):
        rows = [line(day, number) for number in range(60)]
        if day in (11, 12):  # two wholly broken days first
            return [row | {"event_type": "pickedup"} for row in rows]
        return [without(row, "trip_id") if day >= 13 else row for row in rows]

    world = drifting(25, lines_of)
    broken = [(day, "reason", "unknown_event_type") for day in (11, 12)]
    assert beyond(world) == [*broken, *((day, "field", "trip_id") for day in range(13, 25))]
    [row] = world.results[FIELDS].failing_rows
    assert (row["landed_on"], row["beyond_since"], row["usual_share"]) == ("2022-05-25", "2022-05-14", "1")
    assert statuses(world) == ("warn", "pass"), "the broken days are over for more than a week"


def test_one_misplaced_file_does_not_hide_what_is_refused_after_it(drifting):
    def lines_of(day):
        yield from (line(day, number) for number in range(100))
        broken = {9: 900, 14: 60}.get(day, 1)
        yield from (line(day, 1000 + number, event_type="nonsense") for number in range(broken))

    assert beyond(drifting(16, lines_of)) == [(day, "reason", "unknown_event_type") for day in (9, 14)]


def test_what_has_been_off_for_four_weeks_is_the_usual_state_and_is_learned_anew(drifting):
    def lines_of(day):
        rows = [line(day, number) for number in range(60)]
        return rows if day < 10 else [without(row, "trip_id") for row in rows]

    world = drifting(50, lines_of)
    assert beyond(world) == [(day, "field", "trip_id") for day in range(10, 38)]
    assert statuses(world) == ("pass", "pass")


def test_a_field_with_a_default_counts_as_found_where_it_says_something_else(drifting):
    def lines_of(day):
        fields = {"event_type": "placed", "site_id": "las_vegas_mall"}
        for number in range(100):
            counted = {"package_count": 1 + number % 2} if day < 10 else {}
            yield line(day, number, **fields, **counted)

    world = drifting(11, lines_of)
    assert beyond(world) == [(10, "field", "package_count")]
    assert world.value("select found from audit.drift where name = 'package_count' order by landed_on limit 1") == 50


def test_a_reason_of_quarantine_that_jumps_warns_and_fewer_of_them_do_not(drifting):
    def lines_of(day):
        broken = {10: 30, 12: 0}.get(day, 2)
        yield from (line(day, number) for number in range(200))
        yield from (line(day, 1000 + number, order_id="no/id") for number in range(broken))

    world = drifting(13, lines_of)
    assert beyond(world) == [(10, "reason", "out_of_range:order_id")]
    assert statuses(world) == ("pass", "warn")
    assert world.results[REFUSALS].failing_rows[0]["found"] == "30"


def test_a_reason_never_seen_before_warns_once_it_is_more_than_a_handful(drifting):
    def lines_of(day):
        yield from (line(day, number) for number in range(200))
        broken = {9: (5, "soon"), 10: (20, "tomorrow")}.get(day, (0, ""))
        field = "occurred_at" if day == 9 else "received_at"
        yield from (line(day, 1000 + number) | {field: broken[1]} for number in range(broken[0]))

    assert beyond(drifting(11, lines_of)) == [(10, "reason", "bad_type:received_at")]


def noisy_day(chance, day):
    """Any number of lines from few to many, fields there by chance, some lines broken; half the lines hang together."""
    fate = chance.random() < 0.5
    for number in range(chance.choice([3, 8, 20, 60, 150])):
        fate = fate if chance.random() < 0.5 else chance.random() < 0.5
        row = line(day, number, event_type=chance.choice(["picked_up", "returned", "cancelled"]))
        row |= {"reason": "store"} if fate else {}
        row = row if chance.random() < 0.9 else without(row, "trip_id")
        yield row if chance.random() < 0.99 else without(row, "order_id")


@pytest.mark.parametrize("seed", range(3))
def test_the_noise_of_large_and_small_days_stays_silent(drifting, seed):
    chance = random.Random(seed)
    world = drifting(60, lambda day: list(noisy_day(chance, day)))
    assert world.value("select count(*) from audit.drift where is_beyond is not null") > 150
    assert beyond(world) == []


def test_with_fewer_than_seven_days_before_nothing_is_usual(drifting):
    def lines_of(day):
        return [line(day, number) if day < 6 else without(line(day, number), "trip_id") for number in range(99)]

    world = drifting(7, lines_of)
    assert world.rows("select distinct usual_share, usual_share_low, usual_share_high, is_beyond from audit.drift") == [
        dict.fromkeys(("usual_share", "usual_share_low", "usual_share_high", "is_beyond"))
    ]
    assert statuses(world) == ("pass", "pass")


def test_an_event_type_that_does_not_come_is_no_drift_of_its_fields(drifting):
    def lines_of(day):
        event_type = "ready" if day in (10, 11, 12) else "picked_up"
        return [line(day, number, event_type=event_type) for number in range(60)]

    world = drifting(14, lines_of)
    assert beyond(world) == []
    last = world.row("select * from audit.drift where name = 'trip_id' order by landed_on desc limit 1")
    assert (last["previous_days"], last["found_share"]) == (10, 1)


def test_an_unknown_field_warns_when_it_is_new_and_is_shown_from_then_on(drifting):
    def lines_of(day):
        extra = {"app_version": "7"} | ({"battery": 55} if day >= 12 else {}) | ({"brand_new": 1} if day == 19 else {})
        return [line(day, number, **extra) for number in range(3)]

    world = drifting(20, lines_of)
    assert beyond(world) == [(12, "unknown_field", "battery"), (19, "unknown_field", "brand_new")]
    [row] = world.results[FIELDS].failing_rows
    assert row["name"] == "brand_new", "what is older than the latest seven days warns no more"
    shown = world.rows("select found, lines from audit.drift where name = 'app_version'")
    assert shown == [{"found": 3, "lines": 3}] * 20


def test_no_text_of_a_refused_line_is_in_the_warnings_or_the_drift(drifting):
    def lines_of(day):
        rows = [line(day, number) for number in range(40)]
        return rows if day < 9 else [*rows, *(line(day, 100 + n, occurred_at=SECRET) | {SECRET: 1} for n in range(40))]

    world = drifting(10, lines_of)
    assert statuses(world) == ("warn", "warn")
    names = {row["name"] for row in world.rows("select distinct name from audit.drift")}
    assert names == {"trip_id", "bad_type:occurred_at", "(other names)"}
    assert SECRET not in str(world.results) + str(world.rows("select * from audit.drift"))


def test_a_workspace_without_dated_folders_has_no_history_and_no_warning(build_world):
    lines = [line(day, number) for day in range(30) for number in range(5)]
    world = build_world(orders=lines, select=f"drift {FIELDS} {REFUSALS}")
    assert statuses(world) == ("pass", "pass")
    assert world.value("select count(is_beyond) from audit.drift") == 0
