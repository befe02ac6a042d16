"""How a moment is written, where its snapshot is, and who has a workspace."""

import fcntl
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.snapshot import read_moment
from pipelines.workspace import DoorstepError, Settings, Workspace, hold

WORKSPACE = Workspace(Path("/w"), Settings())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2022-06-01T00:00:00Z", "as_of_20220601T000000Z.duckdb"),
        ("2022-05-31t17:00:00-07:00", "as_of_20220601T000000Z.duckdb"),
        ("2022-06-01 00:00:00z", "as_of_20220601T000000Z.duckdb"),
        ("2022-06-01T00:00:00.000Z", "as_of_20220601T000000Z.duckdb"),
        ("2022-06-01T00:00:10.250+00:00", "as_of_20220601T000010.25Z.duckdb"),
        ("2022-06-01T00:00:00.1234569Z", "as_of_20220601T000000.123456Z.duckdb"),
        ("0800-06-01T00:00:00Z", "as_of_08000601T000000Z.duckdb"),
    ],
)
def test_a_snapshot_is_named_by_its_moment_in_utc_with_a_fraction_where_there_is_one(text: str, name: str):
    assert WORKSPACE.at(read_moment(text)).warehouse == Path("/w/snapshots") / name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2022-06-01",
        "2022-06-01T00:00:00",
        "2022-06-01T00:00Z",
        "20220601T000000Z",
        "2022-06-01T00:00:00,5Z",
        "2022-02-30T00:00:00Z",
        "2022-06-01T00:00:60Z",
        "2022-06-01T00:00:00+24:00",
        "0001-01-01T00:00:00+01:00",
        "２022-06-01T00:00:00Z",
        " 2022-06-01T00:00:00Z",
    ],
)
def test_what_is_no_timestamp_with_offset_is_refused_with_an_example(text: str):
    with pytest.raises(DoorstepError, match="2022-06-01T00:00:00Z"):
        read_moment(text)


def test_a_workspace_at_a_moment_builds_and_publishes_apart_from_what_is_published():
    known = WORKSPACE.at(datetime(2022, 6, 1, tzinfo=UTC))
    assert known.working_database.name == WORKSPACE.working_database.name == "working.duckdb"
    assert known.working_database.parent != WORKSPACE.working_database.parent
    assert known.warehouse != WORKSPACE.warehouse
    assert (known.lake, known.build, known.root) == (WORKSPACE.lake, WORKSPACE.build, WORKSPACE.root)


def test_who_is_patient_gets_a_held_workspace_when_the_other_has_ended(tmp_path: Path):
    workspace = Workspace(tmp_path, Settings())
    workspace.build.mkdir()
    other = os.open(workspace.build / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(DoorstepError, match="another run"):
        hold(workspace)
    waiting = threading.Thread(target=hold, args=(workspace,), kwargs={"is_patient": True}, daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "it did not wait"
    os.close(other)
    waiting.join(10)
    assert not waiting.is_alive()
