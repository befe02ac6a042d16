"""The commands around quarantine, on a workspace of a few lines: refuse, look, mend, read again, publish."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines.dagster_home import dagster_home
from pipelines.workspace import SHIPPED_DATA, open_workspace
from tests.integration.conftest import doorstep

PLACED = {
    "event_id": "o-1",
    "event_type": "placed",
    "occurred_at": "2022-05-21T12:02:10-07:00",
    "received_at": "2022-05-21T19:02:11Z",
    "order_id": "ord-1",
    "site_id": "las_vegas_mall",
}
NEW_SITE = PLACED | {"event_id": "o-2", "order_id": "ord-2", "site_id": "reno_mall", "customer": "Ann Smith"}
FILE = "landing/orders/2022-05-21/a.jsonl"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after one `doorstep ingest`: orders with a line of an unknown site, and a file that is no log."""
    root = tmp_path_factory.mktemp("commands") / "work space"
    (root / FILE).parent.mkdir(parents=True)
    shutil.copytree(SHIPPED_DATA / "reference", root / "reference")
    (root / FILE).write_text("".join(json.dumps(line) + "\n" for line in (PLACED, NEW_SITE)))
    (root / "landing/trips").mkdir()
    (root / "landing/trips/notes.txt").write_text("hello")
    done = doorstep("ingest", "--workspace", root)
    assert done.returncode == 0, done.stderr
    rows = {words[0]: words[1:] for line in done.stdout.splitlines() if (words := line.split())}
    assert rows["lines"] == ["2", "0", "0"] and rows["accepted"] == rows["quarantined"] == ["1", "0", "0"]
    assert rows["unknown_site"] == ["1"]
    assert "refused landing/trips/notes.txt: unsupported_file: has none of the suffixes" in done.stdout
    assert "run --workspace" in done.stdout
    return root


def test_ingest_builds_and_publishes_nothing(root: Path):
    assert list((root / "lake").rglob("*.parquet"))
    assert not (root / "warehouse.duckdb").exists() and not (root / "build/working.duckdb").exists()


def test_quarantine_shows_counts_and_masked_examples(root: Path):
    done = doorstep("quarantine", "--workspace", root)
    assert done.returncode == 0, done.stderr
    assert f"{FILE}:2" in done.stdout and '"site_id": "xxxx_xxxx"' in done.stdout
    assert "notes.txt" in done.stdout
    assert "Ann" not in done.stdout and "reno" not in done.stdout
    as_csv = doorstep("quarantine", "--csv", "--log", "orders", "--reason", "unknown", "--workspace", root)
    assert as_csv.stdout.splitlines() == [
        "log,file,reason,field,lines",
        "orders,2022-05-21/a.jsonl,unknown_site,site_id,1",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ingest", "--again", "orders/nothing.jsonl"], 1, "no such file"),
        (["ingest", "--again", FILE, "workspace.toml"], 1, "no such file"),
        (["ingest", "--again"], 2, "--again"),
        (["ingest", FILE], 2, "--again"),
        (["quarantine", "--log", "order"], 2, "none of orders"),
        (["quarantine", "--limit", "-1"], 2, "limit"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_changes_nothing(
    root: Path, arguments: list[str], code: int, words: str
):
    ledger = (root / "build/ledger/orders.parquet").read_bytes()
    done = doorstep(*arguments, DOORSTEP_WORKSPACE=str(root))
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr
    assert (root / "build/ledger/orders.parquet").read_bytes() == ledger


def test_an_ingest_during_another_run_is_told_to_wait(root: Path):
    with (root / "build/.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = doorstep("ingest", "--again", FILE, "--workspace", root)
    assert done.returncode == 1 and "another run" in done.stderr


def add_site(root: Path, site_id: str) -> None:
    """Another site, otherwise like the mall in Las Vegas."""
    path = root / "reference/sites.csv"
    lines = path.read_text().splitlines()
    mall = next(line for line in lines if line.startswith("las_vegas_mall,"))
    path.write_text("\n".join([*lines, mall.replace("las_vegas_mall", site_id, 1)]) + "\n")


def test_a_file_read_again_after_its_cause_was_mended_leaves_quarantine_and_reaches_the_facts(
    root: Path, tmp_path: Path
):
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    add_site(copy, "reno_mall")
    done = doorstep("ingest", "--again", "a.jsonl", "--workspace", copy, cwd=(copy / FILE).parent)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {words[0]: words[1:] for line in done.stdout.splitlines() if (words := line.split())}
    assert (rows["accepted"], rows["quarantined"]) == (["2"], ["0"])
    left = doorstep("quarantine", "--log", "orders", "--workspace", copy)
    assert left.stdout == "Nothing in quarantine is of that kind.\n"

    assert doorstep("run", "--workspace", copy).returncode == 0
    with duckdb.connect(str(copy / "warehouse.duckdb"), read_only=True) as connection:
        orders = connection.execute("select order_id from fct_deliveries order by order_id").fetchall()
    assert orders == [("ord-1",), ("ord-2",)]


def test_dagster_shows_reasons_and_refused_files_as_tables(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    dagster_home(open_workspace(root))
    with dg.DagsterInstance.get() as instance:
        shown = {}
        for log in ("orders", "trips"):
            event = instance.get_latest_materialization_event(dg.AssetKey(["lake", log]))
            assert event and event.asset_materialization
            shown[log] = event.asset_materialization.metadata
    assert [row.data for row in shown["orders"]["new_reasons"].records] == [{"reason": "unknown_site", "lines": 1}]
    assert [row.data["file"] for row in shown["trips"]["new_refused"].records] == ["notes.txt"]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped reference tables."""
    return Path(shutil.copytree(SHIPPED_DATA / "reference", tmp_path / "reference"))


def overlap(folder: Path) -> str:
    """Lets two minimum wages of Nevada hold on one day; the words that must name it."""
    path = folder / "minimum_wages.csv"
    path.write_text(path.read_text().replace("NV,2022-07-01", "NV,2022-06-30", 1))
    return f"{path}: row 3, column valid_from: the period overlaps that of row 2"


def test_a_check_of_the_reference_shows_what_it_covers_and_what_it_lacks(root: Path, tables: Path):
    done = doorstep("reference", "check", "--workspace", root)
    assert done.returncode == 0, done.stderr
    rows = {
        line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.startswith(" ") and line.split()
    }
    assert rows["tax_mileage_rates"] == ["5", "1", "2021-01-01", "2024-12-31"]
    assert rows["vehicle_classes"] == ["9"] and "fuel_prices: gasoline" in done.stdout
    path = tables / "tax_mileage_rates.csv"
    path.write_text(path.read_text().replace("2022-06-30", "2022-06-28", 1))
    done = doorstep("reference", "check", tables, DOORSTEP_WORKSPACE=str(root))
    assert done.returncode == 0 and "look tax_mileage_rates.csv: nothing valid from 2022-06-29" in done.stdout


def test_a_broken_reference_table_is_one_message(root: Path, tables: Path):
    words = overlap(tables)
    done = doorstep("reference", "check", tables)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr and len(done.stderr.splitlines()) == 1
    for wrong in (
        ["reference", "check", str(root / "nothing")],
        ["reference", "chek"],
        ["reference", "check", "--now"],
    ):
        done = doorstep(*wrong)
        assert done.returncode == 2 and "Traceback" not in done.stderr, wrong


def test_an_overlap_stops_the_run_with_one_message_and_nothing_is_published(root: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    words = overlap(copy / "reference")
    done = doorstep("run", "--workspace", copy)
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr
    assert done.stderr.count(words) == 1, done.stderr
    assert not (copy / "warehouse.duckdb").exists()


def test_pages_are_drawn_anew_from_the_published_file_or_into_one_file(built: Path, tmp_path: Path):
    before = {path.name: path.read_bytes() for path in (built / "dashboards").iterdir()}
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("workspace.toml", "warehouse.duckdb", ".driver_key"):
        shutil.copy(built / name, copy / name)
    shutil.copytree(built / "reference", copy / "reference")
    done = doorstep("pages", "--workspace", copy)
    assert done.returncode == 0 and done.stdout == f"Pages: {copy / 'dashboards' / 'index.html'}\n", done.stderr
    assert {path.name: path.read_bytes() for path in (copy / "dashboards").iterdir()} == before
    done = doorstep("pages", "--workspace", copy, "--single-file", "sent.html", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == f"Pages: {tmp_path / 'sent.html'}\n", done.stderr
    assert len((tmp_path / "sent.html").read_text()) > 4_000_000


def test_pages_without_a_published_file_are_one_message(root: Path, tmp_path: Path):
    for arguments in ([], ["--single-file", str(tmp_path / "sent.html")]):
        done = doorstep("pages", "--workspace", root, *arguments)
        assert done.returncode == 1 and "no published warehouse. Make it with `doorstep run`" in done.stderr
        assert "Traceback" not in done.stderr and not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_one_message(built: Path, tmp_path: Path):
    (tmp_path / "a file").write_text("in the way")
    done = doorstep("pages", "--workspace", built, "--single-file", tmp_path / "a file" / "sent.html")
    assert done.returncode == 1 and "a file" in done.stderr and "Traceback" not in done.stderr


def test_a_run_of_one_day_takes_in_that_day_and_anew_reads_it_again(tmp_path: Path):
    for day in ("2022-05-21", "2022-05-22"):
        path = tmp_path / f"landing/orders/{day}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(PLACED | {"event_id": day, "order_id": day}) + "\n")
    code = """
import dagster as dg
from pipelines.definitions import defs
def run(day, **config):
    ops = {"lake__orders": {"config": config}}
    job, wanted = defs.resolve_job_def("ingest"), [dg.AssetKey(["lake", "orders"])]
    done = job.execute_in_process({"ops": ops}, instance, partition_key=day, asset_selection=wanted)
    [told] = done.asset_materializations_for_node("lake__orders")
    print(told.partition, told.metadata["files"].value, told.metadata["new_files"].value)
with dg.DagsterInstance.ephemeral() as instance:
    run("2022-05-22"), run("2022-05-22"), run("2022-05-22", anew=True), run("2022-05-21")
"""
    workspace = os.environ | {"DOORSTEP_WORKSPACE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=workspace)
    assert done.stdout.splitlines() == ["2022-05-22 1 1", "2022-05-22 1 0", "2022-05-22 1 1", "2022-05-21 1 1"]


def test_nothing_is_written_over_what_the_workspace_keeps(built: Path, tmp_path: Path):
    root = Path(shutil.copytree(built, tmp_path / "kept"))
    warehouse = root / "warehouse.duckdb"
    before = warehouse.read_bytes()
    for command in (
        ["explain", "delivery_speed.orders", "--csv", warehouse],
        ["diff", "latest", "latest", "--page", warehouse],
        ["pages", "--single-file", warehouse],
        ["export", "--out", root / "snapshots/new"],
    ):
        done = doorstep(*command, "--workspace", root)
        assert done.returncode == 1 and "keeps its own data there" in done.stderr, done.stderr
    assert warehouse.read_bytes() == before
