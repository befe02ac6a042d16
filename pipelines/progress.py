"""How long work tells whoever waits what it is at, without knowing who that is.

Belongs here: one hook. Does not belong here: any terminal; the command sets the hook (`pipelines.run`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_reporter: ContextVar["Callable[[str, int, int], None] | None"] = ContextVar("reporter", default=None)


def report(step: str, done: int = 0, total: int = 0) -> None:
    """Says that `step` has done `done` of `total` pieces (0 of 0: not countable)."""
    if reporter := _reporter.get():
        reporter(step, done, total)


@contextmanager
def reporting_to(reporter: Callable[[str, int, int], None]) -> Iterator[None]:
    """Sends reports to `reporter` inside the block."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)
