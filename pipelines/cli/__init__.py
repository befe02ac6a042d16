"""The `doorstep` command: `logs` and `published` have its commands, `shared` what they share."""

import sys

from rich.markup import escape

from pipelines.cli import logs, published
from pipelines.cli.shared import app, err
from pipelines.masking import printable_line
from pipelines.workspace import DoorstepError

__all__ = ["app", "logs", "main", "published"]


def main() -> None:
    """Entry point: a mistake the user can mend is one message on stderr and exit code 1."""
    try:
        app()
    except DoorstepError as error:
        # Line by line: what a log says must not steer the terminal.
        words = "\n".join(map(printable_line, str(error).splitlines()))
        err.print(f"[red]doorstep:[/] {escape(words)}", soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
