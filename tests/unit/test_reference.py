"""The reference tables: what is shipped is sound, and what is broken is said in one message."""

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest import ingest
from pipelines.reference import read_reference
from pipelines.reference_tables import REFERENCE
from pipelines.reference_warnings import days_driven, reference_warnings
from pipelines.workspace import SHIPPED_DATA, DoorstepError, Settings, Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_DATA / "reference", tmp_path / "reference"))


def edit(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(folder: Path, table: str, line: str) -> None:
    with (folder / f"{table}.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def test_the_shipped_tables_are_read_with_the_types_of_the_contract_and_give_no_warning():
    tables = read_reference(SHIPPED_DATA / "reference")
    assert {name: frame.schema for name, frame in tables.items()} == {
        name: pl.Schema(table.schema) for name, table in REFERENCE.items()
    }
    assert tables["sites"].height == 12
    mall = tables["sites"].row(by_predicate=pl.col("site_id") == "las_vegas_mall", named=True)
    assert mall["pilot_started_on"] == date(2022, 2, 7)
    assert tables["fuel_prices"]["usd_per_unit"][2] == Decimal("3.5810")
    assert reference_warnings(tables) == []


BREAKAGES = {
    "missing column": ("sites", "site_kind", "kind", 1, "site_kind", "missing"),
    "column twice": ("sites", "latitude", "longitude", 1, "latitude", "missing"),
    "unknown market": (
        "sites",
        "Mall,las_vegas,",
        "Mall,reno,",
        2,
        "market_id",
        "'reno' is not in markets.csv",
    ),
    "site kind": ("sites", "chandler,mall", "chandler,kiosk", 5, "site_kind", "'kiosk' is none of mall"),
    "latitude": ("sites", "36.127", "136.127", 2, "latitude", "more than 90"),
    "latitude nan": ("sites", "36.127", "nan", 2, "latitude", "no number"),
    "date": ("sites", "2022-02-07", "2022-02-30", 2, "pilot_started_on", "YYYY-MM-DD"),
    "date form": ("sites", "2022-02-07", "20220207", 2, "pilot_started_on", "YYYY-MM-DD"),
    "site id": ("sites", "las_vegas_mall", "las vegas mall", 2, "site_id", "is no id"),
    "empty key": ("sites", "las_vegas_mall", " ", 2, "site_id", "empty"),
    "duplicate key": ("sites", "las_vegas_station", "las_vegas_mall", 3, "site_id", "row 2 again"),
    "time zone": ("markets", "America/Phoenix", "Arizona", 3, "time_zone", "no IANA time zone"),
    "market all": ("markets", "las_vegas,Las", "all,Las", 2, "market_id", "stands for all markets"),
    "fuel type": ("vehicle_classes", "gasoline", "diesel", 2, "fuel_type", "none of gasoline, electric"),
    "no mpg": ("vehicle_classes", "gasoline,29", "gasoline,", 2, "miles_per_gallon", "runs on gasoline"),
    "mpg 0": ("vehicle_classes", "gasoline,29", "gasoline,0", 2, "miles_per_gallon", "not above 0"),
    "no kwh": (
        "vehicle_classes",
        "electric,electric,,32",
        "electric,electric,,",
        9,
        "kwh_per_100_miles",
        "electric",
    ),
    "no Monday": ("fuel_prices", "2021-08-02", "2021-08-03", 2, "week_starting_on", "no Monday"),
    "five places": ("fuel_prices", "0.1259", "0.12591", 2, "usd_per_unit", "at most 8 digits before and 4"),
    "negative": ("fuel_prices", "0.1259", "-0.1259", 2, "usd_per_unit", "less than 0"),
    "too large": ("fuel_prices", "0.1259", "123456789", 2, "usd_per_unit", "at most 8 digits"),
    "a cell too many": ("fuel_prices", "0.1259", "0,1259", 2, "source", "6 cells, the header 5"),
    "unknown class": (
        "mileage_rates",
        "compact_car",
        "moped",
        2,
        "vehicle_class",
        "not in vehicle_classes.csv",
    ),
    "overlap": ("mileage_rates", "2022-01-01", "2021-12-31", 3, "valid_from", "overlaps that of row 2"),
    "overlap tax": (
        "tax_mileage_rates",
        "2022-06-30",
        "2022-07-01",
        4,
        "valid_from",
        "overlaps that of row 3",
    ),
    "backwards": ("minimum_wages", "2022-06-30", "2021-06-30", 2, "valid_to", "before valid_from"),
    "open end": ("minimum_wages", "2022-06-30", "", 2, "valid_to", "empty"),
    "rival twice": ("rivals", "click_to_door_p90,68.8", "click_to_door_p50,68.8", 3, "period", "row 2 again"),
    "quotes": ("rivals", '"New York', 'x"New York', 2, "source", "cells"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_table_is_said_with_file_row_and_column(folder: Path, name: str):
    table, old, new, row, column, problem = BREAKAGES[name]
    edit(folder, table, old, new)
    with pytest.raises(DoorstepError) as caught:
        read_reference(folder)
    message = str(caught.value)
    assert f"{table}.csv: row {row}, column {column}: " in message
    assert problem in message
    assert message.endswith(".")
    assert "\n" not in message


def test_every_table_but_rivals_is_needed(folder: Path):
    (folder / "rivals.csv").unlink()
    assert read_reference(folder)["rivals"].schema == pl.Schema(REFERENCE["rivals"].schema)
    (folder / "minimum_wages.csv").unlink()
    with pytest.raises(DoorstepError, match=r"minimum_wages\.csv: no such file"):
        read_reference(folder)


def test_bytes_that_are_no_text_are_one_message(folder: Path):
    (folder / "markets.csv").write_bytes(b"market_id\xff\xfe")
    with pytest.raises(DoorstepError, match=r"markets\.csv: cannot be read as UTF-8 CSV"):
        read_reference(folder)


def test_a_spreadsheets_bom_crlf_blank_lines_padding_and_own_columns_change_nothing(folder: Path):
    expected = read_reference(folder)["markets"]
    lines = (folder / "markets.csv").read_text(encoding="utf-8").splitlines()
    noted = [f"{line.replace(',', ' , ')},{'note' if at == 0 else 'mine'}" for at, line in enumerate(lines)]
    (folder / "markets.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(noted).encode() + b"\r\n,,,,,\r\n")
    assert read_reference(folder)["markets"].equals(expected)


def test_the_row_named_is_the_line_of_the_file_even_after_a_cell_of_two_lines(folder: Path):
    append(folder, "rivals", 'A,m,1,unit,"two\nlines",p,s')
    append(folder, "rivals", "A,m,one,unit,x,p,s")
    with pytest.raises(DoorstepError, match="row 13, column value: 'one' is no number"):
        read_reference(folder)


def test_a_gap_in_validity_is_a_warning(folder: Path):
    edit(folder, "tax_mileage_rates", "2022-06-30", "2022-06-28")
    edit(folder, "minimum_wages", "AZ,2022-01-01", "AZ,2022-01-02")
    assert reference_warnings(read_reference(folder)) == [
        "tax_mileage_rates.csv: nothing valid from 2022-06-29 to 2022-06-30; unknown (null) there.",
        "minimum_wages.csv: AZ nothing valid from 2022-01-01 to 2022-01-01; unknown (null) there.",
    ]


def test_what_leaves_figures_unknown_is_a_warning(folder: Path):
    append(folder, "markets", "reno,Reno,ID,America/Los_Angeles,reno")
    append(folder, "sites", "kiosk,Kiosk,chandler,other,,,2022-01-01")
    append(folder, "vehicle_classes", "bicycle,electric,,0,needs no fuel")
    edit(folder, "vehicle_classes", "unknown,", "any,")
    path = folder / "mileage_rates.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("unknown")), encoding="utf-8")
    assert [warning.split(";")[0] for warning in reference_warnings(read_reference(folder))] == [
        "sites.csv: market reno has no site, so no event can belong to it.",
        "fuel_prices.csv: no electric price for reno",
        "fuel_prices.csv: no gasoline price for reno",
        "minimum_wages.csv: none for ID",
        "sites.csv: kiosk is no mall",
        "vehicle_classes.csv: no class `unknown`",
        "mileage_rates.csv: none for any, bicycle",
    ]


def drop(folder: Path, table: str, *parts: str) -> None:
    """Deletes the lines that have one of the parts."""
    path = folder / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not any(part in line for part in parts)]
    path.write_text("\n".join([*kept, ""]), encoding="utf-8")


def test_a_week_without_a_price_between_others_is_a_warning(folder: Path):
    drop(
        folder, "fuel_prices", "tysons,gasoline,2022-03-07", "tysons,gasoline,2022-03-14", "tysons,gasoline,2022-05-02"
    )
    assert reference_warnings(read_reference(folder)) == [
        "fuel_prices.csv: tysons gasoline lacks 3 weeks between others, first 2022-03-07; "
        "a price holds 14 days, then the nearest is used and flagged as imputed.",
    ]


def test_electricity_is_priced_by_the_year_and_lacks_a_price_only_after_400_days(folder: Path):
    drop(folder, "fuel_prices", "chandler,electric")
    for day in ("2021-01-04", "2022-02-07"):
        append(folder, "fuel_prices", f"chandler,electric,{day},0.12,399 days apart")
    assert reference_warnings(read_reference(folder)) == []
    append(folder, "fuel_prices", "chandler,electric,2023-03-20,0.12,406 days later")
    (warning,) = reference_warnings(read_reference(folder))
    assert "chandler electric lacks 57 weeks between others, first 2022-02-14; a price holds 400 days" in warning


def test_series_that_do_not_reach_the_trips_are_a_warning_each(folder: Path):
    drop(folder, "fuel_prices", "las_vegas,gasoline,2023", "las_vegas,gasoline,2022-12")
    drop(folder, "minimum_wages", "NV,2022-07", "NV,2023")
    drop(folder, "tax_mileage_rates", "2021-01-01")
    drop(folder, "mileage_rates", "van,2024", "compact_car,2024")
    tables = read_reference(folder)
    driven = {"las_vegas": (date(2021, 12, 20), date(2022, 12, 12)), "tysons": (date(2022, 1, 3), date(2023, 1, 2))}
    assert reference_warnings(tables, driven) == [
        "minimum_wages.csv: NV ends on 2022-06-30, before trips up to 2022-12-12 in las_vegas; unknown (null) there.",
        "tax_mileage_rates.csv: begins on 2022-01-01, after trips from 2021-12-20 on; unknown (null) there.",
    ]
    driven["las_vegas"] = (date(2021, 9, 26), date(2022, 12, 13))
    driven["tysons"] = (date(2022, 1, 3), date(2024, 1, 1))
    found = reference_warnings(tables, driven)
    assert [text for text in found if text.startswith("fuel_prices.csv: las_vegas gasoline")] == [
        "fuel_prices.csv: las_vegas gasoline begins on 2021-09-27, after trips from 2021-09-26 on in las_vegas; "
        "the nearest price is used and flagged as imputed.",
        "fuel_prices.csv: las_vegas gasoline ends on 2022-12-12, before trips up to 2022-12-13 in las_vegas; "
        "the nearest price is used and flagged as imputed.",
    ]
    (rates,) = [text for text in found if text.startswith("mileage_rates.csv")]
    assert rates.startswith("mileage_rates.csv: compact_car") and ", " in rates and "ends on 2023-12-31" in rates


def test_the_days_driven_are_those_of_each_market(tmp_path: Path):
    workspace = Workspace(tmp_path, Settings())
    tables = read_reference(workspace.reference)
    assert days_driven(workspace, tables) == {}
    stamps = {
        "las_vegas_mall": ["2022-05-22T06:59:00Z", "2022-07-01T06:59:00Z"],
        "las_vegas_station": ["2022-06-01T12:00:00Z", "2022-07-01T07:00:00Z"],
        "tysons_mall": ["2022-05-22T03:30:00Z"],
    }
    lines = [
        {"event_type": "started", "event_id": f"{site}-{at}", "trip_id": "t", "driver_id": "d", "site_id": site}
        | {"occurred_at": at, "received_at": at}
        for site, moments in stamps.items()
        for at in moments
    ]
    lines.append(lines[0] | {"event_type": "ended", "event_id": "e", "occurred_at": "2023-01-01T00:00:00Z"})
    lines[-1]["received_at"] = lines[-1]["occurred_at"]
    (tmp_path / "landing/trips").mkdir(parents=True)
    (tmp_path / "landing/trips/a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ingest(workspace, "trips", tables["sites"]["site_id"].to_list())
    assert days_driven(workspace, tables) == {
        "las_vegas": (date(2022, 5, 21), date(2022, 7, 1)),
        "tysons": (date(2022, 5, 21), date(2022, 5, 21)),
    }


@settings(max_examples=40, deadline=None)
@given(
    periods=st.lists(
        st.tuples(st.dates(date(2021, 1, 1), date(2021, 3, 1)), st.integers(0, 20)), min_size=1, max_size=5
    )
)
def test_periods_are_refused_exactly_if_some_day_lies_in_two_of_them(
    tmp_path_factory: pytest.TempPathFactory, periods: list[tuple[date, int]]
):
    folder = Path(shutil.copytree(SHIPPED_DATA / "reference", tmp_path_factory.mktemp("laws") / "reference"))
    spans = [(first, first + timedelta(days=length)) for first, length in periods]
    lines = [f"{first},{last},0.5,made up" for first, last in spans]
    text = "\n".join(["valid_from,valid_to,usd_per_mile,source", *lines])
    (folder / "tax_mileage_rates.csv").write_text(text, encoding="utf-8")
    days = [first + timedelta(days=day) for first, last in spans for day in range((last - first).days + 1)]
    if len(days) == len(set(days)):
        tables = read_reference(folder)
        gaps = [text for text in reference_warnings(tables) if text.startswith("tax")]
        ordered = sorted(spans)
        assert len(gaps) == sum(b[0] - a[1] > timedelta(days=1) for a, b in pairwise(ordered))
    else:
        with pytest.raises(DoorstepError, match=r"overlaps|again"):
            read_reference(folder)
