"""The comparison as a whole: which part comes before which.

Belongs here: the order of the parts, and what they are handed. Does not belong here: any of the parts.
"""

from dataclasses import dataclass
from pathlib import Path

from pipelines.builds import Build, read_build
from pipelines.diff.catalog import open_pair
from pipelines.diff.inputs import Inputs, compare_inputs
from pipelines.diff.moved import MetricDiff, compare_metrics
from pipelines.diff.reasons import create_reasons
from pipelines.diff.tables import TableDiff, compare_tables
from pipelines.workspace import DoorstepError


@dataclass(frozen=True)
class Diff:
    """What differs between two builds. tables: those that differ only."""

    old: Build
    new: Build
    inputs: Inputs
    tables: list[TableDiff]
    metrics: list[MetricDiff]


def compare(old: Path, new: Path, *, table: str | None = None, limit: int | None = None) -> Diff:
    """Compares two published files; of each metric `limit` cells that moved (None: all), the largest.

    table: only this one, its schema left out where it is main. Raises DoorstepError if neither file has it, one cannot
    be read, or both are the same build.
    """
    with open_pair(old, new) as pair:
        inputs = compare_inputs(pair)
        tables = [each for each in compare_tables(pair) if each.differs]
        if table is not None:
            table = table.removeprefix("main.")
            if not {table, f"main.{table}"} & (pair.old.keys() | pair.new.keys()):
                names = ", ".join(name.removeprefix("main.") for name in sorted(pair.new))
                raise DoorstepError(f"{table!r}: neither build has such a table. There are: {names}")
        # Nothing is computed from what rivals publish.
        reference = {each.name for each in tables if each.name.startswith("reference.")} - {"reference.rivals"}
        create_reasons(pair, inputs, reference_differs=bool(reference))
        metrics = compare_metrics(pair, table=table, code_differs=inputs.differs("code version"), limit=limit)
    shown = [each for each in tables if table in (None, each.name, each.name.removeprefix("main."))]
    return Diff(read_build(old), read_build(new), inputs, shown, metrics)
