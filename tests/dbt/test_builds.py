"""Builds that stay, of a small world that is published again and again: kept, found, verified, gone back to."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.builds import build_files, find_build, published_id
from pipelines.publish import publish, unpublished_files
from pipelines.verify import faults, verify
from pipelines.workspace import DoorstepError, PublishSettings, Settings, Workspace
from tests.dbt.conftest import PUBLISHABLE
from tests.dbt.lines import at, order

NOON = at("2022-05-21T12:00")
SITE = "las_vegas_mall"
KEEP = 3
HEADERS, CHECKSUM = 3 * 4096, 8  # bytes before the first block of a DuckDB file, and at the head of each


@pytest.fixture(scope="module")
def world(build_world):
    return build_world(orders=order("a", SITE, NOON), select=PUBLISHABLE)


@pytest.fixture
def workspace(world, tmp_path) -> Workspace:
    """A copy with nothing published, that keeps three builds."""
    shutil.copytree(world.workspace.root, tmp_path / "w")
    return Workspace(tmp_path / "w", Settings(publish=PublishSettings(keep=KEEP)))


def kept(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in workspace.snapshots.iterdir())


BEFORE_THE_LINK = "builds.stage = lambda *given: os._exit(9)"
BEFORE_THE_RENAME = "builds.replace = lambda *given: os._exit(9)"
AFTER_THE_RENAME = "real = builds.replace; builds.replace = lambda *given: (real(*given), os._exit(9))"


def dies(workspace: Workspace, where: str) -> None:
    """Publishes in a process that dies where one of these statements makes it."""
    code = (
        f"import os, pathlib\nfrom pipelines import builds, publish, workspace\n{where}\n"
        f"publish.publish(workspace.open_workspace(pathlib.Path({str(workspace.root)!r})))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 9


def test_a_publication_stays_as_a_read_only_file_of_its_own_name_with_the_same_bytes(workspace):
    published = publish(workspace)
    file = workspace.snapshots / f"{published.build_id}.duckdb"
    assert build_files(workspace) == {published.build_id: file}
    assert file.samefile(workspace.warehouse) and file.stat().st_mode & 0o777 == 0o444


def test_where_the_disk_has_no_links_a_build_is_a_copy(workspace):
    room = Path("/dev/shm")
    if not room.is_dir() or room.stat().st_dev == workspace.root.stat().st_dev:
        pytest.skip("no second file system here")
    elsewhere = room / f"doorstep-{os.getpid()}"
    elsewhere.mkdir()
    try:
        workspace.snapshots.symlink_to(elsewhere)
        published = publish(workspace)
        file = workspace.snapshots / f"{published.build_id}.duckdb"
        assert file.read_bytes() == workspace.warehouse.read_bytes() and not file.samefile(workspace.warehouse)
        assert file.stat().st_mode & 0o777 == 0o444 and not list(faults(file))
    finally:
        shutil.rmtree(elsewhere)


def test_the_newest_builds_stay_and_nothing_else_is_removed(workspace):
    workspace.snapshots.mkdir()
    foreign = ["as_of_20220601T000000Z.duckdb", "mine.duckdb", "notes.txt", ".hidden"]
    for name in foreign:
        (workspace.snapshots / name).touch()
    ids = [publish(workspace).build_id for _ in range(KEEP + 2)]
    assert list(build_files(workspace)) == ids[-KEEP:]
    assert kept(workspace) == sorted([*foreign, *(f"{each}.duckdb" for each in ids[-KEEP:])])


def test_a_snapshot_as_of_a_moment_is_no_build_and_removes_none(workspace):
    ids = [publish(workspace).build_id for _ in range(KEEP)]
    moment = workspace.at(NOON)
    shutil.copytree(workspace.build, moment.working_database.parent)
    assert publish(moment).path.parent == workspace.snapshots
    assert list(build_files(workspace)) == ids


def test_a_file_published_before_builds_were_kept_is_a_build_and_stays_with_the_next(workspace):
    first = publish(workspace).build_id
    shutil.rmtree(workspace.snapshots)
    assert build_files(workspace) == {first: workspace.warehouse}
    second = publish(workspace).build_id
    assert list(build_files(workspace)) == [first, second] and find_build(workspace, first) != workspace.warehouse


@pytest.mark.parametrize("where", [BEFORE_THE_LINK, BEFORE_THE_RENAME])
def test_a_publication_that_dies_before_the_rename_is_no_build_and_leaves_nothing_the_next_does_not_clear(
    workspace, where
):
    first = publish(workspace).build_id
    dies(workspace, where)
    assert published_id(workspace) == first and list(build_files(workspace)) == [first]
    second = publish(workspace).build_id
    assert list(build_files(workspace)) == [first, second]
    assert kept(workspace) == sorted(f"{each}.duckdb" for each in (first, second))
    assert not list(workspace.root.glob(".warehouse*"))


def test_a_publication_that_dies_after_the_rename_is_a_build_and_stays_with_the_next(workspace):
    first = publish(workspace).build_id
    dies(workspace, AFTER_THE_RENAME)
    second = published_id(workspace)
    assert second != first and list(build_files(workspace)) == [first, second]
    third = publish(workspace).build_id
    assert kept(workspace) == sorted(f"{each}.duckdb" for each in (first, second, third))


def test_a_build_is_named_by_its_id_its_start_its_age_or_its_path(workspace):
    ids = [publish(workspace).build_id for _ in range(2)]
    files = [workspace.snapshots / f"{each}.duckdb" for each in ids]
    names = (*ids, "previous", "latest", str(files[0]))
    assert [find_build(workspace, name) for name in names] == [*files, *files, files[0]]
    assert find_build(workspace, ids[0][:-1]) == files[0]
    for name, words in {"2": "names 2 builds", "nope": "names no build", "": "names no build"}.items():
        with pytest.raises(DoorstepError, match=words) as told:
            find_build(workspace, name)
        assert all(each in str(told.value) for each in ids)
    with pytest.raises(DoorstepError, match="cannot be read as a build"):
        find_build(workspace, str(workspace.root / "none.duckdb"))


def test_keeping_no_build_is_no_setting():
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        PublishSettings(keep=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("delete from main.fct_deliveries", "main.fct_deliveries: 0 rows, 1 were written"),
        ("update main.dim_market set state = 'X' where state = 'VA'", "main.dim_market: its rows are not those"),
        ("create table main.mine as select 1 as a", "main.mine: was not published"),
        ("drop table main.delivery_speed", "main.delivery_speed: is not there"),
        ("comment on column main.dim_market.state is null", "main.dim_market: no comment on state"),
        ("comment on table audit.logs is null", "audit.logs: no comment on the table"),
        ("drop table audit.builds", "audit.builds: is not there"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_named_with_the_table_and_what_differs(workspace, change, words):
    published = publish(workspace)
    assert not list(faults(published.path))
    copy = workspace.root / "copy.duckdb"
    shutil.copy(published.path, copy)
    copy.chmod(0o644)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(change)
    assert any(words in fault for fault in faults(copy)), list(faults(copy))


def test_every_flipped_byte_in_the_rows_is_found(workspace):
    published = publish(workspace)
    copy = workspace.root / "copy.duckdb"
    whole = published.path.read_bytes()
    with duckdb.connect(str(published.path), read_only=True) as connection:
        found = connection.execute("select block_id, block_offset from pragma_storage_info('metric_dictionary')")
        places = sorted({(block, offset) for block, offset in found.fetchall() if block is not None and block >= 0})
        [(size,)] = connection.execute("select block_size from pragma_database_size()").fetchall()
    for block, offset in (places[0], places[len(places) // 2], places[-1]):
        at_byte = HEADERS + block * size + CHECKSUM + offset
        copy.write_bytes(whole[:at_byte] + bytes([whole[at_byte] ^ 1]) + whole[at_byte + 1 :])
        assert list(faults(copy)), at_byte


def test_verify_looks_at_what_is_published_and_all_kept_and_fails_if_one_is_bad(workspace, capsys):
    for _ in range(2):
        publish(workspace)
    verify(workspace, [], Console())
    assert capsys.readouterr().out.count("ok  ") == 2, "the published file is one of the kept"
    broken = find_build(workspace, "previous")
    broken.unlink()
    broken.write_bytes(b"no database")
    with pytest.raises(DoorstepError, match="1 of 2 files is not as written"):
        verify(workspace, [], Console())
    assert f"bad  snapshots/{broken.name}" in capsys.readouterr().out.replace("\n", " ")


def test_after_the_return_to_an_earlier_build_only_files_no_build_knows_are_unpublished(world, workspace):
    from pipelines.rollback import roll_back

    first = publish(workspace).build_id
    # The next build knows a file more.
    with duckdb.connect(str(workspace.working_database)) as connection:
        connection.execute("delete from audit.files")
    assert not unpublished_files(workspace)
    second = publish(replace(workspace)).build_id
    assert published_id(workspace) == second and unpublished_files(workspace)
    third_knows = world.workspace.working_database
    shutil.copy(third_knows, workspace.working_database)
    publish(workspace)
    assert not unpublished_files(workspace)
    with pytest.raises(DoorstepError, match="cannot draw"):  # this small world lacks tables the pages show
        roll_back(workspace, second, Console(quiet=True))
    assert published_id(workspace) == second
    assert not unpublished_files(workspace), "the sensor would undo it at once"
    assert first in build_files(workspace)
    workspace.warehouse.unlink()
    assert unpublished_files(workspace), "nothing is published"
