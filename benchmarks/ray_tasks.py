"""Runs jobs as tasks of a Ray cluster: the same runs, on many machines.

Every machine needs this package and the same results folder (a shared file system).
"""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.workers import JobEvent, JobFunction, Launcher

CONNECT_SECONDS = 5.0  # Ray itself waits over a minute and a half for a dead address
SHARED_VARIABLES = ("CNN_RNN_HOME",)  # that tasks need as well as we


class ClusterError(ValueError):
    """A Ray cluster cannot be used: says why."""

    is_user_error = True


def ray_cluster(cores: int | None = None, address: str | None = None) -> Launcher:
    """A launcher that makes each job a Ray task of one core.

    The function and the jobs must be picklable. Words of the jobs are not passed on.

    Args:
        cores: of the Ray that is started here; by default all.
        address: HOST:PORT of one that runs already; None: one is started here, and ended.
    Raises:
        ClusterError: Ray is not installed, or nobody answers at the address.
    """
    try:
        import ray
    except ImportError:
        raise ClusterError("--launcher ray needs Ray: pip install 'cnn-rnn[ray]'") from None
    if address is not None:
        _check(address)

    def launch(function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
        given = {name: os.environ[name] for name in SHARED_VARIABLES if name in os.environ}
        where: dict[str, Any] = {"address": address}
        if address is None:
            where = {"num_cpus": cores, "include_dashboard": False, "address": "local"}
        ray.init(**where, runtime_env={"env_vars": given}, log_to_driver=False)
        try:
            task = ray.remote(num_cpus=1, max_retries=0)(_call)
            index_of = {task.remote(function, job): index for index, job in enumerate(jobs)}
            while index_of:
                done, _ = ray.wait(list(index_of), num_returns=1)
                yield _event(ray, index_of.pop(done[0]), done[0])
        finally:  # what still runs ends with its driver
            ray.shutdown()

    return launch


def _call(function: JobFunction, job: Any) -> tuple[Any, str | None]:
    """What runs in a task: the result, or a traceback."""
    try:
        return function(job, lambda _: None), None
    except Exception:  # the caller is told; the other jobs go on
        return None, traceback.format_exc()


def _event(ray: Any, index: int, reference: Any) -> JobEvent:
    try:
        result, error = ray.get(reference)
    except ray.exceptions.RayError as died:  # its process or its machine
        return JobEvent(index, error=f"its task died: {died}")
    return JobEvent(index, result=result, error=error)


def _check(address: str) -> None:
    """Whether anybody answers at an address, before Ray tries for long."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ClusterError(f"--address {address}: expected HOST:PORT (make: ADDRESS=HOST:PORT)")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise ClusterError(
            f"no Ray answers at {address} ({error}): start one with `ray start --head`, and name "
            "the address it prints with --address (make: ADDRESS=HOST:PORT)"
        ) from None
