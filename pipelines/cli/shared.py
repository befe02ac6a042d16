"""What all commands share: the app, its consoles, the workspace, a moment in time."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.workspace import WORKSPACE_VARIABLE, DoorstepError

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


def moment(text: str) -> datetime:
    """A timestamp of RFC 3339 as an option's value."""
    from pipelines.snapshot import read_moment

    try:
        return read_moment(text)
    except DoorstepError as error:
        raise typer.BadParameter(str(error)) from error
