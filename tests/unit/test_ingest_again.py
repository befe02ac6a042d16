"""Files by the name somebody typed, and reading them again."""

import gzip
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.ingest import files, ingest, landed_paths, load, named_files
from pipelines.workspace import DoorstepError, open_workspace
from tests.unit.ingesting import PLACED, SITES, jsonl, land, take_in

STRANGE_SITE = PLACED | {"event_id": "o-2", "site_id": "new_mall"}


def again(root: Path, *paths: Path):
    return ingest(open_workspace(root), "orders", [*SITES, "new_mall"], again=paths)


def lake(root: Path) -> pl.DataFrame:
    return take_in(root, "orders").lake


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    return land(tmp_path, "orders", "2022-05-21/a.jsonl", jsonl(PLACED, STRANGE_SITE, "junk"))


def test_a_summary_says_why_lines_were_refused(tmp_path, landed):
    land(tmp_path, "orders", "b.jsonl", jsonl("junk", PLACED))
    summary = ingest(open_workspace(tmp_path), "orders", SITES)
    assert summary.reasons == {"unparseable_line": 2, "unknown_site": 1}
    assert again(tmp_path, landed).reasons == {"unparseable_line": 1}


def test_only_the_files_named_are_read(tmp_path, landed):
    take_in(tmp_path, "orders")
    land(tmp_path, "orders", "new.jsonl", jsonl(PLACED | {"event_id": "o-3"}))
    assert [entry.path for entry in again(tmp_path, landed).entries] == ["2022-05-21/a.jsonl"]


def test_a_file_with_the_bytes_of_another_stands_for_it(tmp_path, landed):
    first = take_in(tmp_path, "orders").entry
    twin = land(tmp_path, "orders", "b.jsonl", landed.read_bytes())
    take_in(tmp_path, "orders")
    [entry] = again(tmp_path, twin).entries
    assert (entry.path, entry.accepted, entry.quarantined) == ("2022-05-21/a.jsonl", 2, 1)
    assert (entry.landed_on, entry.first_ingested_at) == (first.landed_on, first.first_ingested_at)
    assert sorted(lake(tmp_path)["event_id"]) == ["o-1", "o-2"]
    assert take_in(tmp_path, "orders").entries == []


def test_a_file_and_its_twin_together_are_read_once(tmp_path, landed):
    take_in(tmp_path, "orders")
    twin = land(tmp_path, "orders", "b.csv", landed.read_bytes())  # and not as CSV
    summary = again(tmp_path, landed, twin)
    assert [entry.status for entry in summary.entries] == ["loaded", "duplicate"]
    assert (summary.total("lines"), summary.total("accepted")) == (3, 2)


def test_a_file_refused_before_is_read_and_keeps_its_first_ingest(tmp_path, monkeypatch):
    path = land(tmp_path, "orders", "a.jsonl.gz", gzip.compress(jsonl(PLACED) + b" " * 100_000))
    with monkeypatch.context() as patch:
        patch.setattr(files, "MAX_FREE_BYTES", 1000)
        first = take_in(tmp_path, "orders").entry
    assert (first.status, first.reason) == ("refused", "file_too_large")
    assert take_in(tmp_path, "orders").entries == []
    [entry] = again(tmp_path, path).entries
    assert (entry.status, entry.accepted) == ("loaded", 1)
    assert (entry.landed_on, entry.first_ingested_at) == (first.landed_on, first.first_ingested_at)
    assert pl.read_parquet(tmp_path / "build/ledger/orders.parquet")["status"].to_list() == ["loaded"]


@pytest.mark.parametrize("step", ["before the quarantine", "after the quarantine", "after the part"])
def test_a_kill_while_reading_again_is_mended_by_the_next_ingest(tmp_path, landed, monkeypatch, step):
    take_in(tmp_path, "orders")
    finished, stored = load.Quarantine.finish, load.write_ledger
    calls: list[int] = []

    def killed(quarantine):
        if step == "after the quarantine":
            finished(quarantine)
        raise KeyboardInterrupt

    def store(*arguments):
        calls.append(1)
        if len(calls) > 1:  # the first is the mark
            raise KeyboardInterrupt
        stored(*arguments)

    with monkeypatch.context() as patch:
        if step == "after the part":
            patch.setattr(load, "write_ledger", store)
        else:
            patch.setattr(load.Quarantine, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            again(tmp_path, landed)
    [entry] = ingest(open_workspace(tmp_path), "orders", [*SITES, "new_mall"]).entries
    assert (entry.lines, entry.accepted, entry.quarantined) == (3, 2, 1)
    taken = take_in(tmp_path, "orders")
    assert (taken.entries, taken.lake.height, taken.reasons) == ([], 2, ["unparseable_line"])


@pytest.mark.parametrize("lost", ["lake", "quarantine", "build/ledger", "lake build/ledger", "quarantine build/ledger"])
def test_what_was_deleted_by_hand_is_read_again_while_its_file_is_there(tmp_path, landed, lost):
    before = take_in(tmp_path, "orders")
    rows, reasons = before.lake, before.reasons
    for folder in lost.split():
        shutil.rmtree(tmp_path / folder)
    after = take_in(tmp_path, "orders")
    assert after.lake.equals(rows) and rows.height == 1
    assert after.reasons == reasons
    [entry] = pl.read_parquet(tmp_path / "build/ledger/orders.parquet").to_dicts()
    assert (entry["lines"], entry["accepted"], entry["quarantined"]) == (3, 1, 2)
    if lost != "lake build/ledger":
        assert entry["first_ingested_at"] == before.entry.first_ingested_at


@pytest.mark.parametrize("where", ["absolute", "cwd", "below landing", "below the workspace", "by a link", "dotted"])
def test_a_file_is_found_by_any_of_its_names(tmp_path, monkeypatch, where):
    root = tmp_path / "w"
    path = land(root, "orders", "2022-05-21/a.jsonl", b"")
    (tmp_path / "link").symlink_to(root)
    monkeypatch.chdir(path.parent)
    given = {
        "absolute": str(path),
        "cwd": "a.jsonl",
        "below landing": "orders/2022-05-21/a.jsonl",
        "below the workspace": "landing/orders/2022-05-21/a.jsonl",
        "by a link": str(tmp_path / "link/landing/orders/2022-05-21/a.jsonl"),
        "dotted": "../../orders/2022-05-21/./a.jsonl",
    }[where]
    workspace = open_workspace(root)
    assert named_files(workspace, [given]) == {"orders": ["2022-05-21/a.jsonl"]}
    assert landed_paths(workspace, "orders", ["2022-05-21/a.jsonl"]) == [path]


def test_a_file_is_found_by_the_name_that_is_printed_of_it(tmp_path):
    path = land(tmp_path, "trips", "new\nline.jsonl", b"")
    workspace = open_workspace(tmp_path)
    for given in (str(path), "trips/new\\nline.jsonl", "landing/trips/new\\nline.jsonl"):
        assert named_files(workspace, [given]) == {"trips": ["new\\nline.jsonl"]}
    assert landed_paths(workspace, "trips", ["new\\nline.jsonl"]) == [path]


def test_links_inside_landing_are_files_of_their_own(tmp_path):
    path = land(tmp_path, "orders", "a.jsonl", b"")
    (path.parent / "b.jsonl").symlink_to(path)
    assert named_files(open_workspace(tmp_path), ["orders/b.jsonl"]) == {"orders": ["b.jsonl"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("orders/nothing.jsonl", "no such file"),
        ("orders/a.jsonl.part", "unfinished"),
        ("orders/_drafts/a.jsonl", "unfinished"),
        ("orders/2022-05-21", "folder"),
        ("elsewhere.jsonl", "not in"),
        ("\x1b[31m", "no such file"),
    ],
)
def test_a_name_that_is_no_complete_landed_file_is_one_clear_message(tmp_path, monkeypatch, given, words):
    for name in ("2022-05-21/a.jsonl", "a.jsonl.part", "_drafts/a.jsonl"):
        land(tmp_path, "orders", name, b"")
    (tmp_path / "elsewhere.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DoorstepError, match=words) as raised:
        named_files(open_workspace(tmp_path), ["orders/2022-05-21/a.jsonl", given])
    assert str(raised.value).isprintable()
    with pytest.raises(DoorstepError, match="no complete file"):
        landed_paths(open_workspace(tmp_path), "orders", [given])
