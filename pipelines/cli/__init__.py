"""The `doorstep` command: `logs` and `published` have its commands, `shared` what they share."""

import sys

from rich.markup import escape

from pipelines.cli import logs, published
from pipelines.cli.shared import app, err
from pipelines.workspace import DoorstepError

__all__ = ["app", "logs", "main", "published"]


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
