"""Adapters: foreign logs into a workspace of the contract. Behind `doorstep import ADAPTER INPUT...`.

An adapter is a folder:
- `orders.sql`, `offers.sql`, `trips.sql`, at least one: each one DuckDB SELECT over the table `input` (the foreign
  files, see `pipelines.adapters.foreign`) that yields columns of the contract;
- `prepared.sql`, optional: one SELECT over `input`, which the others can use as the table `prepared`;
- `notes.sql`, optional: one SELECT of sentences to say after the import;
- `reference/*.csv` and `workspace.toml`, which become the workspace's.

Belongs here: where an adapter lies, what an import puts into the workspace and what it leaves alone. Does not belong
here: what foreign columns mean (each adapter's SQL and README), reading what was imported (`pipelines.ingest`).
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from pipelines.adapters.foreign import foreign_database, make_table, texts, write_lines
from pipelines.contract import LOGS
from pipelines.workspace import DoorstepError, read_settings

SHIPPED_ADAPTERS: Final = Path(__file__).parent
_SQL_FILES: Final = frozenset({*(f"{log}.sql" for log in LOGS), "prepared.sql", "notes.sql"})


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def import_logs(
    adapter: Path, inputs: list[Path], workspace_root: Path, say: Callable[[str], None] = _say
) -> list[Path]:
    """Lands what `adapter` (a folder, or the name of a shipped one) makes of `inputs` in the workspace.

    Returns the landed Parquet files, one per log that has lines. Their name follows from the adapter's name and the
    bytes of the inputs, so the same inputs again change nothing, and a longer export of the same log lands beside
    the shorter one; ingest then counts what both have as duplicates. `say` gets the adapter's notes.
    Raises DoorstepError, with nothing written, if anything is missing or wrong, or if the workspace has other
    reference tables, settings or lines of the same inputs.
    """
    folder = _adapter_folder(adapter)
    by_digest = _by_digest(inputs)
    digest = hashlib.sha256("".join(by_digest).encode()).hexdigest()[:16]
    name = f"{_slug(folder.resolve().name)}-{digest}.parquet"
    copies = _workspace_files(folder, workspace_root)
    with TemporaryDirectory(prefix="doorstep-import-") as scratch:
        made, notes = _make_logs(folder, list(by_digest.values()), Path(scratch))
        copies |= {workspace_root / "landing" / log / name: file for log, file in made.items()}
        _refuse_other_contents(copies)
        for target, source in copies.items():
            if not target.exists():
                _place(source, target)
    for note in notes:
        say(note)
    return [workspace_root / "landing" / log / name for log in made]


def _adapter_folder(given: Path) -> Path:
    shipped = sorted(path.parent.name for path in SHIPPED_ADAPTERS.glob("*/workspace.toml"))
    folder = SHIPPED_ADAPTERS / given if str(given) in shipped and not given.is_dir() else given
    if not folder.is_dir():
        raise DoorstepError(f"{given}: no such adapter. Name a folder, or one of {', '.join(shipped)}.")
    found = {path.name for path in folder.glob("*.sql")}
    if not found & {f"{log}.sql" for log in LOGS}:
        raise DoorstepError(f"{folder}: not an adapter folder. It has no orders.sql, offers.sql or trips.sql.")
    if stray := sorted(found - _SQL_FILES):
        raise DoorstepError(
            f"{folder / stray[0]}: not a query of an adapter. Name it one of {', '.join(sorted(_SQL_FILES))}."
        )
    read_settings(folder / "workspace.toml")
    return folder


def _slug(name: str) -> str:
    # No dashes: a date in the name would be taken for the day the file was delivered.
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "adapter"


def _by_digest(inputs: list[Path]) -> dict[str, Path]:
    """The inputs by the SHA-256 of their bytes, sorted: neither names, order nor copies matter."""
    if not inputs:
        raise DoorstepError("Nothing to import. Name at least one file after the adapter.")
    found: dict[str, Path] = {}
    for path in inputs:
        try:
            with path.open("rb") as file:
                found[hashlib.file_digest(file, "sha256").hexdigest()] = path
        except OSError as error:
            raise DoorstepError(f"{path}: {error.strerror or error}. Name the files to import one by one.") from error
    return dict(sorted(found.items()))


def _workspace_files(folder: Path, workspace_root: Path) -> dict[Path, Path]:
    """What the adapter gives the workspace besides lines: target path to source path."""
    given = [*sorted((folder / "reference").glob("*.csv")), folder / "workspace.toml"]
    return {workspace_root / path.relative_to(folder): path for path in given if path.is_file()}


def _make_logs(folder: Path, inputs: list[Path], scratch: Path) -> tuple[dict[str, Path], list[str]]:
    """Runs the adapter's queries: the file of each log that has lines, and the notes."""
    made: dict[str, Path] = {}
    with foreign_database(inputs, scratch) as connection:
        if (folder / "prepared.sql").exists():
            make_table(connection, folder / "prepared.sql", "prepared")
        for name, log in LOGS.items():
            target = scratch / f"{name}.parquet"
            if (folder / f"{name}.sql").exists() and write_lines(connection, folder / f"{name}.sql", log, target):
                made[name] = target
        notes = texts(connection, folder / "notes.sql") if (folder / "notes.sql").exists() else []
    if not made:
        raise DoorstepError(f"{inputs[0]}: the adapter makes no line of it. Check that the adapter is meant for it.")
    return made, notes


def _refuse_other_contents(copies: dict[Path, Path]) -> None:
    for target, source in copies.items():
        if not target.exists() or target.read_bytes() == source.read_bytes():
            continue
        if target.suffix != ".parquet":
            advice = (
                f"Import into a new workspace; or, to keep it, put it into the adapter; or delete it to take {source}"
            )
            raise DoorstepError(f"{target}: differs from the adapter's. {advice}.")
        # Another version of DuckDB may write the same lines as other bytes.
        if not pl.read_parquet(target, glob=False).equals(pl.read_parquet(source, glob=False)):
            text = "holds other lines of the same input, so the adapter has changed since"
            raise DoorstepError(f"{target}: {text}. What was landed stays: import into a new workspace.")


def _place(source: Path, target: Path) -> None:
    """Copies the file so that `target` is either absent or whole, also after a loss of power."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.tmp")
    with source.open("rb") as read, unfinished.open("wb") as write:
        shutil.copyfileobj(read, write)
        write.flush()
        os.fsync(write.fileno())
    unfinished.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
