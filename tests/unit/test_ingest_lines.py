"""Every rule of the log contract that looks at one line."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ingesting import LINES, PAID, PLACED, SENT, jsonl, land, of_lines, take_in

STARTED = PAID | {"event_type": "started", "driver_id": "D1", "site_id": "las_vegas_mall"}
POSITION = PAID | {"event_type": "position", "latitude": 36.1, "longitude": -115.2}
TOLL = PAID | {"event_type": "toll_charged"}


SAMPLES = Path(__file__).parent / "samples"  # those of the written contract


@pytest.mark.parametrize(("log", "lines"), [("orders", 5), ("offers", 4), ("trips", 6)])
def test_the_samples_of_the_contract_are_accepted_whole(tmp_path, log, lines):
    land(tmp_path, log, "a.jsonl", (SAMPLES / f"{log}.jsonl").read_bytes())
    entry = take_in(tmp_path, log).entry
    assert (entry.accepted, entry.quarantined, entry.drifted_fields) == (lines, 0, "{}")


REQUIRED_BY_TYPE = [
    (STARTED, "driver_id"),
    (STARTED, "site_id"),
    (POSITION, "latitude"),
    (POSITION, "longitude"),
    (TOLL, "amount_usd"),
]


@pytest.mark.parametrize(("line", "field"), REQUIRED_BY_TYPE)
def test_what_an_event_type_requires_is_named_where_it_is_missing(tmp_path, line, field):
    assert of_lines(tmp_path, "trips", line | {field: None}).reasons == [f"missing_field:{field}"]


@pytest.mark.parametrize("line", [STARTED, POSITION, TOLL, PAID | {"event_type": "ended"}])
def test_an_event_with_what_its_type_requires_is_accepted(tmp_path, line):
    assert of_lines(tmp_path, "trips", line).reasons == []


REQUIRED = {
    "orders": ["event_id", "event_type", "occurred_at", "received_at", "order_id", "site_id"],
    "offers": ["offer_id", "block_id", "driver_id", "site_id", "block_starts_at", "block_ends_at", "pay_usd"],
    "trips": ["trip_id", "pay_kind", "amount_usd"],
}


@pytest.mark.parametrize("absence", ["gone", None, ""], ids=["left out", "null", "empty"])
@pytest.mark.parametrize(("log", "field"), [(log, field) for log, fields in REQUIRED.items() for field in fields])
def test_a_required_field_that_is_absent_refuses_the_line_and_is_named(tmp_path, log, field, absence):
    line = LINES[log] | {field: absence}
    if absence == "gone":
        del line[field]
    refused = of_lines(tmp_path, log, line)
    assert [(row["reason"], row["field"]) for row in refused.quarantine] == [(f"missing_field:{field}", field)]


OUT_OF_RANGE = [
    ("orders", PLACED | {"event_id": "x" * 65}, "event_id"),
    ("orders", PLACED | {"event_id": "o 1"}, "event_id"),
    ("orders", PLACED | {"event_id": "o-1\n"}, "event_id"),
    ("orders", PLACED | {"order_id": "ord/1"}, "order_id"),
    ("orders", PLACED | {"package_count": 0}, "package_count"),
    ("orders", PLACED | {"package_count": 1001}, "package_count"),
    ("orders", PLACED | {"dropoff_latitude": 90.1}, "dropoff_latitude"),
    ("orders", PLACED | {"dropoff_longitude": -180.1}, "dropoff_longitude"),
    ("offers", SENT | {"pay_usd": -0.01}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "NaN"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "1e400"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "-inf"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": 63.00001}, "pay_usd"),
    ("offers", SENT | {"pay_usd": 1_000_000.01}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "4e-11"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": 4e-11}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "1e-400"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "1.00000000001e0"}, "pay_usd"),
    ("trips", PAID | {"trip_miles": 1e19}, "trip_miles"),
    ("offers", SENT | {"wave": 0}, "wave"),
    ("offers", SENT | {"block_ends_at": SENT["block_starts_at"]}, "block_ends_at"),
    ("offers", SENT | {"block_ends_at": "2022-05-22T21:00:01Z"}, "block_ends_at"),
    ("trips", PAID | {"amount_usd": -1}, "amount_usd"),
    ("trips", PAID | {"pay_kind": "bonus"}, "pay_kind"),
    ("trips", PAID | {"trip_miles": -0.1}, "trip_miles"),
    ("trips", PAID | {"trip_miles": "Infinity"}, "trip_miles"),
    ("trips", TOLL | {"amount_usd": -1}, "amount_usd"),
    ("trips", POSITION | {"latitude": 91}, "latitude"),
]


@pytest.mark.parametrize(("log", "line", "field"), OUT_OF_RANGE)
def test_a_value_beyond_its_range_refuses_the_line_and_is_named(tmp_path, log, line, field):
    assert of_lines(tmp_path, log, line).reasons == [f"out_of_range:{field}"]


IN_RANGE = [
    ("orders", PLACED | {"event_id": "a.B_9:-" + "x" * 57}),
    ("orders", PLACED | {"package_count": 1000}),
    ("offers", SENT | {"pay_usd": 0}),
    ("offers", SENT | {"block_ends_at": "2022-05-22T21:00:00Z"}),
    ("trips", PAID | {"pay_kind": "adjustment", "amount_usd": -3.5}),
    ("trips", PAID | {"trip_miles": 0}),
    ("trips", POSITION | {"latitude": -90, "longitude": 180}),
]


@pytest.mark.parametrize(("log", "line"), IN_RANGE)
def test_a_value_on_the_edge_of_its_range_is_accepted(tmp_path, log, line):
    assert of_lines(tmp_path, log, line).reasons == []


BAD_TYPE = [
    ("orders", PLACED | {"occurred_at": "2022-05-21T12:02:10"}, "occurred_at"),
    ("orders", PLACED | {"received_at": "yesterday"}, "received_at"),
    ("orders", PLACED | {"received_at": "2022-05-21"}, "received_at"),
    ("orders", PLACED | {"received_at": "2022-02-30T10:00:00Z"}, "received_at"),
    ("orders", PLACED | {"received_at": "2022-05-21T24:00:00Z"}, "received_at"),
    ("orders", PLACED | {"received_at": "2022-05-21T10:00:00+0700"}, "received_at"),
    ("orders", PLACED | {"received_at": 1653159731}, "received_at"),
    ("orders", PLACED | {"promised_at": "soon"}, "promised_at"),
    ("orders", PLACED | {"package_count": 2.5}, "package_count"),
    ("orders", PLACED | {"package_count": "two"}, "package_count"),
    ("orders", PLACED | {"package_count": [1]}, "package_count"),
    ("orders", PLACED | {"store_id": {"phone": "555-0100"}}, "store_id"),
    ("orders", PLACED | {"order_id": ["ord-1"]}, "order_id"),
    ("orders", PLACED | {"dropoff_latitude": {"degrees": 36}}, "dropoff_latitude"),
    ("orders", PLACED | {"retracted": "maybe"}, "retracted"),
    ("offers", SENT | {"pay_usd": "abc"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": "12,50"}, "pay_usd"),
    ("offers", SENT | {"pay_usd": True}, "pay_usd"),
]


@pytest.mark.parametrize(("log", "line", "field"), BAD_TYPE)
def test_text_that_is_not_of_the_fields_type_refuses_the_line_even_in_an_optional_field(tmp_path, log, line, field):
    assert of_lines(tmp_path, log, line).reasons == [f"bad_type:{field}"]


@pytest.mark.parametrize(
    "text",
    [
        "2022-05-21T19:02:11Z",
        "2022-05-21t19:02:11z",
        "2022-05-21 19:02:11+00:00",
        "2022-05-21T12:02:11-07:00",
        "2022-05-21T19:02:11.000000-00:00",
        "2022-05-22T00:32:11+05:30",
        "2022-05-21T19:02:11.0000009Z",
    ],
)
def test_every_form_of_rfc_3339_is_the_same_instant(tmp_path, text):
    row = of_lines(tmp_path, "orders", PLACED | {"received_at": text}).row
    assert row["received_at"] == datetime(2022, 5, 21, 19, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (63, "63"),
        ("63.00", "63"),
        (12.5, "12.5"),
        ("12.5", "12.5"),
        ("-0", "0"),
        (-0.0, "0"),
        ("1.50000", "1.5"),
        ("+7", "7"),
        ("1e2", "100"),
        (0.0001, "0.0001"),
        ("999999.9999", "999999.9999"),
    ],
)
def test_numbers_as_strings_and_every_spelling_of_a_number_give_the_same_money(tmp_path, given, expected):
    assert of_lines(tmp_path, "offers", SENT | {"pay_usd": given}).row["pay_usd"] == Decimal(expected)


def test_a_number_is_fine_where_a_name_is_due(tmp_path):
    assert of_lines(tmp_path, "orders", PLACED | {"order_id": 881}).row["order_id"] == "881"


def test_an_id_written_as_a_number_is_one_id_whatever_else_the_line_says(tmp_path):
    placed = json.dumps(PLACED | {"order_id": 12345.0, "dropoff_latitude": 36.1})
    lenient = placed.replace("o-1", "o-2").replace("12345.0", "12345.00").replace("}", ', "strange": NaN}')
    assert of_lines(tmp_path, "orders", placed, lenient).lake["order_id"].to_list() == ["12345", "12345"]


NUMBERS = st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=60, deadline=None)
@given(value=st.one_of(NUMBERS, st.booleans(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)))
def test_a_value_reads_the_same_on_the_fast_way_and_on_the_slow_one(tmp_path_factory, value):
    line = json.dumps(PLACED | {"store_id": value})
    slow = line.replace("o-1", "o-2").replace("}", ', "strange": NaN}')
    taken = of_lines(tmp_path_factory.mktemp("w"), "orders", line, slow)
    assert taken.lake["store_id"].n_unique() == 1


def test_text_that_looks_like_a_list_is_text(tmp_path):
    assert of_lines(tmp_path, "orders", PLACED | {"store_id": "[shoes]"}).row["store_id"] == "[shoes]"


def test_minus_zero_miles_are_zero(tmp_path):
    assert str(of_lines(tmp_path, "trips", PAID | {"trip_miles": -0.0}).row["trip_miles"]) == "0.0"


def test_defaults_are_filled_for_the_event_types_that_have_the_field(tmp_path):
    ready = PLACED | {"event_id": "o-2", "event_type": "ready"}
    rows = of_lines(tmp_path, "orders", PLACED, ready).lake.sort("event_id").to_dicts()
    assert [(row["package_count"], row["retracted"]) for row in rows] == [(1, False), (None, False)]
    assert of_lines(tmp_path, "offers", SENT).row["wave"] == 1
    assert of_lines(tmp_path, "trips", STARTED).row["vehicle_class"] == "unknown"


def test_a_field_the_event_type_does_not_have_is_neither_judged_nor_loaded(tmp_path):
    ready = PLACED | {"event_type": "ready", "site_id": "nowhere", "package_count": "many"}
    row = of_lines(tmp_path, "orders", ready).row
    assert (row["site_id"], row["package_count"]) == (None, None)


@pytest.mark.parametrize("event_type", ["teleported", "Placed", " placed", "placed\n", "started", {"a": 1}, 7])
def test_an_unknown_event_type_is_refused(tmp_path, event_type):
    assert of_lines(tmp_path, "orders", PLACED | {"event_type": event_type}).reasons == ["unknown_event_type"]


@pytest.mark.parametrize(
    ("given", "expected"), [(True, True), ("true", True), ("TRUE", True), (1, True), (False, False), ("0", False)]
)
def test_retracted_may_be_written_as_a_boolean_a_word_or_a_digit(tmp_path, given, expected):
    assert of_lines(tmp_path, "orders", PLACED | {"retracted": given}).row["retracted"] is expected


def test_a_line_is_judged_by_its_files_first_ingest_also_when_it_is_read_again(tmp_path):
    line = PLACED | {"occurred_at": "2022-05-21T19:00:00Z", "received_at": "2022-05-23T00:00:00Z"}
    path = land(tmp_path, "orders", "a.jsonl", jsonl(line))
    with time_machine.travel(datetime(2022, 5, 21, 20, tzinfo=UTC), tick=False):
        assert take_in(tmp_path, "orders").reasons == ["received_in_future"]
    again = take_in(tmp_path, "orders", again=[path])
    assert (again.reasons, again.entry.accepted) == (["received_in_future"], 0)


def test_a_site_that_is_not_in_the_reference_is_refused(tmp_path):
    assert of_lines(tmp_path, "orders", PLACED | {"site_id": "atlantis"}).reasons == ["unknown_site"]


def test_a_device_clock_may_be_five_minutes_fast_and_not_a_microsecond_more(tmp_path):
    edge = PLACED | {"occurred_at": "2022-05-21T19:07:11Z"}
    beyond = edge | {"event_id": "o-2", "occurred_at": "2022-05-21T19:07:11.000001Z"}
    both = of_lines(tmp_path, "orders", edge, beyond)
    assert (both.row["event_id"], both.reasons) == ("o-1", ["occurred_after_received"])


def test_a_line_received_more_than_a_day_after_the_first_ingest_is_refused(tmp_path):
    with time_machine.travel(datetime(2022, 5, 20, 19, 2, 11, tzinfo=UTC), tick=False):
        late = PLACED | {"event_id": "o-2", "received_at": "2022-05-21T19:02:12Z"}
        both = of_lines(tmp_path, "orders", PLACED, late)
    assert (both.row["event_id"], both.reasons) == ("o-1", ["received_in_future"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"event_type": "nonsense", "occurred_at": "nonsense"}, "missing_field:event_id"),
        (PLACED | {"order_id": None, "occurred_at": "x"}, "missing_field:order_id"),
        (PLACED | {"event_id": "o 1", "occurred_at": "x"}, "bad_type:occurred_at"),
        (PLACED | {"event_type": "nonsense", "event_id": "o 1"}, "out_of_range:event_id"),
        (PLACED | {"event_type": "nonsense", "occurred_at": "2030-01-01T00:00:00Z"}, "unknown_event_type"),
        (PLACED | {"site_id": "atlantis", "occurred_at": "2030-01-01T00:00:00Z"}, "unknown_site"),
    ],
)
def test_of_several_faults_the_first_in_the_contracts_order_is_named(tmp_path, line, reason):
    assert of_lines(tmp_path, "orders", line).reasons == [reason]


def test_the_driver_id_is_pseudonymized_on_the_way_in(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_DRIVER_KEY", "key")
    taken = of_lines(tmp_path, "offers", SENT)
    # printf D1 | openssl dgst -sha256 -hmac key
    assert taken.row["driver_key"] == "06e7edc4653a958a"
    parts = (tmp_path / "lake").rglob("*.parquet")
    assert all(b"D1" not in part.read_bytes() for part in parts)


def test_unknown_fields_are_counted_and_not_loaded(tmp_path):
    strange = PLACED | {"customer_phone": "555-0100", "note": None}
    taken = of_lines(tmp_path, "orders", strange, PLACED | {"event_id": "o-2"})
    assert taken.entry.drifted_fields == '{"customer_phone":1}'
    assert all(b"555-0100" not in part.read_bytes() for part in (tmp_path / "lake").rglob("*.parquet"))
