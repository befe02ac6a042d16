"""`doorstep explain` on a workspace that went the whole way: what it prints, writes, exits with, and does not leak."""

import csv
import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.integration.conftest import doorstep

NET = "driver_earnings.net_per_hour_usd"
CELL = [NET, "--market", "las_vegas", "--week", "2022-01-17"]


@pytest.fixture(scope="module")
def told(built: Path) -> str:
    """What is printed, as to a pipe of 100 columns."""
    done = doorstep("explain", *CELL, "--workspace", built, COLUMNS="100")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def content(built: Path) -> dict:
    """The same as JSON."""
    done = doorstep("explain", *CELL, "--json", "--workspace", built)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A published file of its own, without a lake."""
    shutil.copy(built / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    return tmp_path


def query(root: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_figure_is_told_from_its_definition_to_its_checks(built: Path, told: str):
    [(value, low)] = query(
        built,
        "select net_per_hour_usd, net_per_hour_usd_low from driver_earnings "
        "where grain = 'week' and period_start = '2022-01-17' and market_id = 'las_vegas' and offer_type = 'all'",
    )
    [(build,)] = query(built, "select any_value(build_id) from audit.builds")
    for words in (f"{NET} = {value} USD/hour", f"interval {low} to", build, "simulated", "More is better", "Formula: "):
        assert words in told, words
    assert f"the same as the published {value}" in told
    assert "pass  assert_net_is_gross_less_costs" in told
    assert max(len(line) for line in told.splitlines()) <= 100


def test_the_query_that_is_printed_runs_as_it_stands(built: Path, told: str):
    sql = told.partition("SQL on the published file\n")[2].partition("  gives ")[0]
    done = doorstep("query", "--csv", sql, "--workspace", built)
    assert done.stdout.splitlines()[0] == "net_per_hour_usd", done.stderr


def test_the_files_are_those_whose_lines_name_the_trips(built: Path, content: dict):
    ids = query(built, content["evidence"]["all_rows"])
    used = {row[0] for row in ids if row[-1] is None}
    lines = {}
    for part in (built / "lake/trips").glob("landed_on=*/*.parquet"):
        for sha256, trip_id in duckdb.read_parquet(str(part)).project("file_sha256, trip_id").fetchall():
            lines[sha256] = lines.get(sha256, 0) + (trip_id in used)
    paths = dict(query(built, "select sha256, path from audit.files where log = 'trips'"))
    expected = {paths[sha256]: count for sha256, count in lines.items() if count}
    assert expected and {each["path"]: each["lines"] for each in content["files"]} == expected


def test_every_row_of_the_cell_goes_into_the_file_and_no_driver(built: Path, content: dict, tmp_path: Path):
    done = doorstep("explain", *CELL, "--csv", tmp_path / "rows.csv", "--workspace", built)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    evidence = content["evidence"]
    assert len(rows) == evidence["used"] + sum(evidence["left_out"].values())
    assert sum(not row["left_out_because"] for row in rows) == evidence["used"] > 10
    drivers = {key for (key,) in query(built, "select driver_key from dim_driver")}
    assert not drivers & {value for row in rows for value in row.values()}


def test_where_the_lake_is_gone_that_is_said(copy: Path):
    done = doorstep("explain", *CELL, "--workspace", copy)
    assert done.returncode == 0 and "the lake of this workspace is gone" in done.stdout


def test_a_figure_that_its_facts_do_not_give_fails_and_says_so(copy: Path):
    with duckdb.connect(str(copy / "warehouse.duckdb")) as connection:
        connection.execute("update fct_trips set net_usd = net_usd + 1 where net_usd is not null")
    done = doorstep("explain", *CELL, "--workspace", copy)
    assert done.returncode == 1 and "NOT the same as the published" in done.stdout and not done.stderr


def test_nothing_behind_a_withheld_figure_is_shown(built: Path):
    [(day, market)] = query(
        built,
        "select period_start, market_id from driver_earnings where is_suppressed and grain = 'day' and drivers > 0 "
        "and market_id <> 'all' and offer_type = 'all' limit 1",
    )
    metric = "driver_earnings.below_minimum_wage_hours_share"
    done = doorstep("explain", metric, "--day", str(day), "--market", market, "--workspace", built)
    assert done.returncode == 0 and "Withheld" in done.stdout and "trip-" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["driver_earnings.net_per_hour"], 1, "Do you mean driver_earnings.net_per_hour_usd"),
        ([NET, "--week", "2022-01-18"], 1, "--week 2022-01-17"),
        ([NET, "--week", "2030-01-07"], 1, "the data go from"),
        ([NET, "--week", "soon"], 2, "soon"),
        ([NET, "--all", "--day", "2022-01-18"], 2, "only one of"),
        ([NET, "--where", "store_id"], 2, "KEY=VALUE"),
        ([NET, "--csv", "/no/such/folder/rows.csv"], 1, "cannot be written"),
        ([NET, "--as-of", "2022-02-01T00:00:00Z"], 1, "--as-of"),
    ],
)
def test_what_cannot_be_explained_is_one_message(built: Path, arguments: list[str], code: int, words: str):
    done = doorstep("explain", *arguments, "--workspace", built)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr
