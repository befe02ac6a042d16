"""Real logs through the whole pipeline: the figures known of them come out of the published file.

The truth is worked out here from the recorded CSV files with the standard library only.
"""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from pipelines.workspace import PROJECT_ROOT

RECORDED = PROJECT_ROOT.parent / "shared" / "real"
RIDES = RECORDED / "uber_driver_chicago" / "rides.csv"
DELIVERIES = RECORDED / "postmates_nyc_2014" / "deliveries.csv"
GASOLINE = RECORDED / "eia_gasoline" / "eia_weekly_regular_by_area.csv"
CHICAGO = ZoneInfo("America/Chicago")
MILES_PER_GALLON = Decimal("25.4")

pytestmark = [
    pytest.mark.recorded,
    pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recorded logs are not at {RECORDED}"),
]


def doorstep(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("doorstep"), *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def query(workspace: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(workspace / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def uber(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("uber")
    done = doorstep("import", "uber_driver", RIDES, "--workspace", workspace)
    assert "4594 rides" in done.stderr
    assert "0 rides touch the hour that November repeats" in done.stderr
    doorstep("run", "--workspace", workspace)
    return workspace


@pytest.fixture(scope="module")
def postmates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("postmates")
    doorstep("import", "postmates_nyc", DELIVERIES, "--workspace", workspace)
    doorstep("run", "--workspace", workspace)
    return workspace


def instant(local: str) -> datetime:
    # None of the recorded rides falls into an hour that the clocks repeat or leave out.
    return datetime.fromisoformat(local).replace(tzinfo=CHICAGO)


def test_every_ride_is_an_ended_trip_with_its_earnings_to_the_cent(uber: Path):
    cents = Decimal("0.01")
    expected = {instant(ride["ride_start"]): Decimal(ride["earnings"]).quantize(cents) for ride in rows(RIDES)}
    found = query(uber, "select started_at, gross_usd from fct_trips where status = 'ended' and not is_pay_pending")
    assert dict(found) == expected
    assert len(found) == 4594


def test_the_sums_of_pay_and_miles_are_those_of_the_log(uber: Path):
    sums = "sum(gross_usd), sum(base_usd), sum(tip_usd), sum(incentive_usd), sum(adjustment_usd)"
    (pay,) = query(uber, f"select {sums} from fct_trips")
    assert pay == tuple(map(Decimal, ("49771.61", "40322.68", "6399.68", "3049.25", "0")))
    ((miles, costed, drivers),) = query(
        uber,
        "select sum(total_miles), count(*) filter (where is_cost_known), count(distinct driver_key) from fct_trips",
    )
    assert miles == pytest.approx(19835.2)
    assert (costed, drivers) == (4594, 1)
    ((earned, gross),) = query(
        uber, "select trips, gross_usd from driver_earnings where grain = 'all' and offer_type = 'all' limit 1"
    )
    assert (earned, gross) == (4594, Decimal("49771.61"))


def test_gas_is_the_miles_at_the_chicago_price_of_the_rides_week(uber: Path):
    prices = {row["date"]: Decimal(row["usd_per_gallon"]) for row in rows(GASOLINE) if row["area"] == "Chicago"}
    expected = {}
    for ride in rows(RIDES):
        day = datetime.fromisoformat(ride["ride_start"]).date()
        price = prices[(day - timedelta(days=day.weekday())).isoformat()]
        gas = Decimal(ride["distance"]) / MILES_PER_GALLON * price
        expected[instant(ride["ride_start"])] = gas.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert dict(query(uber, "select started_at, gas_usd from fct_trips")) == expected
    net = "net_usd = gross_usd - gas_usd - toll_usd - maintenance_usd"
    assert query(uber, f"select bool_and({net}), bool_or(is_fuel_price_imputed) from fct_trips") == [(True, False)]


def test_hours_of_rides_that_overlap_are_summed_and_the_overlap_is_said(uber: Path):
    spans = sorted((instant(ride["ride_start"]), instant(ride["ride_end"])) for ride in rows(RIDES))
    spans = sorted((start.timestamp(), end.timestamp()) for start, end in spans)
    summed, union, until = sum(end - start for start, end in spans) / 3600, 0.0, 0.0
    for start, end in spans:
        union += max(0.0, end - max(start, until)) / 3600
        until = max(until, end)
    assert (round(summed, 1), round(union, 1)) == (1251.5, 1223.6)
    sql = "select on_job_hours, overlapping_hours from driver_earnings where grain = 'all' and offer_type = 'all'"
    for hours, overlapping in query(uber, sql):
        assert hours == pytest.approx(summed)
        assert overlapping == pytest.approx(summed - union)
    assert query(uber, "select bool_or(is_suppressed) from driver_earnings where grain = 'all'") == [(False,)]


def test_a_log_of_one_kind_leaves_the_other_facts_empty_and_nothing_refused(uber: Path):
    assert query(uber, "select count(*) from fct_offers") == [(0,)]
    assert query(uber, "select count(*) from fct_deliveries") == [(0,)]
    assert query(uber, "select sum(quarantined), sum(accepted) = sum(lines) from audit.files") == [(0, True)]
    assert query(uber, "select count(*) from audit.orphans") == [(0,)]


def test_importing_again_or_an_earlier_export_loads_nothing_twice(uber: Path, tmp_path: Path):
    facts = "select * from fct_trips order by trip_id"
    before = query(uber, facts)
    landed = sorted(path.name for path in (uber / "landing").rglob("*.parquet"))
    doorstep("import", "uber_driver", RIDES, "--workspace", uber)
    assert sorted(path.name for path in (uber / "landing").rglob("*.parquet")) == landed
    earlier = tmp_path / "earlier export.csv"
    with RIDES.open(encoding="utf-8") as read, earlier.open("w", encoding="utf-8") as write:
        write.writelines(islice(read, 501))
    doorstep("import", "uber_driver", earlier, "--workspace", uber)
    doorstep("run", "--workspace", uber)
    assert query(uber, facts) == before
    ((accepted, current, duplicates),) = query(
        uber, "select accepted, current, duplicates from audit.logs where log = 'trips'"
    )
    assert current == accepted - duplicates == 16_473
    assert duplicates >= 1500


def test_every_delivery_is_one_order_with_the_known_minutes(postmates: Path):
    assert len({row["delivery_id"] for row in rows(DELIVERIES)}) == 5214
    ((orders, delivered, median, p90),) = query(
        postmates,
        """
        select
            count(*), count(*) filter (where status = 'delivered'),
            median(click_to_door_minutes), quantile_cont(click_to_door_minutes, 0.9)
        from fct_deliveries
        """,
    )
    assert (orders, delivered, round(median, 2), round(p90, 2)) == (5214, 5214, 42.02, 68.79)
    speed = query(
        postmates,
        """
        select orders, click_to_door_minutes_p50, click_to_door_minutes_p90 from delivery_speed
        where grain = 'all' and offer_type = 'all'
        """,
    )
    assert set(speed) == {(orders, median, p90)}


def test_trips_that_reach_the_store_before_they_start_keep_their_stamps_and_are_flagged(postmates: Path):
    ((trips, early, flagged, unscanned, couriers, dwell),) = query(
        postmates,
        """
        select
            count(*), count(*) filter (where arrived_at_pickup_at < started_at),
            count(*) filter (where has_clock_disorder), count(*) filter (where arrived_at_pickup_at is null),
            count(distinct driver_key), median(epoch(departed_pickup_at) - epoch(arrived_at_pickup_at)) / 60
        from fct_trips
        """,
    )
    assert (trips, early, flagged, unscanned, couriers) == (5214, 438, 438, 495, 578)
    assert round(dwell, 1) == 15.3


def test_what_the_deliveries_log_does_not_know_stays_unknown(postmates: Path):
    assert query(postmates, "select count(*) from fct_offers") == [(0,)]
    unknown = "count(total_miles), count(gas_usd), count(net_usd), count(*) filter (where is_cost_known)"
    assert query(postmates, f"select {unknown} from fct_trips") == [(0, 0, 0, 0)]
    assert query(postmates, "select count(promised_at), count(is_on_time), count(ready_at) from fct_deliveries") == [
        (0, 0, 0)
    ]
    kinds = query(postmates, "select offer_type, count(*) from fct_deliveries group by all order by all")
    assert dict(kinds).keys() == {"grocery", "other", "retail"}
    assert sum(count for _, count in kinds) == 5214
