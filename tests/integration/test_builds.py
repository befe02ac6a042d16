"""The commands around builds, on a workspace that was run twice: list, compare, verify, go back."""

import fcntl
import json
import shutil
from pathlib import Path

import dagster as dg
import pytest

from pipelines.builds import build_files, published_id
from pipelines.workspace import open_workspace
from tests.integration.conftest import ask, doorstep

LINE = {
    "event_id": "late-1",
    "event_type": "placed",
    "occurred_at": "2022-02-20T12:02:10-08:00",
    "received_at": "2022-02-20T20:02:11Z",
    "order_id": "late-order",
    "site_id": "las_vegas_mall",
}


@pytest.fixture(scope="module")
def root(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built workspace after another run, which found a file more."""
    root = tmp_path_factory.mktemp("builds") / "work space"
    shutil.copytree(built, root)
    (root / "landing/orders/2022-02-20").mkdir(exist_ok=True)
    (root / "landing/orders/2022-02-20/late.jsonl").write_text(json.dumps(LINE) + "\n")
    done = doorstep("run", "--workspace", root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root, tmp_path / "copy")
    return tmp_path / "copy"


def test_builds_lists_both_newest_first_and_says_which_is_published(root: Path):
    done = doorstep("builds", "--workspace", root)
    first, second = build_files(open_workspace(root))
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and second in lines[1] and "published" in lines[1]
    assert first in lines[2] and "published" not in lines[2]


def test_diff_says_the_file_the_row_and_the_metrics_that_moved_of_late_data_alone(root: Path):
    done = doorstep("diff", "--all", "--workspace", root)
    assert done.returncode == 0, done.stderr
    assert "files new: 1 (orders/2022-02-20/late.jsonl)" in done.stdout
    assert "fct_deliveries: 1 rows added, 0 gone, 0 changed" in done.stdout
    orders = [line for line in done.stdout.splitlines() if line.startswith("  delivery_speed.orders ")]
    assert len(orders) == 1 and orders[0].endswith("12 cells moved; late data 12"), "3 periods, 2 markets, 2 offers"
    assert "(+1): late data" in done.stdout
    assert "fct_trips" not in done.stdout
    one = doorstep("diff", "previous", "latest", "--table", "fct_deliveries", "--workspace", root)
    assert "fct_deliveries" in one.stdout and "delivery_speed" not in one.stdout


def test_diff_writes_a_page_and_a_name_that_is_no_build_is_one_sentence(root: Path, tmp_path: Path):
    done = doorstep("diff", "--page", tmp_path / "deep/diff.html", "--workspace", root)
    assert done.returncode == 0 and "late.jsonl" in (tmp_path / "deep/diff.html").read_text()
    done = doorstep("diff", "nope", "--workspace", root)
    assert done.returncode == 1 and "'nope' names no build. There are: " in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_names_each_file_and_fails_with_the_one_that_is_bad(copied: Path):
    done = doorstep("verify", "--workspace", copied)
    assert done.returncode == 0 and done.stdout.count("ok  ") == 3, "a copy of a workspace has no links"
    broken = next(iter(build_files(open_workspace(copied)).values()))
    broken.unlink()
    broken.write_bytes(b"no database")
    done = doorstep("verify", "--workspace", copied)
    assert done.returncode == 1 and f"bad  snapshots/{broken.name}: cannot be read" in done.stdout
    assert "1 of 3 files is not as written" in done.stderr
    refused = doorstep("rollback", broken.stem, "--workspace", copied)
    assert refused.returncode == 1 and broken.stem in refused.stderr and "Traceback" not in refused.stderr


def test_rollback_publishes_the_earlier_build_with_its_pages_and_the_sensor_lets_it_be(copied: Path, monkeypatch):
    workspace = open_workspace(copied)
    first, second = build_files(workspace)
    assert doorstep("ingest", "--workspace", copied).returncode == 0, "what was copied is looked at anew"
    done = doorstep("rollback", "previous", "--workspace", copied)
    assert done.returncode == 0 and "The next run" in done.stdout, done.stderr
    assert published_id(workspace) == first and list(build_files(workspace)) == [first, second]
    assert first in (copied / "dashboards/index.html").read_text()
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(copied))
    assert isinstance(ask()[0], dg.SkipReason)
    (copied / "landing/orders/2022-02-20/later.jsonl").write_text(json.dumps(LINE | {"event_id": "late-2"}) + "\n")
    assert isinstance(ask()[0], dg.RunRequest)
    again = doorstep("rollback", first, "--workspace", copied)
    assert again.returncode == 1 and "is the build that is published" in again.stderr
    back = doorstep("rollback", "latest", "--workspace", copied)
    assert back.returncode == 0 and published_id(workspace) == second


def test_rollback_refuses_while_a_run_is_at_work(copied: Path):
    with (copied / "build/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = doorstep("rollback", "previous", "--workspace", copied)
    assert done.returncode == 1 and "another run is at work" in done.stderr
    workspace = open_workspace(copied)
    assert published_id(workspace) == list(build_files(workspace))[-1]
