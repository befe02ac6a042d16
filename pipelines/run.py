"""`doorstep run`: the job `refresh` in this process, with progress, a summary and the answer.

Belongs here: Dagster's home in the workspace, starting the job, what the terminal shows. Does not belong here: the
steps (`pipelines.defs`) and figures of our own; the answer is selected from the published metrics.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.answer import answer
from pipelines.contract import LOGS
from pipelines.dbt_build import FIRST_ROWS, row_in_words
from pipelines.progress import reporting_to
from pipelines.query import open_warehouse
from pipelines.workspace import DoorstepError, Workspace, hold

if TYPE_CHECKING:
    import dagster as dg

_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
_SHOWN_ROWS = 3
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def dagster_home(workspace: Workspace) -> Path:
    """Dagster's home inside the workspace, made and set for this process and its children."""
    if "?" in str(workspace.root):
        raise DoorstepError(f"{workspace.root}: Dagster cannot work in a path with a question mark. Rename it.")
    home = workspace.build / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(_DAGSTER_YAML, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def run_pipeline(workspace: Workspace, out: Console, err: Console) -> None:
    """Materializes everything that is new, prints what came of it. Raises DoorstepError if a step failed."""
    dagster_home(workspace)
    hold(workspace)
    with _progress(err) as progress:
        task = progress.add_task("load definitions", total=None)
        import dagster as dg

        from pipelines.definitions import defs

        def show(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total or None)

        with reporting_to(show), dg.DagsterInstance.get() as instance:
            result = defs.resolve_job_def("refresh").execute_in_process(
                instance=instance, run_config=_QUIET, raise_on_error=False
            )
    _print_ingest(result, out)
    _print_warnings(result, out)
    if not result.success:
        raise DoorstepError(_failure(result))
    with open_warehouse(workspace) as connection:
        for line in answer(connection):
            out.print(escape(line), soft_wrap=True)
    out.print(f"Pages: {escape(str(workspace.dashboards / 'index.html'))}", soft_wrap=True)
    out.print(f"Warehouse: {escape(str(workspace.warehouse))}", soft_wrap=True)


@contextmanager
def _progress(err: Console) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield progress


def _print_ingest(result: "dg.ExecuteInProcessResult", out: Console) -> None:
    table = Table("log", "new files", "lines", "accepted", "quarantined", "refused files")
    refused: list[str] = []
    for log in LOGS:
        for materialization in result.asset_materializations_for_node(f"lake__{log}"):
            values = {key: value.value for key, value in materialization.metadata.items()}
            words = str(values["refused_files"])
            names = [] if words == "none" else words.splitlines()
            refused += [f"{log}: {name.removeprefix('- ')}" for name in names]
            counts = (values[f"new_{key}"] for key in ("files", "lines", "accepted", "quarantined"))
            table.add_row(log, *(f"{count:,}" for count in counts), str(len(names)))
    out.print(table)
    for line in refused:
        out.print(f"[yellow]refused[/] {escape(line)}", soft_wrap=True)


def _print_warnings(result: "dg.ExecuteInProcessResult", out: Console) -> None:
    """One line per check that warned, with its first rows."""
    import dagster as dg

    for check in result.get_asset_check_evaluations():
        if check.passed or check.severity is not dg.AssetCheckSeverity.WARN:
            continue
        table, count = check.metadata.get(FIRST_ROWS), check.metadata["failing_rows"].value
        records = table.records[:_SHOWN_ROWS] if isinstance(table, dg.TableMetadataValue) else []
        rows = "; ".join(row_in_words(record.data) for record in records)
        out.print(f"[yellow]look[/] {escape(f'{check.check_name}: {count} rows: {rows}')}", soft_wrap=True)


def _failure(result: "dg.ExecuteInProcessResult") -> str:
    """What the first failed step said, without a traceback."""
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data and data.user_failure_data.description:
                return f"{event.step_key}: {data.user_failure_data.description}"
            error = data.error.cause if data.error and data.error.cause else data.error
            if error is None:
                continue
            name, _, message = error.message.strip().partition(": ")
            if name.endswith((".DoorstepError", ".PageError")):
                return message
            return f"{event.step_key}: unexpected {name}: {message}. The run in `doorstep ui` has the traceback."
    return "the run failed before any step; see the run in `doorstep ui`"
