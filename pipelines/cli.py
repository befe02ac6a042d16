"""The `doorstep` command.

Belongs here: arguments, messages, exit codes (0 good, 1 failed, 2 wrong usage). Does not belong here: any work; each
command calls one function of another room. Slow imports happen inside the command that needs them.
"""

import os
import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.workspace import WORKSPACE_VARIABLE, DoorstepError, Workspace, open_workspace, workspace_root

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Retail delivery logs in; a warehouse and pages on speed, acceptance and net hourly earnings out.",
)
reference = typer.Typer(no_args_is_help=True, help="Prices, rates and wages: the tables in reference/.")
app.add_typer(reference, name="reference")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar=WORKSPACE_VARIABLE,
        metavar="DIR",
        help="The data set's directory. Default: data/ of the project.",
        show_default=False,
    ),
]


def _moment(text: str) -> datetime:
    from pipelines.snapshot import read_moment

    try:
        return read_moment(text)
    except DoorstepError as error:
        raise typer.BadParameter(str(error)) from error


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
            parser=_moment,
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


# SQL may begin with a comment, which looks like an option.
@app.command(context_settings={"ignore_unknown_options": True})
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query on the published file.")],
    workspace: WorkspaceOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV instead of a table.")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment, metavar="T", help="The snapshot that run --as-of T made instead.", show_default=False
        ),
    ] = None,
) -> None:
    """Run SQL on the published file, or a snapshot, read-only."""
    from pipelines.query import print_query

    chosen = open_workspace(workspace)
    print_query(chosen.at(as_of) if as_of else chosen, sql, as_csv=as_csv)


@app.command()
def explain(
    *,
    metric: Annotated[str, typer.Argument(metavar="TABLE.METRIC", help="As in driver_earnings.net_per_hour_usd.")],
    workspace: WorkspaceOption = None,
    market: Annotated[str | None, typer.Option(metavar="ID", help="Default: all of them.", show_default=False)] = None,
    offer_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Default: all of them.", show_default=False)
    ] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="D", help="One local day.", show_default=False)
    ] = None,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="D", help="The week from Monday D.", show_default=False),
    ] = None,
    all_days: Annotated[bool, typer.Option("--all", help="All days: the default.")] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="A further key, for tables that have some; repeatable.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write every row of the cell, used or left out, too.", show_default=False
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment, metavar="T", help="The snapshot that run --as-of T made instead.", show_default=False
        ),
    ] = None,
) -> None:
    """Say why a figure is what it is: definition, SQL that gives it again, rows behind it, files, checks.

    Exit 1 if the SQL does not give what is published.
    """
    from pipelines.explain import Asked, explain_figure
    from pipelines.explain.show import as_json as told_as_json
    from pipelines.explain.show import print_explanation

    if (day is not None) + (week is not None) + all_days > 1:
        raise typer.BadParameter("only one of --day, --week and --all")
    keys = dict(_key_and_value(each) for each in where or [])
    period = {"day": day.date() if day else None, "week": week.date() if week else None}
    chosen = open_workspace(workspace)
    asked = Asked(metric, market, offer_type, **period, keys=keys)
    told = explain_figure(chosen.at(as_of) if as_of else chosen, asked, csv_file)
    if as_json:
        sys.stdout.write(told_as_json(told) + "\n")
    else:
        print_explanation(told, out)
    if csv_file and told.evidence:
        err.print(escape(f"Rows: {csv_file}"), soft_wrap=True)
    if not told.agrees:
        raise typer.Exit(1)


def _key_and_value(text: str) -> tuple[str, str]:
    key, is_given, value = text.partition("=")
    if not is_given:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--where")
    return key, value


@app.command()
def export(
    destination: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.")],
    workspace: WorkspaceOption = None,
    file_format: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="What the tables become.")
    ] = "parquet",
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="TABLE", help="Only this one; may be repeated.", show_default=False),
    ] = None,
) -> None:
    """Write the published tables as plain files, with checksums and a data dictionary."""
    from pipelines.export import export as export_tables

    chosen, folder = open_workspace(workspace), destination.expanduser().absolute()
    with err.status("exporting"):
        written = export_tables(chosen, folder, file_format, tables or [])
    out.print(f"Build {written.build_id}: {written.tables} tables, {written.rows:,} rows.")
    out.print(escape(f"Files: {written.folder}  What they are: {written.folder}/dictionary.md"), soft_wrap=True)


@app.command()
def pages(
    workspace: WorkspaceOption = None,
    single_file: Annotated[
        Path | None,
        typer.Option(
            "--single-file",
            metavar="FILE",
            help="Write all pages as this one file instead, which needs nothing beside it: to be sent.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Draw the pages anew from the published file."""
    from dashboards.page import render_file, render_site
    from dashboards.warehouse import PageError

    chosen = open_workspace(workspace)
    try:
        with err.status("drawing pages"):
            if single_file:
                written = render_file(chosen.warehouse, single_file.expanduser().absolute())
            else:
                written = render_site(chosen.warehouse, chosen.dashboards)[-1]
    except (PageError, OSError) as error:
        raise DoorstepError(str(error)) from error
    out.print(f"Pages: {escape(str(written))}", soft_wrap=True)


@app.command()
def builds(workspace: WorkspaceOption = None) -> None:
    """List the builds there are, newest first, and say which is published."""
    from pipelines.builds import print_builds

    print_builds(open_workspace(workspace), out)


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="BUILD", help="Default: what is published and all kept.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Count the rows of builds anew, with their fingerprints, and say which file is not as it was written."""
    from pipelines.verify import verify as look_through

    look_through(open_workspace(workspace), names or [], out)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="Build id, its start, latest, previous, file.")] = "previous",
    new: Annotated[str, typer.Argument(metavar="B", help="The build it is compared with.")] = "latest",
    *,
    workspace: WorkspaceOption = None,
    table: Annotated[str | None, typer.Option(metavar="T", help="Only this table.", show_default=False)] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every metric and cell that moved.")] = False,
    page: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it as this page instead, which needs nothing.", show_default=False),
    ] = None,
) -> None:
    """Say what differs between two builds: inputs, rows per table, metrics that moved and why."""
    from pipelines.diff.printing import print_diff, write_page

    chosen = open_workspace(workspace)
    if page:
        written = write_page(chosen, old, new, page.expanduser().absolute(), table=table, is_all=is_all)
        out.print(f"Page: {escape(str(written))}", soft_wrap=True)
    else:
        print_diff(chosen, old, new, out, table=table, is_all=is_all)


@app.command()
def rollback(
    build: Annotated[str, typer.Argument(metavar="BUILD", help="Build id, the start of one, latest or previous.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Make an earlier build the published file again, and draw the pages from it."""
    from pipelines.rollback import roll_back

    roll_back(open_workspace(workspace), build, out)


@app.command()
def docs(workspace: WorkspaceOption = None) -> None:
    """Write dbt's documentation of every table, column, check and page: one file that needs no network."""
    from pipelines.dbt_docs import write_docs

    with err.status("writing docs"):
        page = write_docs(open_workspace(workspace))
    out.print(f"Docs: {escape(str(page))}", soft_wrap=True)


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


def main() -> None:
    """Entry point: a mistake the user can mend is one message on stderr and exit code 1."""
    try:
        app()
    except DoorstepError as error:
        err.print(f"[red]doorstep:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
