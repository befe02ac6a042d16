"""A simulated workspace: reference tables, landed logs and the truth that they must lead to.

Belongs here: the steps from a seed to files, and that no file of the user's is ever replaced. Does not belong here:
the world, its record, its logs, its truth (the other modules of this package).
"""

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.contract import LOGS, Log
from pipelines.reference import read_reference
from pipelines.simulate.defects import FATES, spoil
from pipelines.simulate.events import events_of
from pipelines.simulate.files import LogFile, format_of, log_files
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.recording import record
from pipelines.simulate.refused import refused_lines
from pipelines.simulate.span import Span
from pipelines.simulate.spelling import spelled
from pipelines.simulate.truth import true_facts, true_orphans
from pipelines.simulate.truth_parameters import planted_parameters, planted_rows
from pipelines.simulate.world import World, simulate_world
from pipelines.workspace import SHIPPED_DATA, DoorstepError, read_settings

MAX_DAYS = 1000
WORKSPACE_TOML = 'title = "Retail delivery pilot, simulated"\norigin = "simulated"\n'
FIRST_DAY = date(2022, 1, 10)
DEFAULTS = Parameters()
NEVER = datetime.min.replace(tzinfo=UTC)  # the cut of a log without lines


@dataclass(frozen=True)
class SimulationSummary:
    """What a simulation wrote: paths, and counts of things (facts) and of lines (per log)."""

    workspace: Path
    landing: Path
    truth: Path
    files: int
    facts: dict[str, int]
    lines: dict[str, int]
    quarantined: dict[str, int]


def simulate(
    out: Path,
    *,
    days: int = 98,
    drivers: int = 240,
    seed: int = 1,
    starts_on: date = FIRST_DAY,
    parameters: Parameters = DEFAULTS,
) -> SimulationSummary:
    """Simulates `days` days of the pilot with `drivers` drivers into the workspace `out`.

    Writes landing/ (log files), truth/ (the four facts and what was planted in their rows as Parquet, lines.json,
    parameters.csv) and, where they are missing, reference/ and workspace.toml. The same options give the same bytes.
    Raises DoorstepError for options out of range, a broken reference table, a workspace of recorded data, or a landing/
    with files that it would not write.
    """
    root = out.absolute()
    _check_options(root, days, drivers, seed)
    shipped = SHIPPED_DATA / "reference"
    reference = read_reference(root / "reference" if (root / "reference").is_dir() else shipped)
    world = simulate_world(parameters, Span(starts_on, days), reference, drivers=drivers, seed=seed)
    files, facts, tally = _simulate_logs(world, reference, seed)
    _refuse_to_replace(root / "landing", files)
    _write(root, shipped, files)
    _write_truth(root / "truth", world, facts, tally)
    return SimulationSummary(
        root,
        root / "landing",
        root / "truth",
        len(files),
        {name: rows.height for name, rows in facts.items()},
        {name: counts["lines"] for name, counts in tally.items()},
        {name: sum(counts["quarantined"].values()) for name, counts in tally.items()},
    )


def _check_options(root: Path, days: int, drivers: int, seed: int) -> None:
    if not 1 <= days <= MAX_DAYS or drivers < 1 or seed < 0:
        asked = f"{days} days, {drivers} drivers, seed {seed}"
        raise DoorstepError(
            f"Cannot simulate {asked}: take 1 to {MAX_DAYS} days, 1 driver or more, a seed of 0 or more."
        )
    settings = root / "workspace.toml"
    if settings.exists() and (origin := read_settings(settings).origin) != "simulated":
        raise DoorstepError(
            f"{settings}: origin is {origin!r}, so nothing is simulated into it. Name another directory."
        )


def _simulate_logs(
    world: World, reference: dict[str, pl.DataFrame], seed: int
) -> tuple[list[LogFile], dict[str, pl.DataFrame], dict[str, Any]]:
    """The log files, the true facts and, per log, the true counts of lines."""
    known = record(world, seed)
    orphans = true_orphans(known)
    files: list[LogFile] = []
    tally: dict[str, Any] = {}
    cuts: dict[str, datetime] = {}
    for number, (name, events) in enumerate(events_of(known).items()):
        rng = np.random.default_rng([seed, 13, number])
        lines = spoil(rng, world.span, name, events)
        cut = lines.select(pl.col("received_at").max()).item()
        cuts[name] = cut or NEVER
        own = _files_of_log(rng, world, LOGS[name], lines)
        files += own
        tally[name] = _tally(own, orphans[name], cut)
    return files, true_facts(known, world.sites, reference, cuts), tally


def _files_of_log(rng: np.random.Generator, world: World, log: Log, lines: pl.DataFrame) -> list[LogFile]:
    days = range(world.span.days)
    is_typed = pl.col("landed").is_in([day for day in days if format_of(log.name, day) == "typed"])
    # Lines of the same moment come in any order, so that no telling of a conflict is always the first.
    ordered = lines.with_columns(luck=pl.Series(rng.random(lines.height))).sort("landed", "received_at", "luck")
    zones = dict(world.sites.select("market_id", "time_zone").iter_rows())
    texts = spelled(rng, log, ordered, zones)
    bad = refused_lines(rng, log.name, texts.filter(~is_typed), world.span.days)
    both = pl.concat([texts, bad]).sort("landed", "received", maintain_order=True)
    return log_files(world.span, log, both, ordered.filter(is_typed))


def _tally(files: list[LogFile], orphans: int, cut: datetime | None) -> dict[str, Any]:
    """Counts of one log: lines = accepted + quarantined; accepted = the five fates."""
    fates = sum((file.fates for file in files), Counter())
    accepted = {fate: fates.pop(fate, 0) for fate in FATES}
    return {
        "files": len(files),
        "lines": sum(accepted.values()) + fates.total(),
        "accepted": sum(accepted.values()),
        **accepted,
        "quarantined": dict(sorted(fates.items())),
        "orphans": orphans,
        "cut": cut.isoformat() if cut else None,
    }


def _refuse_to_replace(landing: Path, files: list[LogFile]) -> None:
    planned = {landing / file.path: file.data for file in files}
    for path in sorted(landing.rglob("*")):
        is_unfinished = path.name.startswith((".", "_")) or path.name.endswith((".part", ".tmp"))
        if path.is_dir() or is_unfinished or (path.is_file() and planned.get(path) == path.read_bytes()):
            continue
        raise DoorstepError(
            f"{path}: already there, and not what this simulation would write. Nothing was changed. "
            "Simulate into another directory, or with the options of before, or move landing/ away."
        )


def _write(root: Path, shipped: Path, files: list[LogFile]) -> None:
    if not (root / "reference").is_dir():
        shutil.copytree(
            shipped, root / "reference", ignore=lambda _, names: [n for n in names if not n.endswith(".csv")]
        )
    if not (root / "workspace.toml").exists():
        _put(root / "workspace.toml", WORKSPACE_TOML.encode())
    for file in files:
        _put(root / "landing" / file.path, file.data)


def _write_truth(truth: Path, world: World, facts: dict[str, pl.DataFrame], tally: dict[str, Any]) -> None:
    truth.mkdir(exist_ok=True)
    planted = planted_rows(world)
    for name, rows in (facts | planted).items():
        rows.write_parquet(truth / f"{name}.parquet")
    planted_parameters(world, facts, planted).write_csv(truth / "parameters.csv")
    _put(truth / "lines.json", (json.dumps(tally, indent=2) + "\n").encode())


def _put(path: Path, data: bytes) -> None:
    """Writes a file at once or not at all; one with these bytes stays untouched."""
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(data)
    unfinished.replace(path)
