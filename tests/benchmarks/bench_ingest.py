"""Ingest beside bare engines that do the same work with nothing checked: `make bench-ingest`.

Belongs here: which measurements are made and how they are told. Does not belong here: the files (`inputs.py`), one
measurement (`contenders.py`).

Each measurement is a process of its own; contenders take turns, so that whatever else the machine does hits all.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from pipelines.contract import LOGS
from pipelines.workspace import PROJECT_ROOT
from tests.benchmarks import inputs
from tests.benchmarks.contenders import CONTENDERS

Result = dict[str, Any]
SMALL_FILES, SMALL_FILE_LINES = 5_000, 200
BLANK_MEGABYTES = 600
console = Console()


def measure(who: str, log: str, source: Path, out: Path) -> Result:
    """Seconds and peak memory (MB) of one contender on one source, in a process of its own; `out` stays."""
    if who == "ours":
        out.mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.contenders", who, log, str(source), str(out)]
    told = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        raise SystemExit(f"{who} failed on {source.name}:\n{told.stderr}")
    return json.loads(told.stdout)


def remove(path: Path) -> None:
    """Removes a file or a folder."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def agree(log: str, outs: dict[str, Path], lines: int) -> None:
    """Stops unless all contenders made the same rows: ids, instants, numbers and money alike."""
    # Ours has pseudonyms in place of drivers, and defaults filled in.
    names = [field.name for field in LOGS[log].fields if field.default is None and field.name != "driver_id"]
    files = outs | {"ours": next((outs["ours"] / "lake" / log).rglob("*.parquet"))}
    rows = {who: pl.read_parquet(path, glob=False).select(names).sort("event_id") for who, path in files.items()}
    for who, frame in rows.items():
        if frame.height != lines or not frame.equals(rows["ours"]):
            raise SystemExit(f"{who} made other rows of {log} than ours")


def compare(log: str, source: Path, lines: int, rounds: int) -> Result:
    """All contenders on one file, `rounds` times in turn; the first round's rows are compared."""
    runs: dict[str, list[Result]] = {who: [] for who in CONTENDERS}
    for number in range(rounds):
        outs = {who: source.with_name(f"out-{who}") for who in CONTENDERS}
        for who, out in outs.items():
            runs[who].append(measure(who, log, source, out))
        if number == 0:
            agree(log, outs, lines)
        for out in outs.values():
            remove(out)
    seconds = {who: [run["seconds"] for run in done] for who, done in runs.items()}
    ratios = {who: [a / b for a, b in zip(seconds["ours"], seconds[who], strict=True)] for who in ("polars", "duckdb")}
    return {
        "file": source.name,
        "bytes": source.stat().st_size,
        "lines": lines,
        "seconds": seconds,
        "lines_per_second": {who: lines / median(each) for who, each in seconds.items()},
        "ours_over": {who: [min(each), median(each), max(each)] for who, each in ratios.items()},
        "peak_mb": {who: max(run["peak_mb"] for run in done) for who, done in runs.items()},
    }


def alone(what: str, source: Path, count: int, unit: str, aim: str, *outcome: int) -> Result:
    """Ours on one source of trips, once; `outcome`: lines accepted and quarantined, files refused whole."""
    out = source.with_name("out-ours")
    run = measure("ours", "trips", source, out)
    if tuple(run["outcome"].values()) != outcome:
        raise SystemExit(f"{what}: expected {outcome}, got {run['outcome']}")
    remove(out)
    return {"what": what, "unit": unit, "per_second": count / run["seconds"], "aim": aim, **run}


def show_compared(results: list[Result]) -> None:
    """One row per file and contender."""
    table = Table("file", "MB", "who", "lines/s", "ours takes it times", "peak MB")
    for each in results:
        for who in CONTENDERS:
            low, middle, high = each["ours_over"].get(who, [1, 1, 1])
            table.add_row(
                each["file"] if who == "ours" else "",
                f"{each['bytes'] / 1e6:.0f}" if who == "ours" else "",
                who,
                f"{each['lines_per_second'][who]:,.0f}",
                "" if who == "ours" else f"{low:.2f} - {middle:.2f} - {high:.2f}",
                f"{each['peak_mb'][who]:,.0f}",
                end_section=who == "duckdb",
            )
    console.print(table)


def show_alone(results: list[Result]) -> None:
    """One row per source."""
    table = Table("ours alone", "seconds", "rate", "peak MB", "aim")
    for each in results:
        rate = f"{each['per_second']:,.0f} {each['unit']}/s"
        table.add_row(each["what"], f"{each['seconds']:.2f}", rate, f"{each['peak_mb']:,.0f}", each["aim"])
    console.print(table)


def usual(folder: Path, lines: int, rounds: int) -> Result:
    """The three formats of two logs beside bare engines; many small files; a file that is a bomb."""
    compared = []
    for log, frame in (("trips", inputs.trips(lines)), ("orders", inputs.orders(lines))):
        for suffix in inputs.FORMATS:
            source = folder / f"{log}.{suffix}"
            inputs.write(frame, source)
            compared.append(compare(log, source, lines, rounds))
            source.unlink()
    show_compared(compared)
    inputs.write_small_files(folder / "small", SMALL_FILES, SMALL_FILE_LINES)
    inputs.write_blanks(folder / "blanks.jsonl.gz", BLANK_MEGABYTES)
    small = f"{SMALL_FILES:,} files of {SMALL_FILE_LINES} lines, half with a bad one"
    bomb = f"{BLANK_MEGABYTES} MB of blanks in a gzip file, refused"
    bad = SMALL_FILES // 2
    good = SMALL_FILES * SMALL_FILE_LINES - bad
    sole = [
        alone(small, folder / "small", SMALL_FILES, "files", "150 files/s", good, bad, 0),
        alone(bomb, folder / "blanks.jsonl.gz", 1, "files", "2 s, 300 MB", 0, 0, 1),
    ]
    show_alone(sole)
    return {"compared": compared, "alone": sole}


def large(folder: Path, lines: int) -> Result:
    """Files that must not be held in memory."""
    sole = []
    for suffix in ("jsonl.gz", "csv"):
        source = folder / f"large.{suffix}"
        inputs.write_large(source, lines)
        sole.append(alone(f"{lines:,} lines of trips as {suffix}", source, lines, "lines", "1,500 MB", lines, 0, 0))
        source.unlink()
    show_alone(sole)
    return {"alone": sole}


def main(
    lines: Annotated[int, typer.Option(min=1, help="Lines per file.")] = 4_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of all contenders.")] = 5,
    large_lines: Annotated[int, typer.Option("--large", help="Instead: large files of so many lines.")] = 0,
    to_json: Annotated[Path | None, typer.Option("--json", help="Write all figures here, too.")] = None,
) -> None:
    """Makes log files in a temporary folder, measures, prints."""
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as folder:
        told = large(Path(folder), large_lines) if large_lines else usual(Path(folder), lines, rounds)
    if to_json:
        to_json.write_text(json.dumps(told, indent=2))


if __name__ == "__main__":
    typer.run(main)
