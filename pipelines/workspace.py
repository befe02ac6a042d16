"""Every path and setting of a workspace, absolute, in one frozen object.

Belongs here: where things are, what `workspace.toml` may say, the driver key. Does not belong here: reading or
writing data.
"""

import contextlib
import fcntl
import os
import secrets
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
SHIPPED_DATA = PROJECT_ROOT / "data"
WORKSPACE_VARIABLE = "DOORSTEP_WORKSPACE"
DRIVER_KEY_VARIABLE = "DOORSTEP_DRIVER_KEY"


class DoorstepError(Exception):
    """A mistake the user can mend. The message says what, where and what to do; the command exits with 1."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PrivacySettings(_Section):
    """`[privacy]` of workspace.toml."""

    min_drivers: int = Field(default=5, ge=1, description="Fewer drivers than this in a cell: suppressed.")


class IngestSettings(_Section):
    """`[ingest]` of workspace.toml."""

    max_expansion: float = Field(default=200, gt=1, description="A file may expand to so many times its size.")


class PartitionSettings(_Section):
    """`[partitions]` of workspace.toml: the days that Dagster shows of the lake."""

    first_day: date | None = Field(default=None, description="Default: the first day with a file, at most ten years.")
    last_day: date | None = Field(
        default=None, description="Default: today; where the logs are simulated, the last day with a file."
    )


class DagsterSettings(_Section):
    """`[dagster]` of workspace.toml."""

    keep_runs_days: int = Field(default=90, ge=1, description="Older runs are forgotten, see pipelines/defs/retention.")


class PublishSettings(_Section):
    """`[publish]` of workspace.toml."""

    keep: int = Field(default=7, ge=1, description="So many builds stay under snapshots/, the newest ones.")


class Settings(_Section):
    """The contents of workspace.toml; every key has a default, an unknown key is an error."""

    title: str = "Doorstep"
    origin: Literal["simulated", "recorded"] = "recorded"
    currency: Literal["USD"] = "USD"
    privacy: PrivacySettings = PrivacySettings()
    ingest: IngestSettings = IngestSettings()
    partitions: PartitionSettings = PartitionSettings()
    dagster: DagsterSettings = DagsterSettings()
    publish: PublishSettings = PublishSettings()


@dataclass(frozen=True)
class Workspace:
    """One data set: a directory, its settings and the paths in it (all absolute).

    as_of: UTC; build what was known then, beside what is published. None: build and publish all that is known.
    variant: with `as_of`, what its file's name says beside the moment.
    """

    root: Path
    settings: Settings
    as_of: datetime | None = None
    variant: str = ""

    def at(self, as_of: datetime) -> "Workspace":
        """The same workspace as it was known at `as_of` (with zone): it builds and publishes in files of its own."""
        return replace(self, as_of=as_of.astimezone(UTC))

    @property
    def landing(self) -> Path:
        """Log files as delivered; never changed by us."""
        return self.root / "landing"

    @property
    def lake(self) -> Path:
        """Accepted events, typed Parquet."""
        return self.root / "lake"

    @property
    def quarantine(self) -> Path:
        """Refused lines, verbatim; private."""
        return self.root / "quarantine"

    @property
    def build(self) -> Path:
        """Disposable: ledgers, working database, dbt target, Dagster's home."""
        return self.root / "build"

    @property
    def working_database(self) -> Path:
        """The database dbt builds in; nobody else opens it."""
        return (self.build if self.as_of is None else self.build / "snapshot") / "working.duckdb"

    @property
    def warehouse(self) -> Path:
        """The published file, or the snapshot: `snapshots/as_of_20220601T000000Z.duckdb`."""
        if self.as_of is None:
            return self.root / "warehouse.duckdb"
        moment = self.as_of.replace(tzinfo=None).isoformat().replace("-", "").replace(":", "")
        name = f"as_of_{moment.rstrip('0') if '.' in moment else moment}Z{self.variant}.duckdb"
        return self.snapshots / name

    @property
    def snapshots(self) -> Path:
        """The builds that stay, `20220601T060000-0123ab.duckdb`, and the snapshots as of a moment."""
        return self.root / "snapshots"

    @property
    def dashboards(self) -> Path:
        """The published pages."""
        return self.root / "dashboards"

    @property
    def reference(self) -> Path:
        """The reference tables: the workspace's own, or the shipped ones where it has no such folder."""
        own = self.root / "reference"
        return own if own.is_dir() else SHIPPED_DATA / "reference"

    def writable(self, path: Path) -> Path:
        """`path` made absolute, for something a user wants written there.

        Raises DoorstepError if it is one of the workspace's own: what is landed, kept, published or built.
        """
        wanted = path.expanduser().absolute()
        real = wanted.resolve()
        own = (self.warehouse, self.snapshots, self.landing, self.lake, self.quarantine, self.build)
        if any(real.is_relative_to(each.resolve()) for each in own):
            raise DoorstepError(f"{path}: the workspace keeps its own data there. Name another place.")
        return wanted

    def driver_key(self) -> bytes:
        """The secret that pseudonyms are made with: the environment's, else the workspace's, made on first use.

        The file is outside everything that is published and readable by its owner only. Losing it means new
        pseudonyms.
        """
        given = os.environ.get(DRIVER_KEY_VARIABLE)
        if given:
            return given.encode()
        path = self.root / ".driver_key"
        if not path.exists():
            self._make_driver_key(path)
        key = path.read_bytes().strip()
        if not key:
            raise DoorstepError(f"{path}: the driver key is empty. Put the key back, or delete the file to make one.")
        return key

    @staticmethod
    def _make_driver_key(path: Path) -> None:
        # Whole or not at all, and never over one that another process made meanwhile.
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(unfinished)
        unfinished.unlink()


_held: dict[Path, int] = {}


def hold(workspace: Workspace, *, is_patient: bool = False) -> None:
    """Keeps the workspace for this process until it ends: two runs at once would build in one database.

    If another process has it: waits until that has ended if `is_patient`, else raises DoorstepError.
    """
    if workspace.root in _held:
        return
    workspace.build.mkdir(parents=True, exist_ok=True)
    descriptor = lock(workspace.build / ".lock", is_patient=is_patient)
    if descriptor is None:
        raise DoorstepError(f"{workspace.root}: another run is at work here. Wait until it has ended.")
    _held[workspace.root] = descriptor


def lock(path: Path, *, is_patient: bool = False) -> int | None:
    """A descriptor that keeps the file for this process until it is closed; None if another process has the file."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def workspace_root(given: Path | None) -> Path:
    """The directory meant: the one given, else DOORSTEP_WORKSPACE, else `data/` of the project. Absolute."""
    chosen = given or (Path(env) if (env := os.environ.get(WORKSPACE_VARIABLE)) else SHIPPED_DATA)
    return Path(chosen).expanduser().absolute()


def open_workspace(given: Path | None = None) -> Workspace:
    """The workspace at `given` (see `workspace_root`).

    Raises DoorstepError if the directory does not exist or workspace.toml cannot be used.
    """
    root = workspace_root(given)
    if not root.is_dir():
        raise DoorstepError(f"{root}: no such workspace directory. Make it, or name another with --workspace.")
    return Workspace(root, read_settings(root / "workspace.toml"))


def read_settings(path: Path) -> Settings:
    """The settings of a workspace.toml (defaults where there is no file).

    Raises DoorstepError naming the file and the key that is wrong.
    """
    if not path.exists():
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DoorstepError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise DoorstepError(f"{path}: {key}: {first['msg']}") from error
