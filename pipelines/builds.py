"""The builds that stay: `snapshots/<build id>.duckdb`, one for each of the latest publications.

Belongs here: putting a finished file in place, keeping it, removing old ones, finding a build by name, listing them.
Does not belong here: what is in a file (`publish.py`), whether it still is what was written (`verify.py`), what differs
between two (`pipelines.diff`).

A kept build is a hard link of the published file, a copy where the disk has no links; neither is ever written to again.
It is linked under a hidden name, the published file is renamed, the hidden name becomes the build's. Whoever is killed
in between leaves a hidden file, which is no build, or a published file that is not kept yet: the next publication, or
return to a build, removes the one and keeps the other.
"""

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from pipelines.workspace import DoorstepError, Workspace

_KEPT = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}\.duckdb")
_BY_AGE = {"latest": -1, "previous": -2}
_READ_ONLY = 0o444
_HEADER = """
    select any_value(build_id), max(finished_at), any_value(as_of), any_value(code_version), any_value(title),
        any_value(origin), sum(row_count)::bigint
    from audit.builds having count(*) > 0
"""


@dataclass(frozen=True)
class Build:
    """What a published file says of itself.

    finished_at: UTC. as_of: UTC, the data cut; None without any line. rows: of all its tables. size: bytes.
    """

    build_id: str
    finished_at: datetime
    as_of: datetime | None
    code_version: str
    title: str
    origin: str
    rows: int
    size: int


def read_build(path: Path) -> Build:
    """What the published file at `path` says of itself. Raises DoorstepError if it is none or cannot be read."""
    try:
        # Else DuckDB would open an empty database of a name that no file has.
        size = path.stat().st_size
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            row = connection.execute(_HEADER).fetchone()
    except (OSError, duckdb.Error) as error:
        raise DoorstepError(f"{path}: cannot be read as a build: {str(error).splitlines()[0]}") from error
    if row is None:
        raise DoorstepError(f"{path}: is no build, its audit.builds is empty.")
    return Build(*row, size=size)


def build_files(workspace: Workspace) -> dict[str, Path]:
    """The file of each build there is, by build id, oldest first: those kept, and the published one in any case."""
    kept = {path.stem: path for path in workspace.snapshots.glob("*.duckdb") if _KEPT.fullmatch(path.name)}
    published = published_id(workspace)
    files = kept if published is None or published in kept else {**kept, published: workspace.warehouse}
    return dict(sorted(files.items(), key=_age))


def _age(build: tuple[str, Path]) -> tuple[str, int]:
    """The second in its id, and within a second when the file was written."""
    build_id, path = build
    try:
        return build_id.split("-")[0], path.stat().st_mtime_ns
    except FileNotFoundError:  # a publication removed it this moment
        return build_id.split("-")[0], 0


def published_id(workspace: Workspace) -> str | None:
    """The id of the build that is published; None if there is none, or none that can be read."""
    with contextlib.suppress(DoorstepError):
        return read_build(workspace.warehouse).build_id
    return None


def find_build(workspace: Workspace, name: str) -> Path:
    """The file meant by a build id, the start of one, `latest` (the newest), `previous`, or a path.

    Raises DoorstepError, with what there is, if it names none or several.
    """
    if os.sep in name or name.endswith(".duckdb"):
        path = Path(name).expanduser().absolute()
        read_build(path)
        return path
    files = build_files(workspace)
    ids = list(files)
    if name in _BY_AGE:
        found = ids[_BY_AGE[name] :][:1] if len(ids) >= -_BY_AGE[name] else []
    else:
        found = [each for each in ids if each == name] or [each for each in ids if name and each.startswith(name)]
    if len(found) == 1:
        path = files[found[0]]
        if (own := read_build(path).build_id) != found[0]:
            raise DoorstepError(f"{path}: holds the build {own}, whatever it is called. Give it its name back.")
        return path
    there = ", ".join(ids) or f"none; first: doorstep run --workspace {workspace.root}"
    raise DoorstepError(f"{name!r} names {len(found) or 'no'} build{'s' if found else ''}. There are: {there}")


def settle(workspace: Workspace) -> None:
    """Clears what a killed publication left, and keeps the published file where it is not kept yet."""
    workspace.snapshots.mkdir(exist_ok=True)
    for left in (*workspace.root.glob(".warehouse.duckdb.*tmp*"), *workspace.snapshots.glob(".*.duckdb.*tmp*")):
        left.unlink()
    published = published_id(workspace)
    if published and not (kept := _kept(workspace, published)).exists():
        stage(workspace.warehouse, kept).replace(kept)


def put_in_place(workspace: Workspace, fresh: Path, build_id: str) -> None:
    """Makes the closed file `fresh`, beside it, the published one (of `workspace.as_of`: its snapshot).

    It stays as a build, and builds beyond `publish.keep` go; not so a snapshot as of a moment, which its owner removes.
    """
    if workspace.as_of is not None:
        replace(fresh, workspace.warehouse)
        return
    kept = _kept(workspace, build_id)
    staged = stage(fresh, kept)
    replace(fresh, workspace.warehouse)
    staged.replace(kept)
    _fsync(workspace.snapshots)
    for old, path in list(build_files(workspace).items())[: -workspace.settings.publish.keep]:
        if old != build_id:
            path.unlink()


def stage(source: Path, target: Path) -> Path:
    """A hidden file beside `target` with the content of `source`, on disk and read-only, to be renamed to it."""
    staged = target.with_name(f".{target.name}.tmp")
    source.chmod(_READ_ONLY)
    try:
        staged.hardlink_to(source)
    except OSError:
        shutil.copy2(source, staged)
    _fsync(staged)
    return staged


def replace(fresh: Path, target: Path) -> None:
    """Renames a closed file over the published one or a snapshot, so that it is there whole also after a crash."""
    fresh.chmod(_READ_ONLY)
    _fsync(fresh)
    # A write-ahead log left beside the old file would be replayed into the new one.
    target.with_name(target.name + ".wal").unlink(missing_ok=True)
    fresh.replace(target)
    _fsync(target.parent)


def _kept(workspace: Workspace, build_id: str) -> Path:
    return workspace.snapshots / f"{build_id}.duckdb"


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def print_builds(workspace: Workspace, out: Console) -> None:
    """Prints every build there is, newest first, a line each. One that cannot be read is named with the reason."""
    files, published = build_files(workspace), published_id(workspace)
    if not files:
        raise DoorstepError(f"{workspace.root}: no build yet. First: doorstep run --workspace {workspace.root}")
    names = ("build", "finished, UTC", "data up to, UTC", "code", "rows", "MB", "")
    table = Table(*(Column(name, no_wrap=True, overflow="ignore") for name in names), box=None)
    for name, path in reversed(files.items()):
        try:
            build = read_build(path)
        except DoorstepError as error:
            out.print(f"[red]bad [/] {escape(str(error))}", soft_wrap=True)
            continue
        cut = f"{build.as_of:%Y-%m-%d %H:%M}" if build.as_of else "no line"
        cells = (name, f"{build.finished_at:%Y-%m-%d %H:%M:%S}", cut, build.code_version)
        numbers = (f"{build.rows:,}", f"{build.size / 1e6:.1f}", "published" if name == published else "")
        table.add_row(*map(escape, (*cells, *numbers)))
    out.print(table, width=max(out.width, 120), crop=False, soft_wrap=True)
