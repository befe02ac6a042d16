"""The shipped adapters on made-up rows: what is mapped to what, zone-less stamps, and that ingest takes every line."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.adapters import SHIPPED_ADAPTERS, import_logs
from pipelines.adapters.foreign import foreign_database, make_table
from pipelines.ingest import IngestSummary, ingest
from pipelines.reference import read_reference
from pipelines.workspace import open_workspace

CHICAGO = ZoneInfo("America/Chicago")
RIDE = {
    "ride_type": "UberX",
    "ride_category": "TRIP",
    "status": "COMPLETED",
    "tip": "3.0",
    "surge": "3.75",
    "duration": "713",
    "distance": "1.5",
    "pickup_zip": "60657",
    "dropoff_zip": "60613",
    "earnings": "11.19",
    "base_pay": "4.4399999999999995",
    "ride_start": "2023-01-15 13:17:41",
    "ride_end": "2023-01-15 13:29:34",
}
DELIVERY = {
    "delivery_id": "100",
    "customer_id": "4711",
    "jumpman_id": "7",
    "vehicle_type": "bicycle",
    "pickup_place": "Noodles & Co ",
    "place_category": "Chinese",
    "item_name": "Secret soup",
    "item_quantity": "2",
    "item_category_name": "Soup",
    "how_long_it_took_to_order": "00:06:44.541717",
    "pickup_lat": "40.7446071",
    "pickup_lon": "-73.9907419",
    "dropoff_lat": "40.7520725859369",
    "dropoff_lon": "-73.9853695545937",
    "when_the_delivery_started": "2014-10-26 13:51:59.898924",
    "when_the_Jumpman_arrived_at_pickup": "2014-10-26 13:50:00",
    "when_the_Jumpman_left_pickup": "2014-10-26 14:10:00.5",
    "when_the_Jumpman_arrived_at_dropoff": "2014-10-26 14:52:06.313088",
}


def write(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    written = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, written[0])
        writer.writeheader()
        writer.writerows(written)
    return path


def land(adapter: str, folder: Path, *rows: dict[str, str]) -> tuple[dict[str, pl.DataFrame], list[str]]:
    notes: list[str] = []
    landed = import_logs(Path(adapter), [write(folder / "input.csv", rows)], folder / "ws", notes.append)
    return {path.parent.name: pl.read_parquet(path, glob=False) for path in landed}, notes


def ingested(folder: Path) -> dict[str, IngestSummary]:
    workspace = open_workspace(folder / "ws")
    sites = read_reference(workspace.reference)["sites"]["site_id"].to_list()
    return {log: ingest(workspace, log, sites) for log in ("orders", "offers", "trips")}


def times(frame: pl.DataFrame, event_type: str) -> list[str]:
    return [f"{at:%d %H:%M:%S}" for at in frame.filter(event_type=event_type).sort("trip_id")["occurred_at"]]


def test_a_ride_is_a_started_and_ended_trip_with_miles_and_every_kind_of_pay(tmp_path: Path):
    logs, _ = land("uber_driver", tmp_path, RIDE)
    trips = logs["trips"]
    assert times(trips, "started") == ["15 19:17:41"]
    assert times(trips, "ended") == ["15 19:29:34"]
    assert trips.filter(event_type="ended")["trip_miles"].to_list() == [1.5]
    pay = trips.filter(event_type="pay_posted").sort("pay_kind").select("pay_kind", "amount_usd").rows()
    assert pay == [("base", Decimal("4.44")), ("incentive", Decimal("3.75")), ("tip", Decimal("3"))]
    assert trips["occurred_at"].equals(trips["received_at"])
    assert ingested(tmp_path)["trips"].entries[0].accepted == 5


def test_a_cancelled_ride_without_pay_is_a_trip_whose_base_pay_of_nothing_is_known(tmp_path: Path):
    nothing = {"tip": "0.0", "surge": "0.0", "earnings": "0.0", "base_pay": "0.0", "distance": "0.0", "duration": "0"}
    logs, _ = land("uber_driver", tmp_path, RIDE | nothing | {"status": "CANCELED", "ride_end": RIDE["ride_start"]})
    assert logs["trips"]["event_type"].sort().to_list() == ["ended", "pay_posted", "started"]
    assert logs["trips"]["amount_usd"].drop_nulls().to_list() == [Decimal(0)]


def test_what_the_total_has_beyond_its_parts_is_an_adjustment(tmp_path: Path):
    logs, _ = land("uber_driver", tmp_path, RIDE | {"earnings": "10.00"})
    adjustment = logs["trips"].filter(pay_kind="adjustment")["amount_usd"].to_list()
    assert adjustment == [Decimal("-1.19")]
    assert logs["trips"]["amount_usd"].sum() == Decimal(10)
    assert ingested(tmp_path)["trips"].entries[0].quarantined == 0


def test_a_row_that_stands_there_twice_is_one_trip_and_its_lines_are_duplicates(tmp_path: Path):
    logs, notes = land("uber_driver", tmp_path, RIDE, RIDE, RIDE | {"ride_start": "2023-01-15 13:17:40"})
    assert logs["trips"].height == 15
    assert logs["trips"]["trip_id"].n_unique() == 2
    assert logs["trips"].unique().height == 10
    assert notes[1] == "1 rows repeat a ride; they count once."


def test_a_later_export_with_a_new_tip_names_the_same_trip(tmp_path: Path):
    first, _ = land("uber_driver", tmp_path, RIDE | {"tip": "0.0", "earnings": "8.19"})
    second, _ = land("uber_driver", tmp_path, RIDE)
    ids = set(first["trips"]["event_id"])
    assert ids < set(second["trips"]["event_id"])
    assert set(second["trips"]["event_id"]) - ids == {f"{first['trips']['trip_id'][0]}:tip"}


# start, end, duration in seconds; the true instants; whether the duration settles which hour it was
CLOCKS = {
    "first hour": ("2023-11-05 00:30:00", "2023-11-05 01:15:00", "2700", "05:30", "06:15", True),
    "second hour": ("2023-11-05 00:30:00", "2023-11-05 01:15:00", "6300", "05:30", "07:15", True),
    "either hour": ("2023-11-05 01:15:00", "2023-11-05 01:45:00", "1800", "06:15", "06:45", False),
    "clock goes back": ("2023-11-05 01:50:00", "2023-11-05 01:10:00", "1200", "06:50", "07:10", True),
    "out of the second": ("2023-11-05 01:30:00", "2023-11-05 02:15:00", "2700", "07:30", "08:15", True),
    "out of the first": ("2023-11-05 01:30:00", "2023-11-05 02:15:00", "6300", "06:30", "08:15", True),
    "over both": ("2023-11-05 00:50:00", "2023-11-05 02:10:00", "8400", "05:50", "08:10", None),
    "over the gap": ("2024-03-10 01:50:00", "2024-03-10 03:10:00", "1200", "07:50", "08:10", None),
    "starts in the gap": ("2024-03-10 02:30:00", "2024-03-10 03:40:00", "600", "08:30", "08:40", None),
    "ends in the gap": ("2024-03-10 01:50:00", "2024-03-10 02:10:00", "1200", "07:50", "08:10", None),
    "within the gap": ("2024-03-10 02:10:00", "2024-03-10 02:30:00", "1200", "08:10", "08:30", None),
    "no end": ("2023-07-01 12:00:00", "", "600", "17:00", "17:10", None),
    "no start": ("", "2023-07-01 12:10:00", "600", "17:00", "17:10", None),
    "no duration": ("2023-07-01 12:00:00", "2023-07-01 12:10:00", "", "17:00", "17:10", None),
    "no duration, either hour": ("2023-11-05 01:50:00", "2023-11-05 01:10:00", "", "06:50", "07:10", False),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_the_hours_that_clocks_show_twice_or_never_are_settled_by_the_duration(tmp_path: Path, case: str):
    start, end, duration, started, ended, settled = CLOCKS[case]
    logs, notes = land("uber_driver", tmp_path, RIDE | {"ride_start": start, "ride_end": end, "duration": duration})
    assert times(logs["trips"], "started")[0][3:] == f"{started}:00"
    assert times(logs["trips"], "ended")[0][3:] == f"{ended}:00"
    repeated, by_duration, missing = settled is not None, settled is True, "gap" in case and case != "over the gap"
    assert f"{int(repeated)} rides touch the hour that November repeats ({int(by_duration)} of them" in notes[0]
    assert f"hour), {int(missing)} the hour that March leaves out" in notes[0]


def test_a_ride_without_any_stamp_is_not_lost_but_refused_by_ingest_where_it_is_counted(tmp_path: Path):
    logs, _ = land("uber_driver", tmp_path, RIDE, RIDE | {"ride_start": "", "ride_end": "", "duration": "5"})
    assert logs["trips"]["trip_id"].n_unique() == 2
    entry = ingested(tmp_path)["trips"].entries[0]
    assert (entry.lines, entry.accepted, entry.quarantined) == (9, 5, 4)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@settings(max_examples=15, deadline=None)
@given(
    rides=st.lists(
        st.tuples(
            st.one_of(
                st.datetimes(datetime(2023, 11, 5, 4), datetime(2023, 11, 5, 9)),
                st.datetimes(datetime(2024, 3, 10, 6), datetime(2024, 3, 10, 10)),
                st.datetimes(datetime(2023, 1, 1), datetime(2024, 12, 31)),
            ),
            st.integers(0, 4 * 3600),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_what_a_right_clock_and_the_true_duration_say_is_found_again(scratch: Path, rides: list[tuple[datetime, int]]):
    """Whatever the night: the duration is kept, and only where both hours fit the ride may stand one hour early."""
    rows, truth = [], []
    for at, seconds in rides:
        start = at.replace(microsecond=0, tzinfo=UTC)
        end = start + timedelta(seconds=seconds)
        local = [f"{each.astimezone(CHICAGO):%Y-%m-%d %H:%M:%S}" for each in (start, end)]
        rows.append(RIDE | {"ride_start": local[0], "ride_end": local[1], "duration": str(seconds)})
        truth.append((start, end))
    path = write(scratch / "rides.csv", rows)
    for leftover in scratch.glob("in*"):
        leftover.unlink()
    (scratch / "import.duckdb").unlink(missing_ok=True)
    with foreign_database([path], scratch) as connection:
        make_table(connection, SHIPPED_ADAPTERS / "uber_driver" / "prepared.sql", "prepared")
        query = "select started_at, ended_at, is_in_repeated_hour and not is_settled from prepared order by ride_row"
        found = connection.execute(query).fetchall()
    for (start, end), (found_start, found_end, is_open) in zip(truth, found, strict=True):
        assert found_end - found_start == end - start
        assert start - found_start in ({timedelta(0), timedelta(hours=1)} if is_open else {timedelta(0)})


def test_a_delivery_is_an_order_and_a_trip_and_carries_no_customer(tmp_path: Path):
    logs, notes = land("postmates_nyc", tmp_path, DELIVERY, DELIVERY, DELIVERY | {"item_name": "Tea"})
    orders, trips = logs["orders"], logs["trips"]
    assert orders["event_type"].sort().to_list() == ["delivered", "picked_up", "placed"]
    assert trips["event_type"].sort().to_list() == [
        "arrived_at_dropoff",
        "arrived_at_pickup",
        "departed_pickup",
        "ended",
        "started",
    ]
    assert f"{orders.filter(event_type='placed')['occurred_at'][0]:%H:%M:%S.%f}" == "17:51:59.898924"
    assert times(trips, "arrived_at_pickup") == ["26 17:50:00"]
    placed = orders.filter(event_type="placed").row(0, named=True)
    assert (placed["store_id"], placed["site_id"]) == ("Noodles & Co", "new_york_other")
    assert (placed["dropoff_latitude"], placed["dropoff_longitude"]) == (40.75, -73.99)
    assert not {"4711", "Secret soup", "Tea"} & {str(value) for row in [*orders.rows(), *trips.rows()] for value in row}
    assert notes[0].startswith("3 lines, one per item, are 1 deliveries of 1 couriers; 0 have no scan")
    assert all(summary.entries[0].quarantined == 0 for log, summary in ingested(tmp_path).items() if log != "offers")


def test_a_stamp_that_was_not_scanned_makes_no_event(tmp_path: Path):
    unscanned = {"when_the_Jumpman_arrived_at_pickup": "", "when_the_Jumpman_left_pickup": ""}
    open_order = {"when_the_Jumpman_arrived_at_dropoff": ""}
    logs, notes = land("postmates_nyc", tmp_path, DELIVERY | unscanned, DELIVERY | open_order | {"delivery_id": "101"})
    by_id = {"100": ["delivered", "placed"], "101": ["picked_up", "placed"]}
    found = logs["orders"].group_by("order_id").agg(pl.col("event_type").sort())
    assert dict(found.iter_rows()) == by_id
    assert "1 have no scan at the store" in notes[0]


def test_stamps_in_the_hours_that_clocks_show_twice_or_never_are_counted(tmp_path: Path):
    autumn = {"when_the_delivery_started": "2014-11-02 01:30:00", "when_the_Jumpman_arrived_at_pickup": ""}
    spring = {"when_the_delivery_started": "2015-03-08 02:30:00", "delivery_id": "101"}
    logs, notes = land("postmates_nyc", tmp_path, DELIVERY | autumn, DELIVERY | spring)
    assert times(logs["trips"], "started") == ["02 05:30:00", "08 07:30:00"]
    assert "1 fall into the hour that November repeats" in notes[1]
    assert "1 into the hour that March leaves out" in notes[1]


@pytest.mark.parametrize(
    ("category", "place", "site"),
    [
        ("Drug Store", "Duane Reade", "retail"),
        ("Electronics Store", "Apple Store", "retail"),
        ("Grocery Store", "Whole Foods Market", "grocery"),
        ("Burger", "Shake Shack", "other"),
        ("Food Truck", "CVS Tacos", "other"),
        ("", "CVS Pharmacy", "retail"),
        ("", "The Home Depot", "retail"),
        ("", "Ricky's NYC", "retail"),
        ("", "Golden Wines", "retail"),
        ("", "Winebar", "other"),
        ("", "Gristedes Supermarkets", "grocery"),
        ("", "Dessert Club", "other"),
        ("", "", "other"),
    ],
)
def test_the_site_follows_from_the_places_category_or_else_from_its_name(
    tmp_path: Path, category: str, place: str, site: str
):
    logs, _ = land("postmates_nyc", tmp_path, DELIVERY | {"place_category": category, "pickup_place": place})
    assert logs["orders"].filter(event_type="placed")["site_id"].to_list() == [f"new_york_{site}"]


@pytest.mark.parametrize(
    ("vehicle", "vehicle_class"),
    [
        ("walker", "walker"),
        ("car", "car"),
        ("scooter", "motorcycle"),
        ("truck", "van"),
        ("rickshaw", "unknown"),
        ("", "unknown"),
    ],
)
def test_every_vehicle_has_a_class_of_the_reference(tmp_path: Path, vehicle: str, vehicle_class: str):
    logs, _ = land("postmates_nyc", tmp_path, DELIVERY | {"vehicle_type": vehicle})
    assert logs["trips"].filter(event_type="started")["vehicle_class"].to_list() == [vehicle_class]
    classes = read_reference(tmp_path / "ws" / "reference")["vehicle_classes"]["vehicle_class"]
    assert vehicle_class in classes
