"""`doorstep run` and `doorstep ingest`: their jobs in this process, with progress, a summary and the answer.

Belongs here: starting the jobs, what the terminal shows of them. Does not belong here: the steps (`pipelines.defs`)
and figures of our own; the answer is selected from the published metrics.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipelines.answer import answer
from pipelines.contract import LOGS
from pipelines.dagster_home import dagster_home
from pipelines.dbt_build import FIRST_ROWS, row_in_words
from pipelines.ingest import named_files, refused_files
from pipelines.ingest_report import LogReport, RefusedFile, print_ingest
from pipelines.progress import reporting_to
from pipelines.query import open_warehouse
from pipelines.workspace import DoorstepError, Workspace, hold

if TYPE_CHECKING:
    import dagster as dg

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_pipeline(workspace: Workspace, out: Console, err: Console) -> None:
    """Materializes everything that is new, prints what came of it. Raises DoorstepError if a step failed.

    With `workspace.as_of`: into the lake only; then makes the snapshot and leaves what is published alone.
    """
    if workspace.as_of is None:
        _execute(workspace, [_Job("refresh")], out, err)
    else:
        moment = {"make": {"config": {"as_of": workspace.as_of.isoformat()}}}
        _execute(workspace, [_Job("ingest"), _Job("snapshot", moment)], out, err)
    with open_warehouse(workspace) as connection:
        for line in answer(connection):
            out.print(escape(line), soft_wrap=True)
    if workspace.as_of is None:
        out.print(f"Pages: {escape(str(workspace.dashboards / 'index.html'))}", soft_wrap=True)
    name = "Warehouse" if workspace.as_of is None else "Snapshot"
    out.print(f"{name}: {escape(str(workspace.warehouse))}", soft_wrap=True)


def ingest_landed(workspace: Workspace, again: Sequence[str], out: Console, err: Console) -> None:
    """Takes in what is new without building; where `again` names files, reads just these anew.

    Raises DoorstepError, before anything is done, if one of them is no complete file in landing.
    """
    names = named_files(workspace, again) if again else {log: [] for log in LOGS}
    config = {f"lake__{log}": {"config": {"again": names}} for log, names in names.items()}
    _execute(workspace, [_Job("ingest", config, tuple(names))], out, err)


@dataclass(frozen=True)
class _Job:
    """A job to run: its name, the config of its ops, and, where not all are meant, the logs of its lake assets."""

    name: str
    ops: dict[str, Any] = field(default_factory=dict)
    logs: tuple[str, ...] = ()


def _execute(workspace: Workspace, jobs: list[_Job], out: Console, err: Console) -> None:
    """Runs the jobs up to the first that fails and prints what was taken in. Raises DoorstepError if one fails."""
    dagster_home(workspace)
    hold(workspace)
    results: list[Any] = []  # of dg.ExecuteInProcessResult, which takes seconds to import
    with _progress(err) as progress:
        progress.add_task("load definitions", total=None)
        import dagster as dg

        from pipelines.definitions import defs
        from pipelines.defs.retention import forget_old_runs

        def show(step: str, done: int, total: int) -> None:
            for task in progress.tasks:
                if task.description == step and task.total == (total or None):
                    progress.update(task.id, completed=done)
                    return
                progress.remove_task(task.id)
            progress.add_task(step, completed=done, total=total or None)

        with reporting_to(show), dg.DagsterInstance.get() as instance:
            for job in jobs:
                result = defs.resolve_job_def(job.name).execute_in_process(
                    instance=instance,
                    run_config={**_QUIET, "ops": job.ops},
                    asset_selection=[dg.AssetKey(["lake", log]) for log in job.logs] or None,
                    raise_on_error=False,
                )
                results.append(result)
                if not result.success:
                    break
            forget_old_runs(instance, workspace.settings.dagster.keep_runs_days)
    reports = list(_reports(results[0]))
    print_ingest(reports, out)
    before = sum(len(refused_files(workspace, log)) for log in LOGS) - sum(len(report.refused) for report in reports)
    if before > 0:
        out.print(f"[yellow]look[/] files refused before and still in landing: {before:,}; doorstep doctor names them")
    for result in results:
        _print_warnings(result, out)
    if not results[-1].success:
        raise DoorstepError(_failure(results[-1]))


@contextmanager
def _progress(err: Console) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    if not err.is_terminal:
        yield Progress(disable=True)
        return
    # While a step runs, Dagster has put a file in place of stderr: the bar needs the terminal itself.
    with (
        open(os.dup(sys.stderr.fileno()), "w") as terminal,  # noqa: PTH123 - a descriptor, no path
        Progress(*columns, console=Console(file=terminal), transient=True) as progress,
    ):
        yield progress


def _reports(result: "dg.ExecuteInProcessResult") -> Iterator[LogReport]:
    """What the lake assets of a run say they did."""
    for log in LOGS:
        for materialization in result.asset_materializations_for_node(f"lake__{log}"):
            if materialization.partition:
                continue  # a day's; the run's own has the sums
            values: dict[str, Any] = {key: value.value for key, value in materialization.metadata.items()}
            counts = {key: values[f"new_{key}"] for key in ("files", "lines", "accepted", "quarantined")}
            reasons = Counter({row.data["reason"]: row.data["lines"] for row in values["new_reasons"].records})
            refused = tuple(RefusedFile(log, **row.data) for row in values["new_refused"].records)
            yield LogReport(log, **counts, reasons=reasons, refused=refused)


def _print_warnings(result: "dg.ExecuteInProcessResult", out: Console) -> None:
    """Each check that warned, with its first rows, a line each; files refused whole have been told by then."""
    import dagster as dg

    from pipelines.defs.ingest import READABLE

    for check in result.get_asset_check_evaluations():
        if check.passed or check.severity is not dg.AssetCheckSeverity.WARN or check.check_name == READABLE:
            continue
        table, count = check.metadata.get(FIRST_ROWS), check.metadata["failing_rows"].value
        records = table.records if isinstance(table, dg.TableMetadataValue) else []
        out.print(f"[yellow]look[/] {check.check_name}: {count} row{'' if count == 1 else 's'}", soft_wrap=True)
        for record in records:
            out.print(f"     {escape(row_in_words(record.data))}", soft_wrap=True)
        if isinstance(count, int) and count > len(records):
            out.print(f"     and {count - len(records)} more; the check in `doorstep ui` has its query", soft_wrap=True)


def _failure(result: "dg.ExecuteInProcessResult") -> str:
    """What the first failed step said, without a traceback."""
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data and data.user_failure_data.description:
                return data.user_failure_data.description
            error = data.error.cause if data.error and data.error.cause else data.error
            if error is None:
                continue
            name, _, message = error.message.strip().partition(": ")
            if name.endswith((".DoorstepError", ".PageError")):
                return message
            return f"{event.step_key}: unexpected {name}: {message}. The run in `doorstep ui` has the traceback."
    return "the run failed before any step; see the run in `doorstep ui`"
