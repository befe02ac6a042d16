"""Work on several things at once, results in order.

Belongs here: threads. Does not belong here: what they do; Polars, hashing and decompression let other threads go on.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
WORKERS = min(4, (os.cpu_count() or 1) + 1)  # each holds a chunk, so more of them is more memory


def ahead(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The jobs' results in order, while the next few are being worked on.

    `jobs` is iterated on the caller's thread, no further than one job beyond those at work. What a job raises is
    raised where its result is due; the jobs after it are then given up.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(job))
                if len(waiting) > WORKERS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
