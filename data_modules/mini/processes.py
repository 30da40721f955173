"""Work spread over processes, in order; the results do not depend on how many there are."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Job], Result], jobs: Sequence[Job], num_processes: int | None = None
) -> Iterator[Result]:
    """`map(work, jobs)` over processes.

    Args:
        work: a function of a module, so that other processes can find it.
        jobs: one argument each.
        num_processes: None is one a core; 1 stays in this process.
    """
    count = min(num_processes or os.cpu_count() or 1, len(jobs))
    if count <= 1:
        yield from map(work, jobs)
        return
    # Forked workers need no `if __name__ == "__main__"` in the user's script; elsewhere than on
    # Linux the system's own libraries do not survive a fork.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        try:
            yield from pool.map(work, jobs)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
