"""Which landed files are meant by what somebody typed.

Belongs here: from words to files in landing, or the one message why not. Does not belong here: what is done with them
(`load.py`).
"""

from collections.abc import Iterable
from pathlib import Path

from pipelines.contract import LOGS
from pipelines.ingest.files import LandedFile, landed_files, printable
from pipelines.workspace import DoorstepError, Workspace

_Landed = dict[str, dict[Path, LandedFile]]


def named_files(workspace: Workspace, given: Iterable[str]) -> dict[str, list[str]]:
    """Log -> names (paths below `landing/<log>/`) of the files meant.

    given: paths on disk, or below the workspace or its landing, or names as the ledger has them (escaped).
    Raises DoorstepError for the first that is no complete file in landing.
    """
    landed = {log: {file.path: file for file in landed_files(workspace.landing / log)} for log in LOGS}
    named: dict[str, list[str]] = {}
    for each in given:
        log, file = _named(workspace, landed, each)
        named.setdefault(log, []).append(file.name)
    return named


def landed_paths(workspace: Workspace, log: str, names: Iterable[str]) -> list[Path]:
    """Where the log's files with these names are. Raises DoorstepError for one that is not in landing."""
    wanted = set(names)
    if not wanted:
        return []
    paths = {file.name: file.path for file in landed_files(workspace.landing / log) if file.name in wanted}
    if missing := sorted(wanted - paths.keys()):
        raise DoorstepError(f"{workspace.landing / log}: no complete file {missing[0]} there. Names as in the ledger.")
    return list(paths.values())


def _named(workspace: Workspace, landed: _Landed, given: str) -> tuple[str, LandedFile]:
    path = Path(given).expanduser()
    places = [path.absolute(), workspace.landing / path, workspace.root / path]
    for place in places:
        for log, below in _below_landing(workspace, place):
            if file := landed[log].get(workspace.landing / log / below):
                return log, file
    for log, files in landed.items():
        for file in files.values():
            if given.removeprefix("landing/") == f"{log}/{file.name}":
                return log, file
    raise DoorstepError(_why_not(workspace, given, places))


def _below_landing(workspace: Workspace, path: Path) -> Iterable[tuple[str, Path]]:
    """The log and the path below its folder, whatever links lead there; nothing where `path` is elsewhere."""
    # Not the file itself: a landed link is a file of its own.
    real = path.parent.resolve() / path.name
    for log in LOGS:
        top = (workspace.landing / log).resolve()
        if real.is_relative_to(top):
            yield log, real.relative_to(top)


def _why_not(workspace: Workspace, given: str, places: list[Path]) -> str:
    name, logs = printable(given), ", ".join(LOGS)
    there = [place for place in places if place.exists()]
    if not there:
        return f"{name}: no such file, neither here nor below {workspace.landing}. Nothing was done."
    if there[0].is_dir():
        return f"{name}: is a folder. Name the files in it. Nothing was done."
    if not any(True for place in there for _ in _below_landing(workspace, place)):
        return f"{name}: is not in {workspace.landing}, below {logs}. Land it there first. Nothing was done."
    return (
        f"{name}: counts as unfinished: its name or a folder's starts with . or _ or ends in .part or .tmp. "
        "Rename it when it is complete. Nothing was done."
    )
