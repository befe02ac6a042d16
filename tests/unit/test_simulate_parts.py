"""The simulator's small parts: clocks, distances, the rule for conflicts, and the log they are spelled into."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contract import LOGS
from pipelines.simulate.conflicts import canonical_json, fingerprint, losing_twins
from pipelines.simulate.events import event_columns
from pipelines.simulate.geometry import EARTH_RADIUS_MILES, great_circle_miles
from pipelines.simulate.span import Span

ZONES = ["America/Los_Angeles", "America/Phoenix", "America/New_York", "America/Chicago", "Europe/Berlin"]
MOMENT = datetime(2022, 3, 13, 10, 30, 15, 250_000, tzinfo=UTC)


def line(log: str, **fields: object) -> pl.DataFrame:
    """One typed line; what is not given is null."""
    columns = event_columns(LOGS[log])
    return pl.DataFrame([dict.fromkeys(columns) | fields], schema=columns)


@given(st.dates(date(2021, 1, 1), date(2024, 1, 1)), st.sampled_from(ZONES))
def test_clock_hours_after_three_are_right_on_every_day_of_every_zone(starts_on: date, zone: str):
    span = Span(starts_on, 2)
    evening = span.instants(span.midnights(zone) + 18 * 3600.0, resolution_s=1.0)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in evening]
    assert [moment.hour for moment in local] == [18, 18, 18]
    assert [moment.date() for moment in local] == [span.day(0), span.day(1), span.day(2)]


def test_what_never_happens_has_no_instant():
    found = Span(date(2022, 1, 10), 1).instants(np.array([0.0, np.nan, 86_399.9996]), resolution_s=0.001)
    assert found.to_list() == [
        datetime(2022, 1, 10, tzinfo=UTC),
        None,
        datetime(2022, 1, 10, 23, 59, 59, 999_000, tzinfo=UTC),
    ]


def test_a_quarter_of_a_great_circle_is_a_quarter_of_the_way_round():
    quarter = great_circle_miles(np.array(0.0), np.array(0.0), np.array(0.0), np.array(90.0))
    assert float(quarter) == pytest.approx(np.pi / 2 * EARTH_RADIUS_MILES)


@given(*[st.floats(-60, 60)] * 2, *[st.floats(-170, 170)] * 2)
def test_the_way_there_is_as_long_as_the_way_back(lat: float, to_lat: float, lon: float, to_lon: float):
    there, back = (
        great_circle_miles(*map(np.array, p)) for p in ((lat, lon, to_lat, to_lon), (to_lat, to_lon, lat, lon))
    )
    assert float(there) == pytest.approx(float(back), abs=1e-6)


def test_canonical_json_sorts_keys_fills_defaults_and_leaves_out_what_has_no_value():
    posted = line(
        "trips",
        event_id="t-6",
        event_type="pay_posted",
        occurred_at=MOMENT,
        received_at=MOMENT + timedelta(seconds=2),
        trip_id="trip-52",
        pay_kind="base",
        amount_usd=Decimal("66"),
        trip_miles=41.0,
        vehicle_class="a field that pay has not",
    )
    assert canonical_json(LOGS["trips"], posted.row(0, named=True)) == (
        '{"amount_usd":66.0000,"event_id":"t-6","event_type":"pay_posted",'
        '"occurred_at":"2022-03-13T10:30:15.250000Z","pay_kind":"base",'
        '"received_at":"2022-03-13T10:30:17.250000Z","retracted":false,"trip_id":"trip-52","trip_miles":41.0}'
    )


@given(st.integers(0, 10_000))
def test_the_twin_of_a_line_is_the_same_event_told_differently_and_loses(number: int):
    log = LOGS["orders"]
    told = line(
        "orders",
        event_id=f"o-{number}",
        event_type="delivered",
        occurred_at=MOMENT,
        received_at=MOMENT,
        order_id=f"ord-{number}",
    )
    for twin in losing_twins(log, told).iter_rows(named=True):
        standing = told.row(0, named=True)
        assert (twin["event_id"], twin["received_at"]) == (standing["event_id"], standing["received_at"])
        assert fingerprint(log, twin) > fingerprint(log, standing)
