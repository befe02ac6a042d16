"""Commands from logs to what is published, and about the workspace.

Belongs here: arguments, messages, exit codes (0 good, 1 failed, 2 wrong usage). Does not belong here: any work; each
command calls one function of another room. Slow imports happen inside the command that needs them.
"""

import os
import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.cli.shared import WorkspaceOption, app, err, moment, out, reference
from pipelines.workspace import WORKSPACE_VARIABLE, Workspace, open_workspace, workspace_root


@app.command()
def simulate(
    workspace: WorkspaceOption = None,
    days: Annotated[int, typer.Option(min=1, max=1000, help="Days of logs, from 2022-01-10.")] = 98,
    drivers: Annotated[int, typer.Option(min=4, max=100_000, help="Drivers over all markets.")] = 240,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
    destination: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write here instead of the workspace.", show_default=False),
    ] = None,
) -> None:
    """Write simulated logs of the pilot, with the defects real logs have, and the truth beside them."""
    from pipelines.simulate import simulate as run_simulation

    root = destination.expanduser().absolute() if destination else workspace_root(workspace)
    root.mkdir(parents=True, exist_ok=True)
    with err.status("simulating"):
        summary = run_simulation(root, days=days, drivers=drivers, seed=seed)
    total, refused = sum(summary.lines.values()), sum(summary.quarantined.values())
    facts = ", ".join(f"{count:,} {fact.removeprefix('fct_')}" for fact, count in summary.facts.items())
    out.print(f"Simulated {facts}: {total:,} lines, {refused:,} of them broken, in {summary.files} files.")
    out.print(escape(f"Logs: {summary.landing}  Truth: {summary.truth}"), soft_wrap=True)


@app.command("import")
def import_(
    adapter: Annotated[str, typer.Argument(metavar="ADAPTER", help="Folder with the adapter's SQL, or its name.")],
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="The foreign files.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Bring foreign logs into the contract's form and land them in a workspace."""
    from pipelines.adapters import import_logs

    root = workspace_root(workspace)
    with err.status("importing"):
        written = import_logs(Path(adapter), inputs, root)
    for path in written:
        out.print(escape(f"landed {path.relative_to(root)}"))
    _say_next(root)


@app.command()
def ingest(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="With --again: paths on disk, or below landing.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    again: Annotated[bool, typer.Option("--again", help="Read these landed files anew, and no others.")] = False,
) -> None:
    """Take in whatever is new, or with --again the files named anew, without building."""
    if again != bool(files):
        raise typer.BadParameter("--again and FILE... go together", param_hint="--again")
    from pipelines.run import ingest_landed

    chosen = _activate(workspace)
    ingest_landed(chosen, files or [], out, err)
    _say_next(chosen.root)


def _known_log(name: str | None) -> str | None:
    from pipelines.contract import LOGS

    if name is not None and name not in LOGS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(LOGS)}")
    return name


@app.command()
def quarantine(
    *,
    workspace: WorkspaceOption = None,
    log: Annotated[str | None, typer.Option(callback=_known_log, metavar="LOG", help="Only of this log.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help="Only reasons that start so.")] = None,
    file: Annotated[str | None, typer.Option(metavar="FILE", help="Only of this path below landing/LOG/.")] = None,
    limit: Annotated[int, typer.Option(min=0, max=1000, help="Examples per reason.")] = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print counts per file and reason as CSV.")] = False,
) -> None:
    """List what was refused, and why, with masked examples."""
    from pipelines.quarantine import Wanted, print_csv, print_quarantine

    chosen, wanted = open_workspace(workspace), Wanted(log, reason, file)
    if as_csv:
        print_csv(chosen, wanted, sys.stdout)
    else:
        print_quarantine(chosen, wanted, out, examples=limit)


@app.command()
def run(
    workspace: WorkspaceOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=moment,
            metavar="T",
            help="Build what was known at T, like 2022-06-01T00:00:00Z, into a file of its own under snapshots/; "
            "warehouse and pages stay as they are.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take in whatever is new, rebuild, check, publish, draw the pages. All of it through Dagster."""
    from pipelines.run import run_pipeline

    chosen = _activate(workspace)
    run_pipeline(chosen.at(as_of) if as_of else chosen, out, err)


@app.command()
def ui(
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="To look only: nothing can be started, schedule and sensor rest.")
    ] = False,
) -> None:
    """Open Dagster's UI on this machine, with schedule and sensor running. Ctrl-C ends it and its runs."""
    from pipelines.ui import serve

    serve(_activate(workspace), port, out, is_read_only=read_only)


@reference.command("check")
def reference_check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A folder of such tables. Default: those of the workspace.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Read the reference tables, say what they cover and what they lack; exit 1 if one is broken."""
    from pipelines.reference_check import print_reference

    if folder:
        print_reference(folder, None, out)
    else:
        chosen = open_workspace(workspace)
        print_reference(chosen.reference, chosen, out)


@app.command()
def doctor(workspace: WorkspaceOption = None) -> None:
    """Say in one line each what is well and what is not; exit 1 if anything is not."""
    from pipelines.doctor import examine

    root = workspace_root(workspace)
    findings = examine(root)
    for finding in findings:
        mark = {"good": "[green]ok  [/]", "warning": "[yellow]look[/]", "bad": "[red]bad [/]"}[finding.level]
        out.print(f"{mark} {escape(finding.text)}", soft_wrap=True)
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)


def _activate(given: Path | None) -> Workspace:
    """The workspace, also for everything that reads it from the environment (Dagster's processes)."""
    workspace = open_workspace(given)
    os.environ[WORKSPACE_VARIABLE] = str(workspace.root)
    return workspace


def _say_next(root: Path) -> None:
    out.print(escape(f"Next: {shlex.quote(sys.argv[0])} run --workspace {shlex.quote(str(root))}"), soft_wrap=True)
