"""The questions in data/examples and the notebook that draws three: on a built file, as whoever opens it would ask.

Belongs here: what each answers, computed once more from facts in Polars. Does not belong here: the macros they call
(`test_published_file.py`).
"""

import csv
import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.workspace import SHIPPED_DATA
from tests.integration import duckdb_1_4
from tests.integration.conftest import doorstep

EXAMPLES = SHIPPED_DATA / "examples"
QUESTIONS = sorted(path.stem for path in EXAMPLES.glob("*.sql"))
WEEK = pl.col("week")
COUNT_ALL = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for path in sys.argv[2:]:
        connection.execute("set timezone = 'UTC'")
        print(connection.execute("select count(*) from (" + open(path).read().rstrip().rstrip(";") + ")").fetchone()[0])
"""


class Warehouse:
    """The built file: questions by name, tables as frames."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection

    def ask(self, question: str) -> pl.DataFrame:
        return pl.DataFrame(self._connection.sql((EXAMPLES / f"{question}.sql").read_text()))

    def table(self, name: str) -> pl.DataFrame:
        return pl.DataFrame(self._connection.sql(f"from {name}"))

    def earning_trips(self) -> pl.DataFrame:
        trips = self.table("fct_trips").filter(
            pl.col("status") == "ended",
            ~pl.col("is_pay_pending"),
            pl.col("net_usd").is_not_null(),
            pl.col("on_job_hours").is_not_null(),
        )
        return trips.with_columns(
            pl.selectors.decimal().cast(pl.Float64), week=pl.col("trip_date").dt.truncate("1w"), trips=pl.lit(1)
        )


@pytest.fixture(scope="module")
def warehouse(built: Path):
    with duckdb.connect(str(built / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield Warehouse(connection)


def agree(answer: pl.DataFrame, expected: pl.DataFrame, keys: list[str], rounding: float = 1e-9) -> None:
    """Each row of the answer has the expected values; expected holds keys and values, perhaps of more rows."""
    values = [name for name in expected.columns if name not in keys]
    assert answer.height > 0 and values
    both = answer.select(*keys, *values).join(expected, on=keys, how="left", nulls_equal=True, suffix="_expected")
    for name in values:
        off = (pl.col(name).cast(pl.Float64) - pl.col(f"{name}_expected").cast(pl.Float64)).abs() > rounding
        assert both.filter(off.fill_null(value=True)).height == 0, name


def test_there_are_ten_questions_each_one_sentence_and_one_statement():
    assert len(QUESTIONS) == 10
    for question in QUESTIONS:
        text = (EXAMPLES / f"{question}.sql").read_text()
        assert text.startswith("-- ") and "?" in text.split("\n\n")[0]
        assert text.count(";\n") == 1 and text.endswith(";\n"), question


def test_every_question_gives_rows_also_by_the_command_and_with_duckdb_1_4(built: Path, warehouse: Warehouse):
    heights = [warehouse.ask(question).height for question in QUESTIONS]
    assert min(heights) > 0
    paths = [EXAMPLES / f"{question}.sql" for question in QUESTIONS]
    with duckdb_1_4.start(COUNT_ALL, built / "warehouse.duckdb", *paths) as old:
        said, _ = old.communicate(timeout=120)
    assert [int(line) for line in said.splitlines()] == heights
    done = doorstep("query", paths[0].read_text(), "--csv", "--workspace", built)
    assert done.returncode == 0, done.stderr
    assert len(list(csv.reader(done.stdout.splitlines()))) == heights[0] + 1


@pytest.mark.parametrize(
    ("question", "rate", "n"),
    [
        ("net_pay_by_week", "net_per_hour_usd", "costed_trips"),
        ("where_acceptance_falls", "acceptance_share_lately", "at_risk_lately"),
        ("where_acceptance_falls", "acceptance_share_before", "at_risk_before"),
        ("stores_that_make_drivers_wait", "dwell_minutes_p90", "dwell_trips"),
        ("stores_that_make_drivers_wait", "preparation_minutes_p50", "orders"),
        ("speed_beside_rivals", "same_day_share", "n"),
        ("gas_price_and_net_pay", "gas_share_of_gross", "trips"),
        ("overrun_hours", "overrun_share", "trips"),
        ("drivers_below_minimum_wage", "driver_weeks_below_share", "driver_weeks"),
        ("late_forfeits", "late_forfeit_share", "accepted"),
        ("why_lines_are_refused", "quarantined_share", "log_lines"),
        ("is_the_pilot_better", "retail_value", "retail_denominator"),
        ("is_the_pilot_better", "baseline_value", "baseline_denominator"),
    ],
)
def test_a_rate_has_its_n_beside_it(warehouse: Warehouse, question: str, rate: str, n: str):
    rated = warehouse.ask(question).filter(pl.col(rate).is_not_null())
    assert rated.height > 0
    assert rated.filter((pl.col(n) > 0).fill_null(value=False)).height == rated.height


def test_net_pay_by_week_is_net_over_hours_of_retail_trips(warehouse: Warehouse):
    trips = warehouse.earning_trips().filter(pl.col("offer_type") == "retail")
    expected = trips.group_by("market_id", period_start=WEEK).agg(
        costed_trips=pl.len(), net_per_hour_usd=pl.col("net_usd").sum() / pl.col("on_job_hours").sum()
    )
    agree(warehouse.ask("net_pay_by_week"), expected, ["market_id", "period_start"], rounding=5.1e-5)


def test_where_acceptance_falls_counts_the_offers_of_the_latest_four_weeks(warehouse: Warehouse):
    offers = warehouse.table("fct_offers").with_columns(week=pl.col("sent_date").dt.truncate("1w"))
    latest = offers["week"].max()
    four = pl.col("at_risk_week") > latest - timedelta(weeks=4)
    expected = (
        offers.filter(pl.col("is_at_risk"))
        .rename({"week": "at_risk_week"})
        .group_by("market_id", "offer_type")
        .agg(
            at_risk_lately=four.sum(),
            accepted_before=(pl.col("is_accepted") & ~four).sum(),
            acceptance_share_lately=pl.col("is_accepted").filter(four).mean(),
        )
    )
    agree(warehouse.ask("where_acceptance_falls"), expected, ["market_id", "offer_type"])


def test_stores_that_make_drivers_wait_have_their_orders_and_median_preparation(warehouse: Warehouse):
    expected = (
        warehouse.table("fct_deliveries")
        .group_by("site_id", "store_id")
        .agg(orders=pl.len(), preparation_minutes_p50=pl.col("preparation_minutes").median())
    )
    answer = warehouse.ask("stores_that_make_drivers_wait")
    agree(answer, expected, ["site_id", "store_id"])
    assert answer["dwell_minutes_p90"].is_sorted(descending=True)


def test_speed_beside_rivals_has_our_same_day_share_and_their_figures(warehouse: Warehouse):
    answer = warehouse.ask("speed_beside_rivals")
    expected = (
        warehouse.table("fct_deliveries")
        .filter(pl.col("offer_type") == "retail", pl.col("status") == "delivered")
        .group_by(who="market_id")
        .agg(n=pl.len(), same_day_share=pl.col("is_same_day").mean())
    )
    agree(answer.filter(pl.col("n").is_not_null()), expected, ["who"])
    rivals = warehouse.table("reference.rivals").filter(pl.col("measure") == "click_to_door_p50")
    theirs = rivals.select("population", who="rival", click_to_door_minutes_p50="value")
    agree(answer.filter(pl.col("n").is_null()), theirs, ["who", "population"])


def test_gas_price_and_net_pay_is_gas_over_gross(warehouse: Warehouse):
    expected = (
        warehouse.earning_trips()
        .group_by("market_id", period_start=WEEK)
        .agg(trips=pl.len(), gas_share_of_gross=pl.col("gas_usd").sum() / pl.col("gross_usd").sum())
    )
    agree(warehouse.ask("gas_price_and_net_pay"), expected, ["market_id", "period_start"], rounding=1e-4)


def test_overrun_hours_are_on_job_less_scheduled_where_that_is_more(warehouse: Warehouse):
    trips = warehouse.table("fct_trips").filter(
        pl.col("status") == "ended", ~pl.col("is_pay_pending"), pl.col("scheduled_hours").is_not_null()
    )
    over = (pl.col("on_job_hours") - pl.col("scheduled_hours")).clip(0)
    expected = trips.group_by("market_id", "offer_type").agg(
        trips=pl.len(), unpaid_overrun_hours=over.sum(), overrun_trips=(over > 0.25).sum()
    )
    agree(warehouse.ask("overrun_hours"), expected, ["market_id", "offer_type"])


def test_drivers_below_minimum_wage_are_those_whose_week_left_less_than_its_hours_at_that_wage(warehouse: Warehouse):
    weeks = (
        warehouse.earning_trips()
        .with_columns(least=pl.col("minimum_wage_usd") * pl.col("on_job_hours"))
        .drop_nulls("minimum_wage_usd")
        .group_by("market_id", "driver_key", "week")
        .agg(pl.col("net_usd", "least", "trips").sum())
        .filter(pl.col("trips") >= 3)
    )
    expected = weeks.group_by("market_id").agg(
        driver_weeks=pl.len(),
        drivers=pl.col("driver_key").n_unique(),
        driver_weeks_below=(pl.col("net_usd") < pl.col("least")).sum(),
    )
    agree(warehouse.ask("drivers_below_minimum_wage"), expected, ["market_id"])


def test_late_forfeits_are_accepted_offers_given_back_within_45_minutes(warehouse: Warehouse):
    offers = warehouse.table("fct_offers").filter(pl.col("is_accepted"))
    notice = (pl.col("block_starts_at") - pl.col("forfeited_at")).dt.total_seconds(fractional=True) / 60
    expected = offers.group_by("market_id", "offer_type").agg(
        accepted=pl.len(), late_forfeits=(notice < 45).sum(), no_shows=pl.col("is_no_show").sum()
    )
    answer = warehouse.ask("late_forfeits")
    agree(answer, expected, ["market_id", "offer_type"])
    assert answer["late_forfeits"].sum() > 0


def test_why_lines_are_refused_counts_the_lines_in_quarantine(built: Path, warehouse: Warehouse):
    answer = warehouse.ask("why_lines_are_refused")
    lines = [
        pl.read_parquet(path, glob=False, hive_partitioning=False).select(pl.lit(log).alias("log"), "reason", "field")
        for log in ("orders", "offers", "trips")
        for path in (built / "quarantine" / log).rglob("*.parquet")
    ]
    expected = pl.concat(lines).group_by("log", "reason", "field").agg(lines=pl.len())
    agree(answer.filter(pl.col("lines") > 0), expected, ["log", "reason", "field"])
    assert answer["lines"].sum() == expected["lines"].sum()


def test_is_the_pilot_better_has_the_retail_acceptance_of_the_offers(warehouse: Warehouse):
    offers = warehouse.table("fct_offers").filter(pl.col("is_at_risk"), pl.col("offer_type") == "retail")
    expected = offers.group_by("market_id").agg(retail_denominator=pl.len(), retail_value=pl.col("is_accepted").mean())
    answer = warehouse.ask("is_the_pilot_better").filter(
        pl.col("metric") == "acceptance_share", pl.col("market_id") != "all"
    )
    agree(answer, expected, ["market_id"])


def test_the_notebook_draws_three_questions_with_their_n(built: Path, warehouse: Warehouse, tmp_path, monkeypatch):
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    shutil.copy(built / "warehouse.duckdb", tmp_path)
    monkeypatch.chdir(tmp_path / "examples")
    cells = json.loads(Path("first_look.ipynb").read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"]], "figures of logs stay out of git"
    names: dict = {}
    for cell in code:
        exec("".join(cell["source"]), names)
    names["warehouse"].close()
    for figure, question, n in [
        ("net_pay_figure", "net_pay_by_week", "costed_trips"),
        ("gas_figure", "gas_price_and_net_pay", "trips"),
        ("readout_figure", "is_the_pilot_better", "retail_denominator"),
    ]:
        drawn = names[figure].data
        assert sum(len(trace.x) for trace in drawn) > 0
        assert all(f"{n}=%{{" in trace.hovertemplate for trace in drawn), question
    assert sum(len(trace.x) for trace in names["net_pay_figure"].data) == warehouse.ask("net_pay_by_week").height
