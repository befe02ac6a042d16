"""What an ingest did, as the terminal shows it at the end of `doorstep run` and `doorstep ingest`.

Belongs here: one table and one line per refused file. Does not belong here: counting (`pipelines.ingest`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.masking import printable_line

MAX_REASONS = 15  # rows; `doorstep quarantine` lists them all


@dataclass(frozen=True)
class RefusedFile:
    """A file that was refused whole. file: path below `landing/<log>/`; reason: one of the contract's."""

    log: str
    file: str
    reason: str
    message: str


@dataclass(frozen=True)
class LogReport:
    """One log's share of an ingest: files loaded, their lines, and why lines were refused -> how many."""

    log: str
    files: int
    lines: int
    accepted: int
    quarantined: int
    reasons: Counter[str] = field(default_factory=Counter)
    refused: tuple[RefusedFile, ...] = ()


def print_ingest(reports: Iterable[LogReport], out: Console) -> None:
    """A table with a column per log, the most frequent reasons below what was quarantined; then the refused files."""
    reports = list(reports)
    table = Table("", box=box.SIMPLE_HEAD, pad_edge=False)
    for report in reports:
        table.add_column(report.log, justify="right", min_width=9)
    for name in ("files", "lines", "accepted", "quarantined"):
        table.add_row(name, *(f"{getattr(report, name):,}" for report in reports))
    for name, counts in _reason_rows([report.reasons for report in reports]):
        table.add_row(Text(f"  {name}", style="yellow"), *(f"{count:,}" if count else "" for count in counts))
    out.print(table)
    print_refused((refused for report in reports for refused in report.refused), out)


def _reason_rows(reasons: list[Counter[str]]) -> Iterator[tuple[str, list[int]]]:
    """Reason -> lines of each log, most frequent first; what is beyond the table's length in one row."""
    total = sum(reasons, Counter[str]())
    names = sorted(total, key=lambda name: (-total[name], name))
    for name in names[:MAX_REASONS]:
        yield name, [each[name] for each in reasons]
    if rest := names[MAX_REASONS:]:
        yield f"{len(rest)} further reasons", [sum(each[name] for name in rest) for each in reasons]


def print_refused(files: Iterable[RefusedFile], out: Console) -> None:
    """One line per file that was refused whole."""
    for each in files:
        words = f" landing/{each.log}/{each.file}: {each.reason}: {printable_line(each.message)}"
        out.print(Text.assemble(("refused", "yellow"), words), soft_wrap=True)
