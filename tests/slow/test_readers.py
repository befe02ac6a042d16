"""Twenty readers poll the published file while twenty builds are published."""

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from pipelines.contract import LOGS
from pipelines.ingest import ingest
from pipelines.publish import publish
from pipelines.reference import read_reference
from pipelines.simulate import simulate
from pipelines.workspace import Settings, Workspace
from tests.dbt.conftest import built, write_reference

READERS, BUILDS = 20, 20


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    """A small simulated workspace with a whole working database."""
    workspace = Workspace(tmp_path_factory.mktemp("readers"), Settings(title="Twenty readers"))
    write_reference(workspace.root / "reference", {})
    simulate(workspace.root, days=3, drivers=20, seed=1)
    site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
    for log in LOGS:
        ingest(workspace, log, site_ids)
    built(workspace)
    return workspace


def change(workspace: Workspace, number: int) -> None:
    """Other rows in a dimension and a fact, and one row less in another: no two builds are alike."""
    with duckdb.connect(str(workspace.working_database)) as connection:
        connection.execute("update main.dim_market set state = ?", [f"build {number}"])
        connection.execute("update main.fct_trips set orders_picked_up = orders_picked_up + 1")
        connection.execute("delete from main.fct_offers where offer_id = (select min(offer_id) from main.fct_offers)")


def test_no_reader_meets_a_lock_and_each_connection_sees_one_whole_build(workspace, capsys):
    stop = workspace.root / "stop"
    path = publish(workspace).path
    command = [sys.executable, "-m", "tests.slow.reader", path]
    styles = ["fresh", "held"] * (READERS // 2)
    readers = [subprocess.Popen([*command, style, stop], stdout=subprocess.PIPE, text=True) for style in styles]
    try:
        published = []
        for number in range(BUILDS):
            change(workspace, number)
            published.append(publish(workspace).build_id)
            time.sleep(1)  # so that readers see most of the builds, on a slow machine too
    finally:
        stop.touch()
        met = [json.loads(reader.communicate(timeout=120)[0]) for reader in readers]
    seen = {build for each in met for build in each["builds"]}
    with capsys.disabled():
        sys.stdout.write(f"\n{figures(met, styles, seen & set(published))}\n")
    assert [error for each in met for error in each["errors"]] == []
    assert [table for each in met for table in each["wrong"]] == []
    assert sum(each["mixed"] for each in met) == 0
    assert len(seen & set(published)) > BUILDS // 2, "the readers were not there while builds were published"
    assert all(len(each["builds"]) > 1 for each in met), "a reader saw no publication"


def figures(met: list[dict], styles: list[str], seen: set[str]) -> str:
    """What the note says of it."""
    polls = dict.fromkeys(styles, 0)
    for each, style in zip(met, styles, strict=True):
        polls[style] += each["polls"]
    slowest = max(each["slowest_open_ms"] for each in met)
    return (
        f"{len(met)} readers, {BUILDS} builds published, {len(seen)} of them seen; {polls['fresh']:,} polls of a fresh "
        f"connection each, {polls['held']:,} of connections held; "
        f"{sum(len(each['errors']) for each in met)} errors; slowest open {slowest:.0f} ms"
    )


def test_the_reader_itself_notices_a_file_that_is_not_one_whole_build(workspace, tmp_path: Path):
    from tests.slow.reader import poll

    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(publish(workspace).path.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("set timezone = 'UTC'")
        assert not poll(connection)[1]
        connection.execute("update main.dim_market set state = 'another build'")
        assert poll(connection)[1] == ["main.dim_market"]
