"""Commands that read what is published, compare it, and go back to it.

Belongs here: arguments, messages, exit codes (0 good, 1 failed, 2 wrong usage). Does not belong here: any work; each
command calls one function of another room. Slow imports happen inside the command that needs them.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from pipelines.cli.shared import WorkspaceOption, app, err, moment, out
from pipelines.workspace import DoorstepError, open_workspace


@app.command(context_settings={"ignore_unknown_options": True})
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query on the published file.")],
    workspace: WorkspaceOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV instead of a table.")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=moment, metavar="T", help="The snapshot that run --as-of T made instead.", show_default=False
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
            parser=moment, metavar="T", help="The snapshot that run --as-of T made instead.", show_default=False
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
    told = explain_figure(chosen.at(as_of) if as_of else chosen, asked, chosen.writable(csv_file) if csv_file else None)
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

    chosen, folder = open_workspace(workspace), destination
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
                written = render_file(chosen.warehouse, chosen.writable(single_file))
            else:
                written = render_site(chosen.warehouse, chosen.dashboards)[-1]
    except (PageError, OSError) as error:
        raise DoorstepError(str(error)) from error
    out.print(f"Pages: {escape(str(written))}", soft_wrap=True)


@app.command()
def docs(workspace: WorkspaceOption = None) -> None:
    """Write dbt's documentation of every table, column, check and page: one file that needs no network."""
    from pipelines.dbt_docs import write_docs

    with err.status("writing docs"):
        page = write_docs(open_workspace(workspace))
    out.print(f"Docs: {escape(str(page))}", soft_wrap=True)


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
        written = write_page(chosen, old, new, chosen.writable(page), table=table, is_all=is_all)
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
