"""The work shared out among the cores: spawned processes, results as they come, a clean end on Ctrl-C."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker

from alerts.policy import Policy
from deploy.score.plan import Piece
from deploy.score.work import Result, live_through


def cores() -> int:
    """How many may be used."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared_out(pieces: Sequence[Piece], policies: tuple[Policy, ...], jobs: int) -> Iterator[Result]:
    """Results of all pieces, in the order in which they are done.

    With one job everything happens in this process. Otherwise each worker is spawned, not forked, so that it is the
    same on every system; on Ctrl-C only this process hears of it, and takes the workers with it.
    """
    work: Callable[[Piece], Result] = partial(live_through, policies=policies)
    if jobs == 1 or len(pieces) == 1:
        _hear_ctrl_c()
        yield from map(work, pieces)
        return
    spawn = multiprocessing.get_context("spawn")
    with alone_with_ctrl_c():  # whoever is spawned now is deaf to it from the first moment
        pool = spawn.Pool(min(jobs, len(pieces)))
        try:
            _hear_ctrl_c()
            yield from pool.imap_unordered(work, pieces)
            pool.close()
        finally:
            pool.terminate()
            pool.join()


@contextmanager
def alone_with_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back while threads and processes are begun, which inherit that: later only the main thread hears it.

    Held back, not ignored: one that comes in between is heard as soon as it may be.
    """
    resource_tracker.ensure_running()  # begun later, with the first process, it would let Ctrl-C in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hear_ctrl_c() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
