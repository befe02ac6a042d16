"""Workspaces of simulated logs that went the whole way once, and the command that takes them there."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import time_machine

from dashboards.page import render_site
from pipelines.simulate import simulate
from tests.integration.browser import CHROMIUM, Browser, open_browser
from tests.unit.dashboards_world import make_warehouse

Command = Callable[..., subprocess.CompletedProcess[str]]


def doorstep(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user would, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with simulated logs in landing and a driver key of its own, nothing run yet. Copy it to use it."""
    root = tmp_path_factory.mktemp("simulated workspace [1]")
    simulate(root, days=42, drivers=60, seed=7)
    (root / ".driver_key").write_text("a key for tests")
    (root / ".driver_key").chmod(0o600)
    return root


@pytest.fixture(scope="session")
def built(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same workspace after one run. Copy it before changing it."""
    root = tmp_path_factory.mktemp("built") / "work space"
    shutil.copytree(landed, root)
    done = doorstep("run", "--workspace", root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One tab for all tests; `show` makes it anew, but for what the browser stores."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages with weeks and days; the warehouse they show lies beside it. Only to be read."""
    folder = tmp_path_factory.mktemp("pages of a pilot")
    render_site(make_warehouse(folder / "warehouse.duckdb", days=14), folder / "dashboards")
    return folder / "dashboards"


def fingerprints(root: Path, *schemas: str, file: str = "warehouse.duckdb") -> dict[str, tuple[int, str]]:
    """Rows and fingerprint of each table of the schemas in the workspace's published file, or another such file."""
    with duckdb.connect(str(root / file), read_only=True) as connection:
        rows = connection.execute("select table_name, row_count, row_fingerprint from audit.builds").fetchall()
    return {name: (count, print_) for name, count, print_ in rows if name.split(".")[0] in schemas}


def ask(cursor: str | None = None) -> tuple[object, str | None]:
    """What the sensor says a minute from now, when every file is quiet, and its cursor."""
    from pipelines.defs import automation  # loads all definitions

    context = dg.build_sensor_context(cursor=cursor)
    with time_machine.travel(time.time() + 60):
        return automation.landing(context), context.cursor
