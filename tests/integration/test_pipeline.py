"""The whole way, as a user goes it."""

import fcntl
import gzip
import json
import os
import pty
import random
import re
import shutil
import sqlite3
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.integration.conftest import doorstep, fingerprints
from tests.unit.test_dashboards import Page

LOGS = ("orders", "offers", "trips")


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    root = tmp_path / "copy"
    shutil.copytree(built, root)
    return root


def test_a_second_run_loads_nothing_and_changes_no_row(copied: Path):
    before = fingerprints(copied, "main", "reference", "audit")
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 0, done.stderr
    assert fingerprints(copied, "main", "reference", "audit") == before
    ledgers = sorted((copied / "build/ledger").iterdir())
    assert [path.stem for path in ledgers] == sorted(LOGS)


def test_the_order_and_the_split_of_files_change_no_row(landed: Path, built: Path, tmp_path: Path):
    root = tmp_path / "another order"
    (root / "landing").mkdir(parents=True)
    for name in ("reference", "workspace.toml", ".driver_key"):
        source = landed / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    randomness = random.Random(3)
    for log in LOGS:
        lines: list[bytes] = []
        for path in sorted((landed / "landing" / log).rglob("*")):
            if path.name.endswith((".jsonl", ".jsonl.gz")):
                content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                whole, _, _fragment = content.removeprefix(b"\xef\xbb\xbf").rpartition(b"\n")
                lines += whole.split(b"\n")
            elif path.is_file():
                target = root / "landing" / log / f"{path.parent.name}-{path.name}"
                target.parent.mkdir(exist_ok=True)
                shutil.copy(path, target)
        randomness.shuffle(lines)
        for index in range(5):
            (root / "landing" / log / f"{index}.jsonl").write_bytes(b"\n".join(lines[index::5]) + b"\n")
    done = doorstep("run", "--workspace", root)
    assert done.returncode == 0, done.stderr
    assert fingerprints(root, "main") == fingerprints(built, "main")


def test_a_reader_keeps_its_snapshot_while_a_new_file_is_published(copied: Path):
    path = str(copied / "warehouse.duckdb")
    with duckdb.connect(path, read_only=True) as reader:
        before = reader.execute("select count(*) from fct_deliveries").fetchone()
        line = {
            "event_id": "new-order",
            "event_type": "placed",
            "occurred_at": "2022-02-19T12:00:00-08:00",
            "received_at": "2022-02-19T20:00:00Z",
            "order_id": "new-order",
            "site_id": "las_vegas_mall",
        }
        (copied / "landing/orders/new.jsonl").write_text(json.dumps(line) + "\n")
        done = doorstep("run", "--workspace", copied)
        assert done.returncode == 0, done.stderr
        assert reader.execute("select count(*) from fct_deliveries").fetchone() == before
    with duckdb.connect(path, read_only=True) as reader:
        assert reader.execute("select count(*) from fct_deliveries").fetchone() == (before[0] + 1,)


def test_a_broken_reference_table_stops_the_run_with_one_message_and_leaves_the_old_file(copied: Path):
    sites = copied / "reference" / "sites.csv"
    sites.write_text(sites.read_text().replace("mall", "bazaar", 1).replace(",mall,", ",bazaar,", 1))
    before = (copied / "warehouse.duckdb").read_bytes()
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 1
    assert "sites.csv" in done.stderr and "row" in done.stderr and "Traceback" not in done.stderr
    assert (copied / "warehouse.duckdb").read_bytes() == before


def test_a_file_that_cannot_be_used_is_named_and_the_others_load(copied: Path):
    (copied / "landing/trips/cut.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 1000)[:-5])
    (copied / "landing/trips/notes.txt").write_text("hello")
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 0, done.stderr
    assert "cut.jsonl.gz" in done.stdout and "notes.txt" in done.stdout
    looked = doorstep("doctor", "--workspace", copied)
    assert looked.returncode == 1 and "corrupt_file" in looked.stdout
    again = doorstep("run", "--workspace", copied)
    assert "files refused before and still in landing: 2" in again.stdout
    for name in ("cut.jsonl.gz", "notes.txt"):
        (copied / "landing/trips" / name).unlink()
    gone = doorstep("doctor", "--workspace", copied)
    assert gone.returncode == 0, gone.stdout
    assert "corrupt_file" not in gone.stdout


def test_a_terminal_is_shown_every_step_while_it_runs(landed: Path, tmp_path: Path):
    root = tmp_path / "watched"
    shutil.copytree(landed, root)
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "pipelines.cli", "run", "--workspace", str(root)])
    shown = b"".join(iter(lambda: read_or_end(terminal), b""))
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, shown[-2000:]
    steps = [
        b"load definitions",
        b"ingest orders, MB",
        b"ingest offers, MB",
        b"ingest trips, MB",
        b"dbt",
        b"publish",
        b"pages",
    ]
    assert [step for step in steps if step not in shown] == []
    dbt = {int(done) for done in re.findall(rb"dbt.*?(\d+)/\d+", shown)}
    assert len(dbt) > 5, "it moves"


def read_or_end(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux's way to say that the other side has closed
        return b""


def test_a_lake_that_does_not_add_up_fails_the_run_before_anything_is_published(copied: Path):
    part = max((copied / "lake/orders").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    pl.read_parquet(part, glob=False, hive_partitioning=False).head(-1).write_parquet(part)
    before = (copied / "warehouse.duckdb").read_bytes()
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 1
    assert "assert_files_are_conserved" in done.stderr and part.stem in done.stderr
    assert (copied / "warehouse.duckdb").read_bytes() == before


def test_drift_is_a_warning_with_its_figures_in_the_run_and_in_the_doctor(copied: Path):
    line = {
        "event_id": "new-order",
        "event_type": "ready",
        "occurred_at": "2022-02-20T12:00:00-08:00",
        "received_at": "2022-02-20T20:00:00Z",
        "order_id": "new-order",
        "brand_new": 1,
    }
    (copied / "landing/orders/2022-02-21").mkdir()
    (copied / "landing/orders/2022-02-21/a.jsonl").write_text(json.dumps(line) + "\n")
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 0, done.stderr
    looks = done.stdout.partition("look assert_")[2].splitlines()
    assert looks[0] == "fields_arrive_as_usual: 1 row" and "name brand_new, lines 1, found 1" in looks[1]
    with duckdb.connect(str(copied / "warehouse.duckdb"), read_only=True) as connection:
        warned = connection.execute("select * exclude (description) from audit.checks where status = 'warn'").fetchall()
    [(name, table, severity, _, count, rows)] = warned
    assert (name, table, severity, count) == ("assert_fields_arrive_as_usual", "audit.drift", "warn", 1)
    assert [row["name"] for row in json.loads(rows)] == ["brand_new"]
    looked = doorstep("doctor", "--workspace", copied)
    assert "look 1 fields or refusals unlike what is usual, of late: see audit.drift" in looked.stdout


def test_private_text_of_refused_lines_and_unknown_fields_is_published_nowhere(copied: Path):
    secret = "555-0100-private"
    bad = {"event_id": "e-1", "event_type": "placed", "site_id": secret, "order_id": "x", "phone": secret, secret: 1}
    (copied / "landing/orders/private.jsonl").write_text(json.dumps(bad) + "\n" + secret + "\n")
    (copied / "landing/trips/private.csv").write_text(f"event_id,{secret},{secret}\n{secret},1,2\n")
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + doorstep("quarantine", "--workspace", copied).stdout
    with duckdb.connect(str(copied / "warehouse.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and data_type = 'VARCHAR'"
        ).fetchall()
        found = [
            (table, column)
            for schema, table, column in columns
            if connection.execute(
                f'select count(*) from {schema}.{table} where contains("{column}", ?)', [secret]
            ).fetchone()
            != (0,)
        ]
        refused = connection.execute("select sum(lines) from audit.quarantine_reasons where file like 'private%'")
        assert refused.fetchone() == (3,)
    assert len(columns) > 100 and found == []
    assert not [page for page in (copied / "dashboards").glob("*.html") if secret in page.read_text()]


def test_every_published_table_and_column_is_described(built: Path):
    with duckdb.connect(str(built / "warehouse.duckdb"), read_only=True) as connection:
        bare = connection.execute(
            "select table_name, null from duckdb_tables() where coalesce(comment, '') = '' union all "
            "select table_name, column_name from duckdb_columns() "
            "where schema_name in ('main', 'reference', 'audit') and coalesce(comment, '') = '' and not internal"
        ).fetchall()
        tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert bare == []
    assert {"fct_deliveries", "fct_offers", "fct_blocks", "fct_trips", "delivery_speed", "builds", "markets"} <= tables
    assert not {table for table in tables if table.startswith(("stg_", "int_")) or table == "warehouse"}


def test_the_published_file_is_of_the_format_duckdb_1_4_reads(built: Path):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built}/warehouse.duckdb' as published (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchone()
    assert "v1.4.0" in str(tags)


def test_no_raw_driver_id_is_in_the_published_file_or_the_lake(built: Path):
    with duckdb.connect() as connection:
        truth = f"{built}/truth/fct_offers.parquet".replace("[", "[[]")
        ids = [row[0] for row in connection.execute(f"select distinct driver_id from '{truth}'").fetchall()]
    assert ids
    for path in [built / "warehouse.duckdb", *(built / "lake").rglob("*.parquet")]:
        content = path.read_bytes()
        assert not [each for each in ids if each.encode() in content], path


def test_the_command_answers_from_any_folder_in_a_path_with_spaces(built: Path, tmp_path: Path):
    done = doorstep("query", "select count(*) as n from fct_trips", "--csv", "--workspace", built, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.splitlines()[0] == "n" and int(done.stdout.splitlines()[1]) > 0
    by_environment = doorstep("query", "select 1 as one", "--csv", cwd=tmp_path, DOORSTEP_WORKSPACE=str(built))
    assert by_environment.stdout.splitlines() == ["one", "1"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["query", "select 1"], 2),
        (["query", "selekt 1"], 1),
        (["query", "create table x(a int)"], 1),
        (["frobnicate"], 2),
        (["run", "--days", "3"], 2),
        (["query"], 2),
        (["--help"], 0),
    ],
)
def test_exit_codes_are_0_good_1_failed_2_wrong_usage(built: Path, arguments: list[str], code: int):
    expected_here = 0 if arguments == ["query", "select 1"] else code
    done = doorstep(*arguments, DOORSTEP_WORKSPACE=str(built))
    assert done.returncode == expected_here, done.stderr
    assert "Traceback" not in done.stderr


def test_the_folders_above_a_workspace_say_nothing_about_its_rows(tmp_path: Path):
    root = tmp_path / "site_id=chandler_mall" / "retracted=true"
    line = {
        "event_id": "t-1",
        "event_type": "started",
        "occurred_at": "2022-05-21T12:00:00-07:00",
        "received_at": "2022-05-21T19:00:00Z",
        "trip_id": "trip-1",
        "driver_id": "D1",
        "site_id": "las_vegas_mall",
    }
    (root / "landing/trips/2022-05-22").mkdir(parents=True)
    (root / "landing/trips/2022-05-22/a.jsonl").write_text(json.dumps(line) + "\n")
    assert doorstep("run", "--workspace", root).returncode == 0
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select site_id, market_id from fct_trips").fetchall() == [
            ("las_vegas_mall", "las_vegas")
        ]


def test_a_second_run_at_the_same_time_is_told_to_wait(copied: Path):
    with (copied / "build/.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = doorstep("run", "--workspace", copied)
    assert done.returncode == 1 and "another run" in done.stderr and "Traceback" not in done.stderr


def test_a_workspace_that_is_not_there_is_said_so(tmp_path: Path):
    done = doorstep("run", "--workspace", tmp_path / "nowhere")
    assert done.returncode == 1 and "nowhere" in done.stderr and "Traceback" not in done.stderr


def test_an_empty_workspace_makes_whole_pages_that_say_there_is_no_data(tmp_path: Path):
    done = doorstep("run", "--workspace", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("no data in these logs") == 3
    for path in (tmp_path / "dashboards").glob("*.html"):
        frames = Page(path.read_text()).frames
        told = {name: rows for name, frame in frames.items() for rows in frame["columns"].values() if rows}
        assert set(told) <= {"dictionary", "checks", "freshness", "logs", "money"}, f"{path.name}: nothing of any log"


def test_logs_without_one_known_duration_end_in_words(tmp_path: Path):
    day = "2022-03-02T12:{:02}:00-08:00"
    order = {"order_id": "o", "site_id": "las_vegas_mall"}
    trip = {"trip_id": "t", "driver_id": "d", "site_id": "las_vegas_mall", "vehicle_class": "hybrid"}
    lines = {
        "orders": [
            order | {"event_type": "placed", "occurred_at": day.format(40)},
            {"order_id": "o", "event_type": "delivered", "occurred_at": day.format(10)},
        ],
        "trips": [
            trip | {"event_type": "started", "occurred_at": day.format(0)},
            {"trip_id": "t", "event_type": "arrived_at_pickup", "occurred_at": day.format(30)},
            {"trip_id": "t", "event_type": "ended", "occurred_at": day.format(30)},
            {"trip_id": "t", "event_type": "pay_posted", "occurred_at": day.format(31)}
            | {"pay_kind": "base", "amount_usd": 60},
            # A device whose clock was never set.
            trip | {"trip_id": "u", "event_type": "started", "occurred_at": "0001-01-01T00:00:00Z"},
        ],
    }
    for log, events in lines.items():
        (tmp_path / "landing" / log).mkdir(parents=True)
        defaults = [{"event_id": f"{log}-{n}", "received_at": day.format(59)} for n in range(len(events))]
        text = "".join(json.dumps(event | default) + "\n" for event, default in zip(events, defaults, strict=True))
        (tmp_path / "landing" / log / "a.jsonl").write_text(text)
    done = doorstep("run", "--workspace", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "click to door unknown (n = 1)" in done.stdout
    assert "no hours on the job known (1 trip, 1 driver)" in done.stdout


def test_the_run_is_recorded_where_the_ui_looks(built: Path):
    with sqlite3.connect(built / "build/dagster/history/runs.db") as connection:
        assert connection.execute("select status from runs").fetchall() == [("SUCCESS",)]
