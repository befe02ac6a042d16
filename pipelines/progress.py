"""How long work tells whoever waits what it is at, without knowing who that is.

Belongs here: one hook. Does not belong here: any terminal; the command sets the hook (`pipelines.run`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# One per process and not per context: dbt reports from threads of its own.
_reporters: list[Callable[[str, int, int], None]] = []


def report(step: str, done: int = 0, total: int = 0) -> None:
    """Says that `step` has done `done` of `total` pieces (0 of 0: not countable). On any thread."""
    if _reporters:
        _reporters[-1](step, done, total)


@contextmanager
def reporting_to(reporter: Callable[[str, int, int], None]) -> Iterator[None]:
    """Sends reports to `reporter` inside the block."""
    _reporters.append(reporter)
    try:
        yield
    finally:
        _reporters.pop()
