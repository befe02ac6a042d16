"""The warehouse as of a moment: what was known then, beside what is published."""

import csv
import gzip
import io
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines.definitions import defs
from tests.integration.conftest import ask, doorstep, fingerprints

MIDDLE, MIDDLE_FILE = "2022-02-01T05:30:00-07:00", "snapshots/as_of_20220201T123000Z.duckdb"
BEFORE, BEFORE_FILE = "2021-12-31T00:00:00Z", "snapshots/as_of_20211231T000000Z.duckdb"
AFTER, AFTER_FILE = "2022-12-31T00:00:00.5Z", "snapshots/as_of_20221231T000000.5Z.duckdb"
FACTS = ("fct_deliveries", "fct_offers", "fct_blocks", "fct_trips")


def published_bytes(root: Path) -> dict[str, bytes]:
    """The published file and the pages."""
    paths = [root / "warehouse.duckdb", *(path for path in (root / "dashboards").rglob("*") if path.is_file())]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def is_received(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text).upper()) <= datetime.fromisoformat(MIDDLE)
    except (ValueError, TypeError):  # not a timestamp, or one without offset
        return False


def json_received(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and is_received(record.get("received_at"))


def lines_received(name: str, content: bytes) -> bytes:
    """The lines of a landed JSON Lines or CSV file received by the moment, with the header of a CSV; b"" if none."""
    head: list[bytes] = []
    lines = content.removeprefix(b"\xef\xbb\xbf").splitlines()
    keep: Callable[[bytes], bool] = json_received
    if ".csv" in name:
        head, lines = lines[:1], lines[1:]
        at = head[0].decode().split(",").index("received_at")

        def keep(line: bytes) -> bool:
            row = next(csv.reader([line.decode()]), [])
            return len(row) > at and is_received(row[at])

    kept = [line for line in lines if keep(line)]
    return b"\n".join([*head, *kept, b""]) if kept else b""


def parquet_received(content: bytes) -> bytes:
    rows = pl.read_parquet(io.BytesIO(content))
    kept = rows.filter(pl.Series([is_received(value) for value in rows["received_at"]], dtype=pl.Boolean))
    buffer = io.BytesIO()
    kept.write_parquet(buffer)
    return buffer.getvalue() if kept.height else b""


def snapshot_job(as_of: str) -> dg.ExecuteInProcessResult:
    config = {"ops": {"make": {"config": {"as_of": as_of}}}}
    return defs.resolve_job_def("snapshot").execute_in_process(run_config=config, raise_on_error=False)


@pytest.fixture(scope="module")
def received_by_then(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which only the lines received up to MIDDLE ever landed, after an ordinary run."""
    root = tmp_path_factory.mktemp("received by then")
    shutil.copytree(landed / "reference", root / "reference")
    for name in ("workspace.toml", ".driver_key"):
        shutil.copy(landed / name, root / name)
    for path in sorted(path for path in (landed / "landing").rglob("*") if path.is_file()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        kept = parquet_received(content) if path.suffix == ".parquet" else lines_received(path.name, content)
        if kept:
            target = root / path.relative_to(landed).with_suffix("" if path.suffix == ".gz" else path.suffix)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(kept)
    done = doorstep("run", "--workspace", root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def never_published(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of which only the snapshot of MIDDLE was ever made."""
    root = tmp_path_factory.mktemp("never published") / "work space"
    shutil.copytree(landed, root)
    done = doorstep("run", "--as-of", MIDDLE, "--workspace", root)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert [line.split(":")[0] for line in said[-5:]] == ["Speed", "Acceptance", "Earnings", "Data", "Snapshot"]
    assert said[-1].endswith(str(root / MIDDLE_FILE)) and "trips" in done.stdout
    return root


@pytest.fixture(scope="module")
def side_by_side(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built workspace with the snapshots of AFTER, by the command, and of BEFORE, by the job alone as in the UI."""
    root = tmp_path_factory.mktemp("side by side") / "work space"
    shutil.copytree(built, root)
    done = doorstep("run", "--as-of", AFTER, "--workspace", root)
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOORSTEP_WORKSPACE", str(root))
        assert snapshot_job(BEFORE).success
    return root


def test_a_snapshot_has_the_rows_of_a_workspace_that_got_only_what_was_received_by_then(
    never_published: Path, received_by_then: Path
):
    expected = fingerprints(received_by_then, "main")
    assert fingerprints(never_published, "main", file=MIDDLE_FILE) == expected
    assert min(expected[f"main.{fact}"][0] for fact in FACTS) > 0


def test_a_query_of_a_moment_reads_the_snapshot_and_says_how_to_make_one_that_is_not_there(never_published: Path):
    asked = "select epoch(any_value(as_of_limit)) as seconds from audit.builds"
    done = doorstep("query", asked, "--csv", "--as-of", MIDDLE, "--workspace", never_published)
    assert done.stdout == f"seconds\n{datetime.fromisoformat(MIDDLE).timestamp()}\n", done.stderr
    done = doorstep("query", asked, "--as-of", BEFORE, "--workspace", never_published)
    assert done.returncode == 1 and "--as-of 2021-12-31T00:00:00+00:00" in done.stderr


def test_corrections_and_retractions_received_later_are_not_in_it(never_published: Path, built: Path):
    with duckdb.connect() as connection:
        connection.execute("attach ? as early (read_only)", [str(never_published / MIDDLE_FILE)])
        connection.execute("attach ? as late (read_only)", [str(built / "warehouse.duckdb")])
        counts = connection.execute(
            "select min(early.superseded), min(late.superseded - early.superseded), min(early.retracted), "
            "min(late.retracted - early.retracted), min(early.after_cut), max(late.after_cut) "
            "from early.audit.logs as early join late.audit.logs as late using (log)"
        ).fetchall()[0]
        repaid = connection.execute(
            "select count(*) from early.fct_trips as early join late.fct_trips as late using (trip_id) "
            "where early.status = 'ended' and early.gross_usd <> late.gross_usd"
        ).fetchall()[0][0]
        limits = connection.execute("select distinct epoch(as_of_limit) from early.audit.builds").fetchall()
    assert min(counts[:5]) > 0 and counts[5] == 0
    assert repaid > 0
    assert limits == [(datetime.fromisoformat(MIDDLE).timestamp(),)]


def test_a_snapshot_of_a_workspace_never_run_before_publishes_nothing_else(never_published: Path):
    assert not (never_published / "warehouse.duckdb").exists()
    assert not (never_published / "dashboards").exists()
    assert [path.name for path in (never_published / "snapshots").iterdir()] == [Path(MIDDLE_FILE).name]
    assert not list((never_published / "build").rglob("working.duckdb*"))
    with dg.DagsterInstance.from_config(str(never_published / "build/dagster")) as instance:
        made = {key.to_user_string() for key in instance.all_asset_keys()}
    assert made == {"lake/orders", "lake/offers", "lake/trips"}


def test_the_published_file_and_the_pages_stay_as_they_are_to_the_byte(side_by_side: Path, built: Path):
    assert published_bytes(side_by_side) == published_bytes(built)


def test_a_moment_after_every_line_gives_what_is_published_and_one_before_a_whole_file_without_facts(
    side_by_side: Path,
):
    published = fingerprints(side_by_side, "main", "reference", "audit")
    assert fingerprints(side_by_side, "main", "reference", "audit", file=AFTER_FILE) == published
    before = fingerprints(side_by_side, "main", "reference", "audit", file=BEFORE_FILE)
    assert before.keys() == published.keys()
    assert {before[f"main.{fact}"][0] for fact in FACTS} == {0}
    assert before["main.dim_site"] == published["main.dim_site"]


def test_a_bad_check_fails_the_run_says_why_and_leaves_the_older_snapshot(side_by_side: Path, tmp_path: Path):
    root = tmp_path / "copy"
    shutil.copytree(side_by_side, root)
    sites = root / "reference/sites.csv"
    lines = sites.read_text().splitlines(keepends=True)
    sites.write_text("".join(line for line in lines if not line.startswith("las_vegas_mall,")))
    before = {name: (root / name).read_bytes() for name in (AFTER_FILE, BEFORE_FILE)} | published_bytes(root)
    done = doorstep("run", "--as-of", AFTER, "--workspace", root)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "no snapshot as of 2022-12-31" in done.stderr and "relationships" in done.stderr and "fail" in done.stderr
    assert {name: (root / name).read_bytes() for name in (AFTER_FILE, BEFORE_FILE)} | published_bytes(root) == before
    assert not list((root / "build/snapshot").glob("*"))


def test_a_bad_moment_is_wrong_usage_in_the_command_and_one_message_in_the_job(tmp_path, monkeypatch):
    done = doorstep("run", "--as-of", "2022-06-01", "--workspace", tmp_path)
    assert done.returncode == 2 and "2022-06-01T00:00:00Z" in done.stderr and "Traceback" not in done.stderr
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    assert not snapshot_job("yesterday").success
    assert not (tmp_path / "snapshots").exists()


def test_the_sensor_asks_for_what_a_snapshot_took_in_and_not_for_what_is_published(
    never_published: Path, side_by_side: Path, monkeypatch
):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(never_published))
    assert isinstance(ask()[0], dg.RunRequest)
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(side_by_side))
    assert isinstance(ask()[0], dg.SkipReason)


def test_a_snapshot_may_suppose_prices_a_rate_and_the_least_number_of_drivers_and_says_so(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = Path(shutil.copytree(built, tmp_path / "supposed"))
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(root))
    before = published_bytes(root)
    supposed = {"as_of": AFTER, "min_drivers": 7, "gas_price_usd": 5.0, "maintenance_usd_per_mile": 0.25}
    config = {"ops": {"make": {"config": supposed}}}
    result = defs.resolve_job_def("snapshot").execute_in_process(run_config=config)
    path = Path(result.output_for_node("make"))
    assert path.parent == root / "snapshots"
    assert path.stem.endswith("_min_drivers_7_gas_price_usd_5_maintenance_usd_per_mile_0.25")
    assert published_bytes(root) == before
    with duckdb.connect(str(path), read_only=True) as connection:
        [(title,)] = connection.execute("select distinct title from audit.builds").fetchall()
        assert title.endswith("supposing min_drivers = 7, gas_price_usd = 5, maintenance_usd_per_mile = 0.25")
        wrong = connection.execute(
            "select count(*), count(*) filter (where gas_usd <> round(total_miles / miles_per_gallon * 5.0, 4)), "
            "count(*) filter (where maintenance_usd <> round(total_miles * 0.25, 4)) "
            "from fct_trips inner join reference.vehicle_classes using (vehicle_class) "
            "where is_cost_known and fuel_type = 'gasoline'"
        ).fetchall()
        assert wrong[0][0] > 100 and wrong[0][1:] == (0, 0)
        prices = "select distinct usd_per_unit from reference.fuel_prices where fuel_type = 'electric' order by 1"
        with duckdb.connect(str(built / "warehouse.duckdb"), read_only=True) as published:
            assert connection.execute(prices).fetchall() == published.execute(prices).fetchall()
        # A cell of fewer than 7 drivers is suppressed, and so may be a neighbour by which it could be computed.
        shown = connection.execute("select min(drivers) from driver_earnings where not is_suppressed").fetchall()
        assert shown[0][0] >= 7
