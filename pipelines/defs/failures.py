"""How a mistake the user can mend ends a step: with its sentence first, and no stack of calls before it.

Belongs here: one translation. Does not belong here: any sentence.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pipelines.workspace import DoorstepError


@contextmanager
def in_plain_words() -> Iterator[None]:
    """A DoorstepError inside fails the step with its message as the description, which Dagster shows at once."""
    try:
        yield
    except DoorstepError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
