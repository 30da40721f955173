"""Runs jobs in local processes: a job whose process dies fails alone, the others go on.

A launcher takes a function and its jobs and yields the outcomes as they come; `local_processes`
makes one of spawned processes, `in_this_process` calls the function here.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

Tell = Callable[[str], None]
JobFunction = Callable[[Any, Tell], Any]
STOP_SECONDS = 10.0  # that a process gets to end before it is killed


@dataclass(frozen=True)
class JobEvent:
    """What came of a job, or a word from it while it runs.

    Attributes:
        index: of the job.
        progress: a word on how far it is; None: the job is over.
        result: what the function gave; None where it failed.
        error: a traceback, or how the process died; None where it did not fail.
    """

    index: int
    progress: str | None = None
    result: Any = None
    error: str | None = None


class Launcher(Protocol):
    """Calls `function(job, tell)` for each job and yields what comes of it, in any order."""

    def __call__(self, function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
        """One event at least for each job; the last of each has no `progress`."""


def in_this_process(function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
    """The launcher without processes: one job after the other; their words are not passed on."""
    for index, job in enumerate(jobs):
        try:
            yield JobEvent(index, result=function(job, lambda _: None))
        except Exception:  # the caller is told; the other jobs go on
            yield JobEvent(index, error=traceback.format_exc())


def local_processes(workers: int) -> Launcher:
    """A launcher that keeps so many spawned processes busy.

    The function and the jobs must be picklable. When the caller stops iterating (Ctrl-C), the
    processes are ended; when it is killed, they end by themselves.

    Raises:
        ValueError: fewer than one worker.
    """
    if workers < 1:
        raise ValueError(f"expected at least 1 worker, got {workers}")

    def launch(function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
        waiting = list(range(len(jobs)))[::-1]
        pool: list[_Worker] = []
        try:
            for _ in range(min(workers, len(jobs))):
                pool.append(_Worker(function))
                pool[-1].start(waiting.pop(), jobs)
            while busy := [worker for worker in pool if worker.index is not None]:
                ready = multiprocessing.connection.wait([worker.connection for worker in busy])
                for worker in busy:
                    if worker.connection not in ready:
                        continue
                    event = worker.receive()
                    if event.progress is None:
                        worker.index = None
                        if waiting:
                            if not worker.alive:
                                pool.remove(worker)
                                worker = _Worker(function)
                                pool.append(worker)
                            worker.start(waiting.pop(), jobs)
                    yield event
        finally:
            for worker in pool:
                worker.stop()

    return launch


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, function: JobFunction) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=_serve, args=(theirs, function), daemon=True
        )
        self.process.start()
        theirs.close()  # so that the pipe ends when the process does
        self.index: int | None = None
        self.alive = True

    def start(self, index: int, jobs: Sequence[Any]) -> None:
        """Hand the process a job."""
        self.index = index
        # A process that died on the way up shows in `receive`.
        try:
            self.connection.send(jobs[index])
        except (BrokenPipeError, ConnectionResetError):
            self.alive = False

    def receive(self) -> JobEvent:
        """What the process says of its job, once there is something in the pipe."""
        assert self.index is not None
        try:
            progress, result, error = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.alive = False
            self.process.join()
            code = self.process.exitcode
            memory = "; was the memory used up?" if code == -signal.SIGKILL else ""
            return JobEvent(self.index, error=f"its process died with exit code {code}{memory}")
        return JobEvent(self.index, progress, result, error)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.terminate()
        self.process.join(STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def _serve(connection: Connection, function: JobFunction) -> None:
    """What a process does: jobs come, events go, until the pipe or the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    # A daemon, so that it never outlives the parent, yet a run that trains on images needs
    # processes of its own to read them; these end with it by themselves.
    vars(multiprocessing.current_process())["_config"]["daemon"] = False
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        try:
            result = function(job, lambda word: connection.send((word, None, None)))
        except Exception:  # the caller is told; the other jobs go on
            connection.send((None, None, traceback.format_exc()))
        else:
            connection.send((None, result, None))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
